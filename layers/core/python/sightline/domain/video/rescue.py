"""Jobs that something went wrong with: dead letters, lost messages, and what nobody keeps any more.

A message is lost with a queue that lives in memory, or with who should have sent it. So a schedule
looks after the running jobs, of which there are twenty at most; none runs for ever.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sightline.domain.video import lifecycle
from sightline.store import job_objects, jobs, notices, queues
from sightline.store.job import PIECES, PLAN, Job
from sightline.telemetry import logger, where

GRACE = 60.0  # seconds that whoever starts a step has to send for it
STALE = 3600.0  # seconds; four times what a piece may take
LOST = 24 * 3600.0  # seconds; then a job does not just wait behind others
RESUMPTIONS = 3  # without any progress


def bury(message: dict[str, Any]) -> None:
    """Ends the job of a message that failed again and again, unless what it asked for is done."""
    job = lifecycle.running(message["job"]) if "job" in message else None
    if job is None or message.get("step") != job.step:
        return
    piece = message.get("piece")
    if job.step == PLAN:
        lifecycle.fail(job, "The video could not be opened: every attempt failed.")
    elif job.step != PIECES:
        lifecycle.fail(job, "The results of the video's pieces could not be put together.")
    elif piece in job.left:
        start = piece * job.length
        end = min(start + job.length, job.info["duration"])
        lifecycle.fail(
            job,
            f"The video could not be analyzed from second {start // 1000} to second "
            f"{-(-end // 1000)}: every attempt failed.",
        )


def sweep(lost: bool = False) -> None:
    """Sends what a crash left unsent, and helps jobs that have not got on for a long time.

    Args:
        lost: whether all messages are known to be lost, as with queues that lived in memory; no
            job is to blame for that.
    """
    now = time.time()
    running = jobs.running()
    idle = _idle_queues(running, now)  # before anything is sent to them
    for job in running:
        with _others_come_first():
            if lost:
                lifecycle.send(job, job.step)
            else:
                _look_after(job, now, lifecycle.queue_of(job, job.step) in idle)
    for job_id in notices.waiting():
        with _others_come_first():
            lifecycle.notify(job_id)


@contextmanager
def _others_come_first() -> Iterator[None]:
    """Lets what fails for one job or queue keep nobody else waiting; the next sweep tries again."""
    try:
        yield
    except Exception as error:
        extra = {"error": type(error).__name__, "where": where(error)}
        logger.error("job not looked after", extra=extra)


def _idle_queues(running: list[Job], now: float) -> set[str]:
    """The queues of jobs that have not got on for a while, as far as nothing is on them."""
    stale = {lifecycle.queue_of(job, job.step) for job in running if now - job.progress >= STALE}
    idle = set()
    for url in stale:
        with _others_come_first():
            if queues.is_idle(url):
                idle.add(url)
    return idle


def _look_after(job: Job, now: float, idle: bool) -> None:
    since = now - job.progress
    if now - job.created >= jobs.LONGEST:
        lifecycle.fail(job, "The job took too long: more than seven days.")
    elif since >= STALE and (since >= LOST or idle):
        if job.resumed >= RESUMPTIONS:
            lifecycle.fail(job, "The job got lost: nothing worked on it any more.")
        elif (resumed := jobs.resume(job)) is not None:
            lifecycle.deliver(resumed)
    elif job.unsent is not None and since >= GRACE:
        lifecycle.deliver(job)


def drop_expired() -> None:
    """Deletes jobs that are kept no more, and their objects, where nothing else does: DynamoDB
    and S3 do so themselves in the cloud.
    """
    now = time.time()
    for entry, job_id, expires in list(jobs.recent()):
        if expires <= now:
            job_objects.drop(job_id)
            jobs.drop(entry, job_id)
