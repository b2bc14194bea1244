"""moto's DynamoDB as a service needs it: writes that are whole or not at all, and quick queries.

moto copies the whole table for every transaction and puts the copy back when one fails, over what
other threads wrote meanwhile; it updates items in place; and it sorts the whole table for every
query. Here a transaction runs on a draft that holds only the items it touches, an update works on
a copy of its item (so an item once stored never changes, and a snapshot may keep references), and
a query sees only the slice of its partition that it asks for.
"""

import copy
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import Any, NamedTuple, cast

from moto.core.exceptions import JsonRESTError, ServiceException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import RESULT_SIZE_LIMIT, Table

from local import attribute_values, gate

_moto_init = Table.__init__
_moto_query = Table.query
_moto_update_item = DynamoDBBackend.update_item
_moto_transact_write_items = DynamoDBBackend.transact_write_items


@cache
def install() -> None:
    """Mend moto's DynamoDB in this process; call it before a table is created."""
    gate.install()
    attribute_values.install()
    for owner, mended in (
        (Item, {"__new__": _untracked}),
        (Table, {"__new__": _untracked, "__init__": _init, "query": _query}),
        (
            DynamoDBBackend,
            {"update_item": _update_item, "transact_write_items": _transact_write_items},
        ),
    ):
        for name, method in mended.items():
            setattr(owner, name, method)


def _untracked(cls: type[Any], *_: Any, **__: Any) -> Any:
    """moto keeps a list of all objects it ever made; that would be every version of every item."""
    return object.__new__(cls)


def _cast(key: DynamoType) -> Any:
    return key.cast_value


class Partition(dict[DynamoType, Item]):
    """The items of one hash key by range key, with their order kept once it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._order: list[DynamoType] | None = None

    def order(self) -> list[DynamoType]:
        """Range keys, ascending."""
        if self._order is None:
            self._order = sorted(self, key=_cast)
        return self._order

    def __setitem__(self, key: DynamoType, item: Item) -> None:
        if self._order is not None and key not in self:
            insort(self._order, key, key=_cast)
        super().__setitem__(key, item)

    def pop(self, key: DynamoType) -> Item:  # type: ignore[override]
        """Take an item out.

        Raises:
            KeyError: when there is none.
        """
        item = super().pop(key)
        if self._order is not None:
            del self._order[bisect_left(self._order, key.cast_value, key=_cast)]
        return item

    def __deepcopy__(self, memo: dict[int, Any]) -> "Partition":
        copied = Partition()
        for key, item in self.items():
            copied[copy.deepcopy(key, memo)] = copy.deepcopy(item, memo)
        return copied


def _init(self: Table, *args: Any, **kwargs: Any) -> None:
    _moto_init(self, *args, **kwargs)
    if self.has_range_key:
        self.items = defaultdict(Partition)


class _Draft(Table):
    """A table that holds a few of another's items; moto's backup of it costs nothing."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Draft":
        return self


def _draft(table: Table) -> Table:
    draft: Table = _Draft.__new__(_Draft)  # type: ignore[assignment]
    vars(draft).update(vars(table))
    draft.items = defaultdict(Partition if table.has_range_key else dict)
    draft.stream_shard = None
    draft.lambda_event_source_mappings = {}
    return draft


class _Place(NamedTuple):
    """Where an item is, or would be."""

    table: Table
    hash_key: DynamoType
    range_key: DynamoType | None

    def read(self, table: Table) -> Item | None:
        items: dict[DynamoType, Any] = table.items
        found = items.get(self.hash_key)
        if self.range_key is not None and found is not None:
            found = found.get(self.range_key)
        return cast("Item | None", found)

    def write(self, table: Table, item: Item | None) -> None:
        """Store the item, or with None take out what is there."""
        partition: dict[DynamoType, Any] = table.items
        key = self.hash_key
        if self.range_key is not None:
            partition, key = partition[key], self.range_key
        if item is not None:
            partition[key] = item
        elif key in partition:
            partition.pop(key)


def _place(backend: DynamoDBBackend, table_name: str, key: dict[str, Any]) -> _Place | None:
    """None where moto itself will refuse the request: it has the right words for it."""
    with suppress(JsonRESTError, ServiceException, KeyError, AttributeError, IndexError, TypeError):
        table = backend.get_table(table_name)
        return _Place(table, *backend.get_keys_value(table, key))
    return None


