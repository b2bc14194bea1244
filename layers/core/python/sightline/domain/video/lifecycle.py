"""How a job gets from one step to the next, and how it ends: once, whatever comes twice.

    Start ─ plan ─ pieces ─ merge ─ end ─ word to the topic

A step writes first and sends then, so its message may come twice and each step looks what is
already done. Who finds a job that has ended sends the word of it that a crash may have left.
"""

import time
from typing import Any

from sightline.domain.video.kinds import KINDS
from sightline.errors import (
    InternalServerError,
    ProvisionedThroughputExceededException,
    ServiceError,
    ThrottlingException,
)
from sightline.settings import video_queue
from sightline.store import jobs, notices, queues
from sightline.store.job import FAILED, PIECES, Job, Outcome
from sightline.store.notices import Notice

TRANSIENT = (InternalServerError, ProvisionedThroughputExceededException, ThrottlingException)


def running(job_id: str) -> Job | None:
    """A job, if it runs; of one that has ended, sends the word that was left unsent."""
    job = jobs.read(job_id)
    if job is not None and job.outcome is None:
        return job
    notify(job_id)
    return None


def queue_of(job: Job, step: str) -> str:
    """URL of the queue for a job's step."""
    return video_queue(KINDS[job.kind].worker if step == PIECES else step)


def send(job: Job, step: str) -> None:
    """Sends the messages of a step: of the pieces, those that are not analysed."""
    body: dict[str, Any] = {"job": job.id, "step": step}
    bodies = [{**body, "piece": piece} for piece in job.left] if step == PIECES else [body]
    queues.send(queue_of(job, step), bodies)


def deliver(job: Job) -> None:
    """Sends what is unsent of a job."""
    if job.unsent is not None:
        send(job, job.unsent)
        jobs.sent(job)


def fail(job: Job, message: str) -> None:
    """Ends a job without a result; the message goes to its caller."""
    finish(job, Outcome(FAILED, message))


def fail_for(job: Job, error: ServiceError) -> None:
    """Ends a job for an error that no retry can help.

    Raises:
        ServiceError: the error, where a retry may help.
    """
    if isinstance(error, TRANSIENT):
        raise error
    fail(job, error.message or error.code)


def finish(job: Job, outcome: Outcome) -> None:
    """Ends a job, and tells its topic; nothing of both where it ended before."""
    notice = _notice(job, outcome)
    if jobs.end(job, outcome, notice) and notice is not None:
        notices.send(notice, tries=1)


def notify(job_id: str) -> None:
    """Tells a topic of a job that ended, where that is still to be done and nobody is at it."""
    claimed = notices.claim(job_id)
    if claimed is not None:
        notices.send(*claimed)


def _notice(job: Job, outcome: Outcome) -> Notice | None:
    """The message that Rekognition publishes: see "Calling Amazon Rekognition Video operations"."""
    channel = job.request.get("NotificationChannel")
    if channel is None:
        return None
    tag = {"JobTag": job.request["JobTag"]} if "JobTag" in job.request else {}
    message = {
        "JobId": job.id,
        "Status": outcome.state,
        "API": f"Start{job.kind}",
        **tag,
        "Timestamp": int(time.time() * 1000),
        "Video": {"S3ObjectName": job.video.key, "S3Bucket": job.video.bucket},
    }
    return Notice(job.id, channel["SNSTopicArn"], message)
