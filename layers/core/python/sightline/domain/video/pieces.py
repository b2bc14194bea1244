"""A job's second step: one piece of the video, analysed by the kind's module."""

from sightline.domain.video import lifecycle
from sightline.domain.video.kinds import KINDS, Span
from sightline.domain.video.source import with_video
from sightline.store import job_objects, jobs
from sightline.store.job import MERGE, Job
from sightline.video.frames import Video


def analyse(job_id: str, piece: int) -> None:
    """Analyses a piece, if that is not done yet; after the last one sends for the merge.

    In memory are a few frames, and what the kind finds in one piece.
    """
    job = lifecycle.running(job_id)
    if job is None or job.pieces is None:
        return
    if piece not in job.done:
        with_video(job, lambda video: _analyse(job, piece, video))
    elif not job.left:
        lifecycle.send(job, MERGE)


def _analyse(job: Job, piece: int, video: Video) -> None:
    start = piece * job.length
    span = Span(start, min(start + job.length, job.info["duration"]))
    content = KINDS[job.kind].work.analyse(video, span, job.request)
    job_objects.put_piece(job.id, piece, content)
    now = jobs.analysed(job, piece)
    if now is not None and not now.left:
        lifecycle.send(now, MERGE)
