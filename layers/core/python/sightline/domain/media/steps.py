"""The way of a job over a manifest: split, analysed batch by batch, assembled.

    message SPLIT ─ lines of each batch kept ─ job in progress ─ messages ANALYSE
    message ANALYSE ─ results of the batch kept ─ counted ─ of the last one: message ASSEMBLE
    message ASSEMBLE ─ results and summary written to the output bucket ─ job ended ─ cleared up

A message may come twice, late, or to two workers at once, and a worker may die anywhere. So a step
first looks how far the job is, writes the same objects whenever it is repeated, and moves the job
on by a condition that holds once; who finds a step done already sends what comes after it, for its
first worker may have died before that. A batch loses no line: it counts only when its results are
kept. The output is written when all of it is there, each object with one call.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from tempfile import TemporaryFile
from typing import IO, Any

from sightline.domain.images import photo_bytes
from sightline.domain.media.endings import (
    clear,
    fail,
    lines_of,
    next_messages,
    part_of,
    succeed,
)
from sightline.domain.media.manifest import BATCH, BadLine, Line, Source, checked, source_of
from sightline.domain.moderation import LIMITS, MODEL_VERSION, detect_moderation_labels
from sightline.domain.photos import open_photo
from sightline.errors import (
    InternalServerError,
    ProvisionedThroughputExceededException,
    ServiceError,
    ThrottlingException,
)
from sightline.store import media_files, media_jobs, media_queue, table
from sightline.store.media_files import Output, Unusable
from sightline.store.media_jobs import Job
from sightline.store.media_queue import Message, Step
from sightline.telemetry import logger, where

DETECTION = "DetectModerationLabels"
RESULT = "detect-moderation-labels"  # the member of a line of results
RESULTS, SUMMARY = "results.jsonl", "manifest-summary.json"
SCHEMA = "1.0"  # of the summary; the documented version
TRANSIENT = (InternalServerError, ProvisionedThroughputExceededException, ThrottlingException)

Render = Callable[[str, dict[str, Any]], dict[str, Any]]
Entry = dict[str, Any]  # of a line: `result`, a line of the results, or `error`, one of the summary


def take(message: Message, render: Render) -> None:
    """Does a step of a job, unless the job has ended.

    Args:
        render: makes an operation's answer what a client would get.

    Raises:
        Exception: what another try may mend.
    """
    job = media_jobs.get(message.job_id)
    if job is None or not job.is_under_way:
        return
    try:
        match message.step:
            case Step.SPLIT:
                _split(job)
            case Step.ANALYSE:
                _analyse(job, message.batch, render)
            case Step.ASSEMBLE:
                _assemble(job)
    except Unusable as reason:
        fail(job.id, reason)


def _split(job: Job) -> None:
    if not job.batches:
        media_files.try_output(_output(job), _place(job, RESULTS))
        batches = list(table.chunks(checked(media_files.lines(job.manifest)), BATCH))
        for number, batch in enumerate(batches):
            media_files.keep(lines_of(job.id, number), _packed(batch))
        media_jobs.begin(job.id, len(batches))
    _go_on(job.id)


def _analyse(job: Job, batch: int, render: Render) -> None:
    if not media_jobs.is_done(job.id, batch):
        config = job.request["OperationsConfig"][DETECTION]
        lines = _unpacked(media_files.kept(lines_of(job.id, batch)))
        entries = [json.dumps(_entry(line, config, render)) for line in lines]
        media_files.keep(part_of(job.id, batch), "\n".join(entries).encode())
        media_jobs.count(job, batch)
    latest = media_jobs.get(job.id)
    if latest is None or not latest.is_under_way or latest.remaining == 0:
        _go_on(job.id)


def _assemble(job: Job) -> None:
    if not job.batches or job.remaining:
        return
    with TemporaryFile() as results, TemporaryFile() as summary:
        summary.write(json.dumps(_collected(_entries(job), results)).encode())
        written = {
            name: {"S3Object": media_files.write_output(_output(job), _place(job, name), *content)}
            for name, content in (
                (RESULTS, (results, "application/jsonl")),
                (SUMMARY, (summary, "application/json")),
            )
        }
    versions = {"ModelVersions": {"Moderation": MODEL_VERSION}}
    succeed(job.id, {"Results": written[RESULTS] | versions, "ManifestSummary": written[SUMMARY]})


def _go_on(job_id: str) -> None:
    """Sends what a job waits for. If it has ended meanwhile, what was kept since is dropped."""
    job = media_jobs.get(job_id)
    if job is None or not job.is_under_way:
        clear(job_id)
    else:
        media_queue.send(next_messages(job))


def _collected(entries: Iterable[Entry], results: IO[bytes]) -> dict[str, Any]:
    """Writes the results among the entries, a line each; the summary."""
    total = 0
    errors: list[dict[str, Any]] = []
    for entry in entries:
        total += 1
        if "error" in entry:
            errors.append(entry["error"])
        else:
            results.write(json.dumps(entry["result"]).encode() + b"\n")
    statistics = {
        "total-json-lines": total,
        "valid-json-lines": total - len(errors),
        "invalid-json-lines": len(errors),
    }
    return {"version": SCHEMA, "statistics": statistics, "errors": errors}


def _entries(job: Job) -> Iterator[Entry]:
    """What was found for each line, in the manifest's order."""
    for batch in range(job.batches):
        for document in media_files.kept(part_of(job.id, batch)).splitlines():
            yield json.loads(document)


