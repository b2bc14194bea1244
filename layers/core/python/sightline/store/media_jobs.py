"""Jobs over manifests of images: their items in the table.

A job is one item, kept for a year, whose id sorts the newest job first; so a listing is a query.
While anything is left to do for it, its id is also among the active ones, where the sweep finds it.
A batch that is done has an item of its own, written in one transaction with the job's count of what
remains: so each batch counts once, however often its message comes.
"""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sightline.store import table
from sightline.store.table import Action, Cancelled, Item, Key, number, text

JOBS, ACTIVE = "MEDIA#JOBS", "MEDIA#ACTIVE"
KEPT = 365 * 24 * 3600  # seconds; "details about individual jobs are kept only for a year"
LAST_MOMENT = 1 << 53  # microseconds since 1970: ids count down from here, to the year 2255
NOT_ENDED = "{}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it was when its job was started; no later one is read in its place."""

    bucket: str
    key: str
    etag: str
    version: str | None  # None in a bucket without versions


@dataclass(frozen=True, slots=True)
class Job:
    """A job.

    Attributes:
        request: as it was sent, in AWS's names.
        status: CREATED until its first message is surely sent, then QUEUED, and IN_PROGRESS once
            its manifest is split.
        created: seconds since 1970, as are those below.
        batches: how many there are, 0 before the manifest is split.
        remaining: how many of them are not done.
        moved: when it last came forward.
        resent: when the sweep last sent its messages again; as `moved` where it never did.
        ending: of a job that has ended: `CompletionTimestamp`, and `FailureDetails` or `Results`
            and `ManifestSummary`.
    """

    id: str
    request: dict[str, Any]
    manifest: Manifest
    status: str
    created: float
    batches: int
    remaining: int
    moved: float
    resent: float
    ending: dict[str, Any]

    @property
    def is_under_way(self) -> bool:
        return not self.ending


def new(request: dict[str, Any], manifest: Manifest) -> Job:
    """A job that is not written yet, with the id that its place in the listing asks for."""
    now = time.time()
    job_id = f"{LAST_MOMENT - int(now * 1e6):014x}{uuid4().hex}"
    return Job(job_id, request, manifest, "CREATED", now, 0, 0, now, now, {})


def create(job: Job, further: Sequence[Action]) -> None:
    """Writes a new job together with further actions.

    Raises:
        Cancelled: another write came before one of those.
    """
    manifest = job.manifest
    item = table.keyed(
        (JOBS, job.id),
        request_json=text(json.dumps(job.request)),
        bucket=text(manifest.bucket),
        object_key=text(manifest.key),
        etag=text(manifest.etag),
        version=None if manifest.version is None else text(manifest.version),
        phase=text(job.status),
        created=number(job.created),
        batches=number(job.batches),
        remaining=number(job.remaining),
        moved=number(job.moved),
        resent=number(job.resent),
        ending=text(NOT_ENDED),
        expires=number(int(job.created) + KEPT),
    )
    table.write([table.put(item), table.put(table.keyed((ACTIVE, job.id))), *further])


def get(job_id: str) -> Job | None:
    """A job, None when there is none or it is over a year old."""
    item = table.read([(JOBS, job_id)]).get((JOBS, job_id))
    return None if item is None or _is_over(item) else _parse(item)


def page(after: str | None, limit: int) -> list[tuple[str, Job]]:
    """Jobs, the newest first, each with its sort key."""
    found = table.query(JOBS, after or "", limit)
    return [(item["SK"]["S"], _parse(item)) for item in found if not _is_over(item)]


def active() -> list[str]:
    """Ids of the jobs for which anything is left to do, those that have ended included."""
    return [item["SK"]["S"] for item in table.query(ACTIVE)]


def queued(job_id: str) -> None:
    """Notes that a job's first message is sent."""
    with suppress(Cancelled):  # a worker was quicker, or another call for the same job
        table.write_one(
            table.update(
                (JOBS, job_id),
                "SET phase = :queued",
                "phase = :created",
                queued=text("QUEUED"),
                created=text("CREATED"),
            )
        )


