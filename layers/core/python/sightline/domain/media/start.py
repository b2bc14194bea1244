"""StartMediaAnalysisJob: checks what can be checked at once, writes the job, sets it going."""

import unicodedata
from typing import Any

from sightline.errors import (
    InvalidParameterException,
    InvalidS3ObjectException,
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
)
from sightline.settings import settings
from sightline.store import media_files, media_jobs, media_queue, table, tokens
from sightline.store.media_jobs import Job, Manifest
from sightline.store.media_queue import Message, Step
from sightline.store.table import Cancelled

OPERATION = "StartMediaAnalysisJob"
NO_COLLECTION = ""  # what a token is remembered for
REMEMBERED = 7 * 24 * 3600  # seconds; as the tokens of video jobs, for these it is not said
LONGEST_KEY = 1024  # bytes, S3's limit
LONGEST_NAME = 100  # characters that an output's key has after its prefix, and more


def start(request: dict[str, Any]) -> str:
    """Starts a job, once for a ClientRequestToken; its id.

    Raises:
        InvalidParameterException: no operation is asked for, or the output has no place.
        ResourceNotFoundException: there is no such adapter.
        InvalidS3ObjectException: the manifest is not there or may not be read.
        InvalidManifestException: it is empty, or over 50 MB.
        IdempotentParameterMismatchException: the token belongs to another call.
        ProvisionedThroughputExceededException: DynamoDB asks to slow down.
    """
    call = tokens.call(OPERATION, request)
    for _ in table.attempts():
        found = table.read(tokens.keys(call))
        memo = tokens.recall(call, NO_COLLECTION, found)
        if memo is not None:
            return _started_before(memo["JobId"])
        _check(request)
        kept = {name: value for name, value in request.items() if name != "ClientRequestToken"}
        job = media_jobs.new(kept, _manifest(request["Input"]["S3Object"]))
        memo = {"JobId": job.id}
        further = tokens.remember(call, NO_COLLECTION, found, memo, REMEMBERED)
        try:
            media_jobs.create(job, further)
        except Cancelled:
            continue
        set_going(job)
        return job.id
    raise ProvisionedThroughputExceededException


def set_going(job: Job) -> None:
    """Sends a job's first message. Who dies before that is followed by the sweep."""
    media_queue.send([Message(Step.SPLIT, job.id)])
    media_jobs.queued(job.id)


def _started_before(job_id: str) -> str:
    job = media_jobs.get(job_id)
    if job is not None and job.status == "CREATED":  # it died before its message was sent
        set_going(job)
    return job_id


def _check(request: dict[str, Any]) -> None:
    config = request["OperationsConfig"].get("DetectModerationLabels")
    if config is None:
        raise InvalidParameterException(
            "Request has invalid parameters: OperationsConfig names no operation"
        )
    if "ProjectVersion" in config:
        raise ResourceNotFoundException(
            f"The project version: {config['ProjectVersion']} does not exist"
        )
    output = request["OutputConfig"]
    if output["S3Bucket"] == settings().bucket:
        raise InvalidParameterException(
            "Request has invalid parameters: the output bucket is the service's own"
        )
    prefix = output.get("S3KeyPrefix", "")
    if any(unicodedata.category(letter) == "Cc" for letter in prefix):
        raise InvalidParameterException(
            "Request has invalid parameters: the output's key prefix has control characters"
        )
    if len(prefix.encode()) > LONGEST_KEY - LONGEST_NAME:
        raise InvalidParameterException(
            "Request has invalid parameters: the output's key prefix is too long for S3"
        )


def _manifest(place: dict[str, str]) -> Manifest:
    if not place.get("Bucket") or not place.get("Name"):
        raise InvalidS3ObjectException("Request has invalid S3 object.")
    return media_files.look(place["Bucket"], place["Name"], place.get("Version"))