def _entry(line: Line, config: dict[str, Any], render: Render) -> Entry:
    try:
        source = source_of(line.content)
        answer = _moderated(source, config)
    except BadLine as bad:
        # The guide spells it so; the right spelling is for those who read it with their eyes.
        error: dict[str, Any] = {"line-numer": line.number, "line-number": line.number}
        if bad.source is not None:
            error["source-ref"] = bad.source
        return {"error": {**error, "code": bad.code, "message": bad.message}}
    return {"result": {"source-ref": source.ref, RESULT: render(DETECTION, answer)}}


def _moderated(source: Source, config: dict[str, Any]) -> dict[str, Any]:
    """The answer of DetectModerationLabels for the image of a line.

    Raises:
        BadLine: there is no such image, or it cannot be analysed.
    """
    place = {"S3Object": {"Bucket": source.bucket, "Name": source.key}}
    try:
        data = photo_bytes(place)
    except TRANSIENT:
        raise
    except ServiceError as error:
        raise BadLine(_code(error), error.message, source.ref) from error
    try:
        return detect_moderation_labels(open_photo({"Bytes": data}, LIMITS), config)
    except ServiceError as error:
        raise BadLine(_code(error), error.message, source.ref) from error
    except Exception as error:  # what one image brings about must not hold up all the others
        extra = {"error": type(error).__name__, "where": where(error)}
        logger.error("image not analysed", extra=extra)
        words = InternalServerError.default_message
        raise BadLine("INTERNAL_ERROR", words, source.ref) from error


def _code(error: ServiceError) -> str:
    """An error's name as the service writes codes: IMAGE_TOO_LARGE of ImageTooLargeException."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", error.code.removesuffix("Exception")).upper()


def _packed(lines: Iterable[Line]) -> bytes:
    return b"\n".join(b"%d %b" % (line.number, line.content) for line in lines)


def _unpacked(kept: bytes) -> list[Line]:
    parts = (line.partition(b" ") for line in kept.split(b"\n"))
    return [Line(int(number), content) for number, _, content in parts]


def _output(job: Job) -> Output:
    return Output(job.request["OutputConfig"]["S3Bucket"], job.request.get("KmsKeyId"))


def _place(job: Job, name: str) -> str:
    """The key of an output: the prefix, which ends with a slash or gets one, and the job's id."""
    prefix = job.request["OutputConfig"].get("S3KeyPrefix", "")
    slash = "" if not prefix or prefix.endswith("/") else "/"
    return f"{prefix}{slash}{job.id}/{name}"
