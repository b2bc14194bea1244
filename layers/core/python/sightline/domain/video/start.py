"""A job's start: what is checked, what is written at once, and the same call sent twice."""

import secrets
import time
from typing import Any

from sightline.domain.video import lifecycle
from sightline.domain.video.checks import check
from sightline.errors import LimitExceededException, ProvisionedThroughputExceededException
from sightline.settings import settings
from sightline.store import jobs, table, tokens
from sightline.store.job import PLAN, Job, Source
from sightline.store.table import Cancelled
from sightline.telemetry import logger, where

TOKEN_LIFETIME = 7 * 24 * 3600  # seconds, as documented
MEMO = "JOBS"  # what memos of tokens belong to


def start(kind: str, request: dict[str, Any]) -> str:
    """Starts a job of that kind; its id, the same one for a call that is sent twice.

    Raises:
        IdempotentParameterMismatchException: the token belongs to another call.
        LimitExceededException: as many jobs run as may.
        ServiceError: see `check`.
    """
    call = tokens.call(f"Start{kind}", request)
    video: Source | None = None
    for _ in table.attempts():
        found = table.read(tokens.keys(call))
        memo = tokens.recall(call, MEMO, found)
        if memo is not None:
            return _again(str(memo["JobId"]))
        video = video or check(kind, request)
        job = _new(kind, request, video)
        kept = tokens.remember(call, MEMO, found, {"JobId": job.id}, TOKEN_LIFETIME)
        try:
            jobs.create(job, kept)
        except Cancelled:  # the slot or the token was taken at this moment
            continue
        _deliver(job)
        return job.id
    raise ProvisionedThroughputExceededException


def _new(kind: str, request: dict[str, Any], video: Source) -> Job:
    slot = next(iter(jobs.free_slots()), None)
    if slot is None:
        raise LimitExceededException(
            f"{jobs.AT_ONCE} open Jobs for User arn:aws:iam::{settings().account}:root "
            f"Maximum limit: {jobs.AT_ONCE}"
        )
    kept = {name: value for name, value in request.items() if name != "ClientRequestToken"}
    return Job(secrets.token_hex(32), kind, kept, video, time.time(), slot, unsent=PLAN)


def _again(job_id: str) -> str:
    """The id of a job that was started before; its message, if whoever started it died."""
    job = jobs.read(job_id)
    if job is not None and job.unsent == PLAN:
        _deliver(job)
    return job_id


def _deliver(job: Job) -> None:
    """Sends a job's message. The job is there whether that succeeds or not, so its caller gets its
    id in any case: an error would make it start another.
    """
    try:
        lifecycle.deliver(job)
    except Exception as error:  # the sweep sends it
        extra = {"error": type(error).__name__, "where": where(error)}
        logger.error("job not sent", extra=extra)
