"""What was seen on uploaded photos: a record per photo, and index entries that lead to it.

    FINDING#<kind>#<name>#<lane>   <100 % - confidence>#<digest of the photo>    an index entry
    UPLOAD#<bucket>/<key>          RECORD                                        a photo's record

An entry's sort key is the same in every lane, and lower for more confidence; so one merge of the
lanes is the index by descending confidence, while a name that is on every photo (`Person`) heats
several partitions and not one. A record lists its photo's findings, so it says what its entries
are; both change in one transaction, or, where that is too large for one, record first.
"""

import heapq
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from unicodedata import normalize
from uuid import uuid4

from sightline.errors import ProvisionedThroughputExceededException
from sightline.store import table
from sightline.store.table import Action, Cancelled, Item, Key, text

LANES = 8  # partitions of a name; DynamoDB takes 1,000 writes a second in each
CHANGED_AT_ONCE = table.WRITTEN_AT_ONCE - 1  # beside the record
STEPS = 10**6  # of a percent of confidence, in sort keys
REMOVED = "REMOVED"  # the state of a photo that is gone
LONGEST_NAME = 256  # characters of a name that tell it from others
# A queue keeps a message for 14 days at most, its dead-letter queue for as long again.
REMEMBERED = 30 * 24 * 3600  # seconds; for how long an event can still come after a deletion


@dataclass(frozen=True, slots=True)
class Finding:
    """Something seen on a photo: what kind of thing, `shown` as it was said, its confidence
    (0 to 100), and the `name` that it is looked up by, as `same_name` makes it.
    """

    kind: str
    name: str
    shown: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of an uploaded photo.

    Attributes:
        order: of the event that it comes from, as `sightline.domain.uploads.Event.order`; empty
            as long as only the intention to write is recorded.
        state: `SUCCEEDED`, `FAILED` or `REMOVED`.
        version: of the object, None in a bucket without versions.
        result: key of the results' object in the same bucket, None where there is none; after a
            deletion where it was, None where none ever was.
    """

    bucket: str
    key: str
    order: str = ""
    time: str = ""
    state: str = ""
    version: str | None = None
    result: str | None = None
    findings: tuple[Finding, ...] = ()
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A photo that the index leads to; `time` is that of the photo's event, and `result` the key of
    its results, empty where they could not be written.
    """

    bucket: str
    key: str
    shown: str
    confidence: float
    time: str
    result: str


def get(bucket: str, key: str) -> Record | None:
    """The record of a photo."""
    place = _record_key(bucket, key)
    found = table.read([place]).get(place)
    return None if found is None else _parse(found)


def settle(new: Record) -> Record:
    """Makes `new` a photo's record and its findings the photo's only entries.

    Not where the record is that of a later event; the record as it is then comes back.

    Raises:
        ProvisionedThroughputExceededException: too many write at the same time.
    """
    for _ in table.attempts():
        held = get(new.bucket, new.key)
        if held is not None and held.order > new.order:
            return held
        with suppress(Cancelled):
            _replace(held, replace(new, stamp=uuid4().hex))
            return new
    raise ProvisionedThroughputExceededException


def _replace(held: Record | None, new: Record) -> None:
    """One transaction, or several under a record that lists all that may be there meanwhile.

    Raises:
        Cancelled: another write came first.
    """
    entries = {table.key_of(entry): table.put(entry) for entry in _entries(new)}
    stale = {} if held is None else {table.key_of(entry): entry for entry in _entries(held)}
    changes: list[Action] = [*entries.values()]
    changes += [table.delete(key) for key in stale.keys() - entries.keys()]
    *early, last = [*table.chunks(changes, CHANGED_AT_ONCE)] or [()]
    if early:
        held = _intend(held, new)
        unchanged = table.check(_record_key(new.bucket, new.key), "stamp = :s", s=text(held.stamp))
        for some in early:
            table.write([unchanged, *some])
    table.write([_put(held, new), *last])


def _intend(held: Record | None, new: Record) -> Record:
    """A record of the findings that are there and those that will be; it keeps its order."""
    before = Record(new.bucket, new.key, result=new.result) if held is None else held
    both = tuple(dict.fromkeys([*before.findings, *new.findings]))
    intended = replace(before, findings=both, stamp=uuid4().hex)
    table.write_one(_put(held, intended))
    return intended


def _put(held: Record | None, new: Record) -> Action:
    if held is None:
        return table.put(_item(new), "attribute_not_exists(PK)")
    return table.put(_item(new), "stamp = :stamp", stamp=text(held.stamp))


def entries(kind: str, name: str, after: str, limit: int) -> Iterator[tuple[str, Entry]]:
    """Photos that show something by descending confidence, each with its sort key."""
    lanes = [table.query(_partition(kind, name, lane), after, limit) for lane in range(LANES)]
    for item in heapq.merge(*lanes, key=lambda item: item["SK"]["S"]):
        yield (
            item["SK"]["S"],
            Entry(
                bucket=item["bucket"]["S"],
                key=item["object_key"]["S"],
                shown=item["shown"]["S"],
                confidence=float(item["confidence"]["N"]),
                time=item["time"]["S"],
                result=item["result"]["S"],
            ),
        )


def same_name(name: str) -> str:
    """The same for names that differ in case, width or surrounding space only."""
    return normalize("NFKC", name).casefold().strip()[:LONGEST_NAME]


def _partition(kind: str, name: str, lane: int) -> str:
    return f"FINDING#{kind}#{name}#{lane}"


def _entries(record: Record) -> Iterator[Item]:
    photo = sha256(f"{record.bucket}/{record.key}".encode()).hexdigest()[:32]
    lane = int(photo[:8], 16) % LANES
    for finding in record.findings:
        rank = round((100 - finding.confidence) * STEPS)
        yield table.keyed(
            (_partition(finding.kind, finding.name, lane), f"{rank:09d}#{photo}"),
            bucket=text(record.bucket),
            object_key=text(record.key),
            shown=text(finding.shown),
            confidence=table.number(finding.confidence),
            time=text(record.time),
            result=text(record.result or ""),
        )


def _record_key(bucket: str, key: str) -> Key:
    return f"UPLOAD#{bucket}/{key}", "RECORD"


def _item(record: Record) -> Item:
    rows: Sequence[Sequence[object]] = [
        (each.kind, each.name, each.shown, each.confidence) for each in record.findings
    ]
    removed = record.state == REMOVED
    return table.keyed(
        _record_key(record.bucket, record.key),
        bucket=text(record.bucket),
        object_key=text(record.key),
        order=text(record.order),
        time=text(record.time),
        state=text(record.state),
        version=None if record.version is None else text(record.version),
        result=None if record.result is None else text(record.result),
        findings=text(json.dumps(rows, ensure_ascii=False)),
        stamp=text(record.stamp),
        expires=table.number(int(time.time()) + REMEMBERED) if removed else None,
    )


def _parse(item: Item) -> Record:
    return Record(
        bucket=item["bucket"]["S"],
        key=item["object_key"]["S"],
        order=item["order"]["S"],
        time=item["time"]["S"],
        state=item["state"]["S"],
        version=item["version"]["S"] if "version" in item else None,
        result=item["result"]["S"] if "result" in item else None,
        findings=tuple(Finding(*row) for row in json.loads(item["findings"]["S"])),
        stamp=item["stamp"]["S"],
    )
