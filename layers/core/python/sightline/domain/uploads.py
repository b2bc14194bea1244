"""Photos analysed as they arrive: how an event of S3 becomes results.

    event ─ rule? ─ later event known? ─ fetch ─ decode once ─ operations
          ─ results object ─ record and index entries ─ topic, dead letters

S3 delivers an event at least once and in any order, and a worker may die anywhere. So:
- Each event has a place in its object's history, `Event.order`. Results object and record carry
  it, and neither gives way to an earlier one; both are written only as they were read.
- What is fetched is what the event speaks of: that version, or only if the ETag is still that
  one. What was overwritten since has an event of its own, and what is gone is quietly done.
- The results object comes before the record, so an index entry always leads to results; topic and
  dead letters come last. Who dies on the way is followed by the same event once more, which
  writes the same bytes, entries and face ids; only the message may be sent twice, with one id.
- A removal makes the worker look at what is there now: nothing (results and entries go), or
  another version (that is analysed). Faces stay in their collection, for the same picture may
  have brought them there under another key; DeleteFaces takes them away.
- What no retry can help ends at once in the results, in the index as `failed` and among the dead
  letters, with the reason; all else is raised, for the queue to deliver the event again. Where the
  results themselves cannot be written, the rest of it says so, and leads to none.
- Whoever uploads may choose any key and any metadata. Results are known by their signed mark
  alone, so nobody can pass a photo off as one, and nobody's object is overwritten or deleted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sightline.domain import results
from sightline.domain.analysis import analyze
from sightline.domain.collections import need_current
from sightline.domain.findings import failure, findings_of
from sightline.domain.indexing import index_photo
from sightline.domain.results import Outcome, Render
from sightline.domain.rules import Rule, rule_for
from sightline.errors import (
    InternalServerError,
    ProvisionedThroughputExceededException,
    ServiceError,
    ThrottlingException,
)
from sightline.store import findings, messages, uploads
from sightline.store.findings import REMOVED, Record
from sightline.store.uploads import Upload
from sightline.telemetry import logger, where
from sightline.vision.photo import decode

INDEX = "IndexFaces"
TRANSIENT = (InternalServerError, ProvisionedThroughputExceededException, ThrottlingException)


@dataclass(frozen=True, slots=True)
class Event:
    """What S3 says of an object.

    Attributes:
        order: place in the object's history; a later event's is greater as text.
        sequencer: as S3 sent it.
        time: of the event, as S3 sent it.
        version: None in a bucket without versions.
        etag: of what was created.
        body: the event alone, as a message for the dead letters.
    """

    bucket: str
    key: str
    removed: bool
    order: str
    sequencer: str | None
    time: str
    version: str | None
    etag: str
    body: str

    @property
    def name(self) -> str:
        """Tells the event from all others."""
        return f"s3://{self.bucket}/{self.key}#{self.order}"


def handle_each(events: Iterable[Event], render: Render) -> None:
    """Brings results, index and topic to where each event says they should be.

    Args:
        render: makes an operation's answer what a client would get.

    Raises:
        Exception: what another try may mend, when all others of the events are handled.
    """
    failed: Exception | None = None
    for event in events:
        try:
            _handle(event, render)
        except Exception as error:
            if isinstance(error, ServiceError) and not isinstance(error, TRANSIENT):
                bury(event.body, Outcome(error=error))
                continue
            extra = {"error": type(error).__name__, "where": where(error)}
            logger.warning("upload not handled", extra=extra)
            failed = error
    if failed is not None:
        raise failed


def bury(body: str, outcome: Outcome) -> None:
    """Puts a message that no retry can help among the dead letters, with the reasons."""
    messages.bury(
        body,
        ErrorCode=", ".join(dict.fromkeys(code for code, _ in outcome.reasons)),
        ErrorMessage="; ".join(words or code for code, words in outcome.reasons),
    )


def _handle(event: Event, render: Render) -> None:
    if event.key.endswith("/"):  # what S3's console makes for a folder
        return
    rule = rule_for(event.bucket, event.key)
    held = findings.get(event.bucket, event.key)
    if held is not None and held.order > event.order:
        _withdraw(event, rule, held)
    elif rule is None:
        # an event that was settled under a rule stays so; only a removal may have died half-way
        if held is not None and (held.order < event.order or held.state == REMOVED):
            _forget(event, held, None)
    elif held is not None and held.order == event.order and held.state == "SUCCEEDED":
        _tell(held, rule)
    else:
        _look(event, rule, held, render)


def _look(event: Event, rule: Rule, held: Record | None, render: Render) -> None:
    outcome, upload = Outcome(), None
    try:
        upload = _fetch(event)
    except ServiceError as error:
        outcome.error = _lasting(error)
    if upload is None and outcome.error is None:
        if event.removed:
            _forget(event, held, rule)
        return
    if event.removed and not _uncovered(event, upload, held):
        return
    if upload is not None:
        if upload.is_result:
            return
        image = {"Bucket": event.bucket, "Name": event.key, "Version": upload.version}
        requests = rule.requests(
            {"S3Object": {name: value for name, value in image.items() if value is not None}},
            event.name,
        )
        _analyse(upload.data, requests, outcome)
    _conclude(event, rule, held, upload, outcome, render)


def _fetch(event: Event) -> Upload | None:
    if event.removed:
        return uploads.fetch(event.bucket, event.key)
    return uploads.fetch(event.bucket, event.key, event.version, event.etag)


def _uncovered(event: Event, upload: Upload | None, held: Record | None) -> bool:
    """Whether a removal brought a version to light that has no results yet.

    Without versions, what is there was created after the removal, and has an event of its own.
    """
    if event.version is None:
        return False
    return upload is None or held is None or held.version != upload.version


def _analyse(data: bytes, requests: dict[str, dict[str, Any]], outcome: Outcome) -> None:
    try:
        photo = decode(data)
    except ServiceError as error:
        outcome.error = _lasting(error)
        return
    detections = {name: asked for name, asked in requests.items() if name != INDEX}
    analysis = analyze(photo, detections)
    outcome.answers, outcome.errors = analysis.answers, analysis.errors
    if INDEX in requests:
        try:
            collection = need_current(requests[INDEX]["CollectionId"])
            outcome.answers[INDEX] = index_photo(collection, photo, data, requests[INDEX])
        except ServiceError as error:
            outcome.errors[INDEX] = error
    for each in outcome.errors.values():
        _lasting(each)


def _lasting(error: ServiceError) -> ServiceError:
    """The error, if another try cannot mend it; else it is raised, for the queue to try again."""
    if isinstance(error, TRANSIENT):
        raise error
    return error


def _conclude(
    event: Event,
    rule: Rule,
    held: Record | None,
    upload: Upload | None,
    outcome: Outcome,
    render: Render,
) -> None:
    failures = [failure(*outcome.reasons[0])] if outcome.reasons else []
    record = Record(
        bucket=event.bucket,
        key=event.key,
        order=event.order,
        time=event.time,
        state="FAILED" if failures else "SUCCEEDED",
        version=event.version if upload is None else upload.version,
        result=rule.result_of(event.key),
        findings=(*findings_of(outcome.answers), *failures),
    )
    outcome.answers = {name: render(name, answer) for name, answer in outcome.answers.items()}
    etag = event.etag if upload is None else upload.etag
    document = results.document(record, event.sequencer, etag, outcome)
    try:
        settled = _settle(record, held, results.packed(document))
    except ServiceError as error:
        outcome.error = _lasting(error)
        record = _unwritten(record, held, outcome)
        settled = findings.settle(record)
    if settled is not record:
        _withdraw(event, rule, settled)
        return
    _tell(record, rule)
    if outcome.reasons:
        bury(event.body, outcome)


def _settle(record: Record, held: Record | None, document: bytes) -> Record:
    """Writes results, takes away what an earlier event left elsewhere, and settles the record.

    A later event's results may lie there before its record does, for its worker is not done, or
    died. Until some worker has settled it this event comes again, so that neither can get lost.
    """
    if not uploads.write_result(record.bucket, str(record.result), record.order, document):
        later = findings.get(record.bucket, record.key)
        if later is None or later.order <= record.order:
            raise ThrottlingException
        return later
    if held is not None and held.result not in (None, record.result):
        uploads.remove_result(record.bucket, str(held.result), record.order)
    return findings.settle(record)


def _unwritten(record: Record, held: Record | None, outcome: Outcome) -> Record:
    """The record where results cannot be written. It leads to none; those of an earlier event are
    taken away, if S3 allows that at least.
    """
    if held is not None and held.result is not None:
        try:
            uploads.remove_result(record.bucket, held.result, record.order)
        except ServiceError as error:
            _lasting(error)
    failures = (failure(*outcome.reasons[0]),)
    return replace(record, state="FAILED", result=None, findings=failures)


def _withdraw(event: Event, rule: Rule | None, held: Record) -> None:
    """A later event was settled: results of this one that a dead worker left are taken away."""
    if rule is not None and (held.state == REMOVED or held.result != rule.result_of(event.key)):
        uploads.remove_result(event.bucket, rule.result_of(event.key), event.order)


def _forget(event: Event, held: Record | None, rule: Rule | None) -> None:
    """Takes results and entries of a photo away; the record remembers that, for late events.

    Of what nobody knew there is nothing to tell, and its record names no results; but its creation
    may still be on its way.
    """
    places = [] if held is None or held.result is None else [held.result]
    if rule is not None:  # a worker that died may have left some there
        places.append(rule.result_of(event.key))
    known = held is not None and (held.state != REMOVED or held.result is not None)
    record = Record(
        bucket=event.bucket,
        key=event.key,
        order=event.order,
        time=event.time,
        state=REMOVED,
        version=event.version,
        result=places[0] if known and places else None,
    )
    if findings.settle(record) is not record:
        return
    for place in dict.fromkeys(places):
        uploads.remove_result(event.bucket, place, event.order)
    if rule is not None and known:
        _tell(record, rule)


def _tell(record: Record, rule: Rule) -> None:
    if rule.publish:
        messages.publish(results.message(record), State=record.state, Bucket=record.bucket)