def _update_item(
    self: DynamoDBBackend, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any
) -> Item:
    place = _place(self, table_name, key)
    if place is None:
        return _moto_update_item(self, table_name, key, *args, **kwargs)
    before = place.read(place.table)
    if before is not None:
        place.write(place.table, copy.deepcopy(before))
    try:
        return _moto_update_item(self, table_name, key, *args, **kwargs)
    except BaseException:
        place.write(place.table, before)
        raise


def _transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    draft = copy.copy(self)
    draft.tables = {name: _draft(table) for name, table in self.tables.items()}
    places = list(_touched(self, transact_items))
    for place in places:
        place.write(draft.tables[place.table.name], place.read(place.table))
    _moto_transact_write_items(draft, transact_items)
    for place in places:
        table = place.table
        before, after = place.read(table), place.read(draft.tables[table.name])
        if after is not before:
            place.write(table, after)
            if table.stream_shard is not None:
                table.stream_shard.add(before, after)


def _touched(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> Iterator[_Place]:
    for entry in transact_items:
        for operation in entry.values():
            key = operation.get("Key") or operation.get("Item") or {}
            place = _place(backend, operation.get("TableName"), key)
            if place is not None:
                yield place


def _beyond(
    order: list[DynamoType], start: DynamoType, low: int, high: int, forward: bool
) -> tuple[int, int]:
    """The part of a slice that comes after the key with which the last page ended."""
    if forward is False:
        return low, min(high, bisect_left(order, start.cast_value, key=_cast))
    return max(low, bisect_right(order, start.cast_value, key=_cast)), high


def _query(
    self: Table,
    hash_key: DynamoType | None,
    range_comparison: str | None,
    range_objs: list[DynamoType],
    limit: int,
    exclusive_start_key: dict[str, Any],
    scan_index_forward: bool,
    projection_expressions: list[list[str]] | None,
    index_name: str | None = None,
    *rest: Any,
    **kwargs: Any,
) -> tuple[list[Item], int, dict[str, Any] | None]:
    table = self
    if not index_name and hash_key is not None:
        table = _draft(self)
        found = self.items.get(hash_key)
        if isinstance(found, Partition):
            low, high = _bounds(found.order(), range_comparison, range_objs)
            if exclusive_start_key is not None:
                start = DynamoType(exclusive_start_key[str(self.range_key_attr)])
                low, high = _beyond(found.order(), start, low, high, scan_index_forward)
            found = _page(found, low, high, limit, scan_index_forward)
        if found:
            table.items[hash_key] = found
    return _moto_query(
        table,
        hash_key,
        range_comparison,
        range_objs,
        limit,
        exclusive_start_key,
        scan_index_forward,
        projection_expressions,
        index_name,
        *rest,
        **kwargs,
    )


def _bounds(
    order: list[DynamoType], comparison: str | None, values: list[DynamoType]
) -> tuple[int, int]:
    """Ends of the half-open run of range keys that can satisfy the comparison."""
    name = (comparison or "").upper()
    if name not in {"=", "<", "<=", ">", ">=", "BETWEEN", "BEGINS_WITH"}:
        return 0, len(order)
    first, last = values[0].cast_value, values[-1].cast_value
    low, high = 0, len(order)
    if name in {"=", ">=", "BETWEEN", "BEGINS_WITH"}:
        low = bisect_left(order, first, key=_cast)
    elif name == ">":
        low = bisect_right(order, first, key=_cast)
    if name in {"=", "<=", "BETWEEN"}:
        high = bisect_right(order, last, key=_cast)
    elif name == "<":
        high = bisect_left(order, last, key=_cast)
    elif name == "BEGINS_WITH":
        high = bisect_right(order, first, low, key=lambda key: key.cast_value[: len(first)])
    return low, high


def _page(partition: Partition, low: int, high: int, limit: int | None, forward: bool) -> Partition:
    """What one answer can hold, and one item more, so that moto sees that there is more."""
    order = partition.order()
    indices = range(low, high) if forward is not False else range(high - 1, low - 1, -1)
    page, size = Partition(), 0
    for index in islice(indices, None if limit is None else limit + 1):
        key = order[index]
        page[key] = partition[key]
        size += partition[key].size()
        if size > RESULT_SIZE_LIMIT:
            break
    return page
