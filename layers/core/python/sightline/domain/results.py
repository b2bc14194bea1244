"""What the upload worker says of a photo: the document beside it, and the message on the topic.

Both depend on the event and on what the operations answered, never on the time of the run; so an
event that comes twice writes the same bytes.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sightline.domain.findings import KINDS
from sightline.errors import ServiceError
from sightline.store.findings import REMOVED, Record

Render = Callable[[str, dict[str, Any]], dict[str, Any]]  # an operation's answer as on the wire

NAMED = 20  # findings of each kind in a message, which has 256 KB for all


@dataclass(slots=True)
class Outcome:
    """What came of a photo: answers and errors by operation, or why it could not be read."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, ServiceError] = field(default_factory=dict)
    error: ServiceError | None = None

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """Code and words of everything that went wrong."""
        whole = [] if self.error is None else [(self.error.code, self.error.message)]
        return whole + [
            (error.code, f"{name}: {error.message}") for name, error in self.errors.items()
        ]


def document(record: Record, sequencer: str | None, etag: str, outcome: Outcome) -> dict[str, Any]:
    """The results document, its answers in the operations' own form."""
    answers = {name: {"Response": answer} for name, answer in outcome.answers.items()}
    errors = {name: {"Error": _error(error)} for name, error in outcome.errors.items()}
    found: dict[str, Any] = {
        "Bucket": record.bucket,
        "Key": record.key,
        "VersionId": record.version,
        "ETag": etag,
        "Sequencer": sequencer,
        "EventTime": record.time,
        "State": record.state,
        "Error": None if outcome.error is None else _error(outcome.error),
        "ModelVersions": _versions(outcome.answers),
        "Operations": {**answers, **errors},
    }
    return {name: value for name, value in found.items() if value is not None}


def packed(document: dict[str, Any]) -> bytes:
    """A document as it is stored."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return text.encode()


def message(record: Record) -> dict[str, Any]:
    """The message on the topic; `Id` is the same whenever it tells of the same event.

    `Result` is where the results lie, if they do: not those of a photo that is gone.
    """
    result = None if record.state == REMOVED else record.result
    said = {
        "Id": str(uuid5(NAMESPACE_URL, f"s3://{record.bucket}/{record.key}#{record.order}")),
        "Bucket": record.bucket,
        "Key": record.key,
        "VersionId": record.version,
        "EventTime": record.time,
        "State": record.state,
        "Result": None if result is None else {"Bucket": record.bucket, "Key": result},
        "Findings": {kind: _named(record, kind) for kind in KINDS},
    }
    return {name: value for name, value in said.items() if value is not None}


def _named(record: Record, kind: str) -> list[dict[str, Any]]:
    found = sorted(
        (each for each in record.findings if each.kind == kind),
        key=lambda each: (-each.confidence, each.name),
    )
    return [{"Name": each.shown, "Confidence": each.confidence} for each in found[:NAMED]]


def _versions(answers: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {
        name: version
        for name, answer in answers.items()
        for member, version in answer.items()
        if member.endswith("ModelVersion")
    }


def _error(error: ServiceError) -> dict[str, str]:
    return {"Code": error.code, "Message": error.message}
