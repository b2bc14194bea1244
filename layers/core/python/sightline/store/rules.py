"""Rules of watched buckets: one item per bucket, so that a reader sees all of its rules at once.

An item is changed only as it was read; who changes it meanwhile is not overwritten.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from sightline.errors import ProvisionedThroughputExceededException
from sightline.store import table
from sightline.store.table import Cancelled, Item, Key, text

PARTITION = "RULES"

Document = dict[str, Any]  # a rule, in JSON's types
Rules = dict[str, Document]  # by prefix


def of(bucket: str) -> Rules:
    """The rules of a bucket; none where nothing watches it."""
    found = table.read([_key(bucket)]).get(_key(bucket))
    return {} if found is None else _parse(found)


def every() -> Iterator[tuple[str, Rules]]:
    """All buckets that have rules, by name."""
    for item in table.query(PARTITION):
        yield item["SK"]["S"], _parse(item)


def change(bucket: str, changed: Callable[[Rules], Rules]) -> Rules:
    """Makes of a bucket's rules what `changed` makes of them; the rules afterwards.

    Raises:
        ProvisionedThroughputExceededException: too many write at the same time.
    """
    key = _key(bucket)
    for _ in table.attempts():
        seen = table.read([key]).get(key)
        before = {} if seen is None else _parse(seen)
        after = changed(before)
        if after == before:
            return after
        condition = "attribute_not_exists(PK)" if seen is None else "stamp = :stamp"
        values = {} if seen is None else {"stamp": seen["stamp"]}
        try:
            if after:
                table.write_one(table.put(_item(bucket, after), condition, **values))
            else:
                table.write_one(table.delete(key, condition, **values))
        except Cancelled:
            continue
        return after
    raise ProvisionedThroughputExceededException


def _key(bucket: str) -> Key:
    return PARTITION, bucket


def _item(bucket: str, rules: Rules) -> Item:
    document = json.dumps(rules, sort_keys=True)
    return table.keyed(_key(bucket), rules=text(document), stamp=text(uuid4().hex))


def _parse(item: Item) -> Rules:
    rules: Rules = json.loads(item["rules"]["S"])
    return rules