def begin(job_id: str, batches: int) -> None:
    """Notes that a job's manifest is split into that many batches, unless that was noted before."""
    with suppress(Cancelled):
        table.write_one(
            table.update(
                (JOBS, job_id),
                "SET phase = :now_on, batches = :all, remaining = :all, moved = :now",
                "phase IN (:created, :queued)",
                now_on=text("IN_PROGRESS"),
                created=text("CREATED"),
                queued=text("QUEUED"),
                all=number(batches),
                now=number(time.time()),
            )
        )


def is_done(job_id: str, batch: int) -> bool:
    """Whether a batch is done and counted."""
    return bool(table.read([_batch_key(job_id, batch)]))


def undone(job: Job) -> list[int]:
    """The batches that are not done yet."""
    done = {item["SK"]["S"] for item in table.query(_partition(job.id))}
    return [each for each in range(job.batches) if _batch_key(job.id, each)[1] not in done]


def count(job: Job, batch: int) -> None:
    """Notes that a batch is done, once, and only while the job is in progress."""
    done = table.keyed(_batch_key(job.id, batch), expires=number(int(job.created) + KEPT))
    fewer = table.update(
        (JOBS, job.id),
        "SET remaining = remaining - :one, moved = :now",
        "phase = :in_progress",
        one=number(1),
        now=number(time.time()),
        in_progress=text("IN_PROGRESS"),
    )
    for _ in table.attempts():
        try:
            table.write([table.put(done, "attribute_not_exists(PK)"), fewer])
        except Cancelled as lost:
            if "ConditionalCheckFailed" in lost.reasons:
                return
            continue
        return
    raise Cancelled


def end(job_id: str, status: str, ending: dict[str, Any]) -> bool:
    """Ends a job; False when it had ended before, which stays as it is.

    Args:
        ending: see `Job.ending`; the time is added.
    """
    document = {**ending, "CompletionTimestamp": round(time.time(), 3)}
    action = table.update(
        (JOBS, job_id),
        "SET phase = :ended, ending = :ending",
        "ending = :none",
        ended=text(status),
        ending=text(json.dumps(document)),
        none=text(NOT_ENDED),
    )
    try:
        table.write_one(action)
    except Cancelled:
        job = get(job_id)
        if job is not None and job.is_under_way:  # it met another write, which decides nothing
            raise
        return False
    return True


def again(job: Job) -> bool:
    """Notes that a job's messages are about to be sent again; False when somebody else does it."""
    try:
        table.write_one(
            table.update(
                (JOBS, job.id),
                "SET resent = :now",
                "resent = :seen AND moved = :moved",
                now=number(time.time()),
                seen=number(job.resent),
                moved=number(job.moved),
            )
        )
    except Cancelled:
        return False
    return True


def forget(job_id: str) -> None:
    """Drops what an ended job no longer needs; it is active no more."""
    done = [table.key_of(item) for item in table.query(_partition(job_id))]
    table.drop(done)
    table.drop([(ACTIVE, job_id)])


def _partition(job_id: str) -> str:
    return f"MEDIA#{job_id}"


def _batch_key(job_id: str, batch: int) -> Key:
    return _partition(job_id), f"BATCH#{batch:05d}"


def _is_over(item: Item) -> bool:
    """DynamoDB drops items days after they expire."""
    return float(item["expires"]["N"]) <= time.time()


def _parse(item: Item) -> Job:
    return Job(
        id=item["SK"]["S"],
        request=json.loads(item["request_json"]["S"]),
        manifest=Manifest(
            bucket=item["bucket"]["S"],
            key=item["object_key"]["S"],
            etag=item["etag"]["S"],
            version=item["version"]["S"] if "version" in item else None,
        ),
        status=item["phase"]["S"],
        created=float(item["created"]["N"]),
        batches=int(item["batches"]["N"]),
        remaining=int(item["remaining"]["N"]),
        moved=float(item["moved"]["N"]),
        resent=float(item["resent"]["N"]),
        ending=json.loads(item["ending"]["S"]),
    )
