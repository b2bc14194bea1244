"""A job's video, opened where it lies; what makes that impossible for good ends the job."""

from collections.abc import Callable

from sightline.domain.video import lifecycle
from sightline.errors import ServiceError
from sightline.store import videos
from sightline.store.job import Job
from sightline.video.frames import UnreadableVideo, Video, open_video


def with_video(job: Job, work: Callable[[Video], None]) -> None:
    """Does some work with a job's video, which is read in ranges; what the work, or the file,
    makes impossible for good ends the job.

    Raises:
        Exception: what another try may mend.
    """
    video = job.video
    try:
        with (
            videos.open_object(video.bucket, video.key, video.version, video.etag) as file,
            open_video(file) as opened,
        ):
            work(opened)
    except UnreadableVideo as error:
        lifecycle.fail(job, error.message)
    except ServiceError as error:
        lifecycle.fail_for(job, error)
