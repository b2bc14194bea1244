"""How jobs over manifests end, and how those are found that have stopped on the way.

An ended job stays active until its notes are dropped, so whoever dies in between is followed by the
sweep.
"""

import time
from typing import Any

from sightline.domain.media.start import set_going
from sightline.store import media_files, media_jobs, media_queue
from sightline.store.media_files import Unusable
from sightline.store.media_jobs import Job
from sightline.store.media_queue import Message, Step
from sightline.telemetry import logger, where

UNSENT = 60  # seconds after which a job whose first message is not surely sent gets another
# A step takes 15 minutes at most; messages that come twice cost next to nothing.
STALE = 30 * 60  # seconds without progress after which a job's messages are sent again
GIVEN_UP = 2 * 3600  # seconds without progress and with an idle queue after which a job has failed


def lines_of(job_id: str, batch: int) -> str:
    """Where the lines of a batch are."""
    return f"{job_id}/lines/{batch:05d}"


def part_of(job_id: str, batch: int) -> str:
    """Where the results of a batch are."""
    return f"{job_id}/parts/{batch:05d}"


def succeed(job_id: str, ending: dict[str, Any]) -> None:
    """Ends a job whose output is written, unless it has ended, and clears up behind it."""
    media_jobs.end(job_id, "SUCCEEDED", ending)
    clear(job_id)


def fail(job_id: str, reason: Unusable) -> None:
    """Ends a job that cannot go on, unless it has ended, and clears up behind it."""
    details = {"Code": reason.code, "Message": reason.message}
    media_jobs.end(job_id, "FAILED", {"FailureDetails": details})
    clear(job_id)


def give_up(message: Message) -> None:
    """Fails the job of a message that came to nothing time and again, if it still waits for it."""
    job = media_jobs.get(message.job_id)
    if job is None or not job.is_under_way:
        return
    reached = {
        Step.SPLIT: job.batches > 0,
        Step.ANALYSE: media_jobs.is_done(job.id, message.batch),
        Step.ASSEMBLE: False,
    }
    if not reached[message.step]:
        fail(job.id, Unusable("INTERNAL_ERROR", "The job could not be finished."))


def clear(job_id: str) -> None:
    """Drops what an ended job has noted on the way: lines, results of batches, items."""
    media_files.drop(job_id)
    media_jobs.forget(job_id)


def sweep(lost: bool = False) -> None:
    """Clears up behind jobs that have ended, sends messages again that may be lost, and fails jobs
    that none of that has brought forward. A job that waits behind many others is not lost: as long
    as anything is on the queue, its messages are.

    Args:
        lost: whether all messages are, as those of a queue in the memory of a process of old.
    """
    for job_id in media_jobs.active():
        try:
            _look_after(job_id, lost)
        except Exception as error:  # the others come first; the next sweep tries again
            extra = {"error": type(error).__name__, "where": where(error)}
            logger.error("job not looked after", extra=extra)


def _look_after(job_id: str, lost: bool) -> None:
    job, now = media_jobs.get(job_id), time.time()
    if job is None or not job.is_under_way:
        clear(job_id)
        return
    quiet = now - max(job.moved, job.resent)
    if lost:
        _resume(job)
    elif _is_given_up(job, now) and quiet > STALE and media_queue.is_idle():
        words = f"Nothing has brought the job forward for {GIVEN_UP // 3600} hours."
        fail(job_id, Unusable("INTERNAL_ERROR", words))
    elif quiet > (UNSENT if job.status == "CREATED" else STALE) and media_jobs.again(job):
        _resume(job)


def _is_given_up(job: Job, now: float) -> bool:
    """Whether it has not moved for long, although its messages were sent again."""
    return job.resent > job.moved and now - job.moved > GIVEN_UP


def _resume(job: Job) -> None:
    if job.batches:
        media_queue.send(next_messages(job))
    else:
        set_going(job)


def next_messages(job: Job) -> list[Message]:
    """What a job in progress waits for."""
    if job.remaining == 0:
        return [Message(Step.ASSEMBLE, job.id)]
    return [Message(Step.ANALYSE, job.id, batch) for batch in media_jobs.undone(job)]
