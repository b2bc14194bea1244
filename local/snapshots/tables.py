"""DynamoDB's tables in a snapshot: a definition, and a log of what was put and deleted.

An item once stored is never changed (`local.dynamodb` sees to that), so two snapshots differ by
the items that only one of them holds. Each snapshot adds a segment with that difference; reading
the segments in order gives the table. A log that outgrew its table is written anew.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import StreamShard, Table

from local.snapshots import plain
from local.snapshots.folder import Folder

SEGMENT = 8 * 2**20  # bytes; small segments at a log's end are joined up to this
MANY = 48  # segments at which that is done
SLACK = 1000  # records that a log may be longer than twice its table
LEFT_OUT = {"items", "stream_shard", "lambda_event_source_mappings"}


@dataclass(frozen=True)
class View:
    """A table at one moment: its definition, encoded, and references to its items."""

    account: str
    region: str
    table: Table
    definition: dict[str, Any]
    items: list[Item]


@dataclass(frozen=True)
class _Segment:
    blob: str
    size: int  # bytes
    records: int


@dataclass
class _Log:
    """What is on disk of a table. `items` keeps references, so that their ids stay theirs."""

    items: dict[int, Item] = field(default_factory=dict)
    segments: list[_Segment] = field(default_factory=list)


Logs = dict[Table, _Log]


class Tables:
    """Writes tables into snapshots and remembers what it wrote."""

    def __init__(self) -> None:
        self._logs: Logs = {}

    def view(self) -> list[View]:
        """All tables as they are; call it while no request runs."""
        return [
            View(account, region, table, _definition(table), list(_items(table)))
            for account, regions in dynamodb_backends.items()
            for region, backend in regions.items()
            for table in backend.tables.values()
        ]

    def write(self, views: list[View], folder: Folder) -> tuple[list[Any], set[str], Logs]:
        """Write what is new.

        Returns:
            the manifest's part, the blobs it names, and what `keep` takes on success.
        """
        logs = {view.table: self._extend(view, folder) for view in views}
        part = [
            [
                view.account,
                view.region,
                view.definition,
                [astuple(segment) for segment in logs[view.table].segments],
            ]
            for view in views
        ]
        return part, _blobs(logs), logs

    def keep(self, logs: Logs) -> None:
        """Remember what the snapshot holds, once it is one."""
        self._logs = logs

    def _extend(self, view: View, folder: Folder) -> _Log:
        old = self._logs.get(view.table, _Log())
        items = {id(item): item for item in view.items}
        gone = [item for known, item in old.items.items() if known not in items]
        new = [item for known, item in items.items() if known not in old.items]
        records = sum(segment.records for segment in old.segments) + len(gone) + len(new)
        if records > 2 * len(items) + SLACK:
            gone, new, segments = [], list(items.values()), []
        else:
            segments = list(old.segments)
        segments += _segments(gone, new, folder)
        if len(segments) > MANY:
            segments = _joined(segments, folder)
        return _Log(items, segments)

    def load(self, part: list[Any], folder: Folder) -> set[str]:
        """Put the manifest's tables into moto; return the names of their blobs."""
        for account, region, encoded, listed in part:
            definition = plain.decode(encoded)
            make: Any = Table
            table: Table = make(
                definition["name"], account, region, definition["schema"], definition["attr"]
            )
            vars(table).update(definition)
            if (table.stream_specification or {}).get("StreamEnabled"):
                table.stream_shard = StreamShard(account, table)
            segments = [_Segment(*segment) for segment in listed]
            for segment in segments:
                _replay(folder.read(segment.blob), table)
            dynamodb_backends[account][region].tables[table.name] = table
            self._logs[table] = _Log({id(item): item for item in _items(table)}, segments)
        return _blobs(self._logs)


def _blobs(logs: Logs) -> set[str]:
    return {segment.blob for log in logs.values() for segment in log.segments}


def _definition(table: Table) -> dict[str, Any]:
    kept = {name: value for name, value in vars(table).items() if name not in LEFT_OUT}
    definition: dict[str, Any] = plain.encode(kept)
    return definition


def _items(table: Table) -> Iterator[Item]:
    parts: Iterable[Any] = table.items.values()
    if not table.has_range_key:
        yield from parts
        return
    for partition in parts:
        yield from partition.values()


def _segments(gone: list[Item], new: list[Item], folder: Folder) -> Iterator[_Segment]:
    lines, size = list[bytes](), 0
    for sign, items in (("-", gone), ("+", new)):
        for item in items:
            lines.append(_record(sign, item))
            size += len(lines[-1])
            if size > SEGMENT:
                yield _Segment(folder.put(b"".join(lines)), size, len(lines))
                lines, size = [], 0
    if lines:
        yield _Segment(folder.put(b"".join(lines)), size, len(lines))


def _joined(segments: list[_Segment], folder: Folder) -> list[_Segment]:
    """The same log with the small segments at its end made one."""
    start, size = len(segments), 0
    while start > 0 and size + segments[start - 1].size <= SEGMENT:
        start -= 1
        size += segments[start].size
    tail = segments[start:]
    if len(tail) < 2:
        return segments
    blob = folder.put(b"".join(folder.read(segment.blob) for segment in tail))
    return [*segments[:start], _Segment(blob, size, sum(segment.records for segment in tail))]


def _record(sign: str, item: Item) -> bytes:
    keys = [_wire(key) for key in (item.hash_key, item.range_key) if key is not None]
    record: list[Any] = [sign, keys]
    if sign == "+":
        record.append({name: _wire(value) for name, value in item.attrs.items()})
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def _replay(log: bytes, table: Table) -> None:
    items: dict[DynamoType, Any] = table.items
    for line in log.splitlines():
        sign, keys, *attributes = json.loads(line)
        hash_key, range_key = (*(DynamoType(_unwire(key)) for key in keys), None)[:2]
        assert hash_key is not None  # noqa: S101 - every key has its first part
        partition, key = (items, hash_key) if range_key is None else (items[hash_key], range_key)
        if sign == "-":
            partition.pop(key)
        else:
            item = Item(hash_key, range_key, {})
            values = {name: DynamoType(_unwire(each)) for name, each in attributes[0].items()}
            dict.update(item.attrs, values)  # past the check of sizes, which is quadratic
            partition[key] = item


def _wire(value: DynamoType) -> dict[str, Any]:
    """A value as DynamoDB's JSON, bytes in base64."""
    inside = value.value
    if value.is_map():
        inside = {name: _wire(each) for name, each in inside.items()}
    elif value.is_list():
        inside = [_wire(each) for each in inside]
    elif isinstance(inside, bytes):
        inside = base64.b64encode(inside).decode()
    elif value.type == "BS":
        inside = [base64.b64encode(each).decode() for each in inside]
    return {value.type: inside}


def _unwire(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, inside),) = value.items()
    if kind == "M":
        return {kind: {name: _unwire(each) for name, each in inside.items()}}
    if kind == "L":
        return {kind: [_unwire(each) for each in inside]}
    if kind == "B":
        return {kind: base64.b64decode(inside)}
    if kind == "BS":
        return {kind: [base64.b64decode(each) for each in inside]}
    return value
