"""A job's first step: what the file holds, and how it is cut."""

from dataclasses import asdict

from sightline.domain.video import lifecycle
from sightline.domain.video.kinds import KINDS
from sightline.domain.video.source import with_video
from sightline.store import jobs
from sightline.store.job import Job
from sightline.video.frames import Video


def plan(job_id: str) -> None:
    """Cuts a job's video into pieces and sends for them, as far as that is not done yet.

    Of the video only the header and the first frame are read.
    """
    job = lifecycle.running(job_id)
    if job is None:
        return
    if job.pieces is None:
        with_video(job, lambda video: _cut(job, video))
    else:
        lifecycle.deliver(job)


def _cut(job: Job, video: Video) -> None:
    length = KINDS[job.kind].piece
    pieces = max(1, -(-video.info.duration // length))
    planned = jobs.planned(job, asdict(video.info), length, pieces)
    if planned is not None:
        lifecycle.deliver(planned)
