"""Celebrities: what is known of each person of the gallery, beside the faces in its collection."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sightline.store import table
from sightline.store.table import Item, Key, text

PARTITION = "CELEBRITIES"


@dataclass(frozen=True, slots=True)
class Celebrity:
    """A person of the gallery; `gender` is one of the service model's `KnownGenderType`."""

    id: str
    name: str
    urls: tuple[str, ...]  # without a scheme
    gender: str


def put(celebrity: Celebrity) -> None:
    """Writes what is known of a celebrity, new or changed."""
    item = table.keyed(
        _key(celebrity.id),
        celebrity_id=text(celebrity.id),
        name=text(celebrity.name),
        urls=text(json.dumps(celebrity.urls)),
        gender=text(celebrity.gender),
    )
    table.write_one(table.put(item))


def get(ids: Iterable[str]) -> dict[str, Celebrity]:
    """Those of the celebrities that there are, by id."""
    found = table.read(_key(celebrity_id) for celebrity_id in ids)
    return {each.id: each for each in map(_parse, found.values())}


def every() -> Iterator[Celebrity]:
    """All celebrities, by id."""
    return map(_parse, table.query(PARTITION))


def delete(celebrity_id: str) -> None:
    """Forgets a celebrity; one that is not there does not matter."""
    table.write_one(table.delete(_key(celebrity_id)))


def _key(celebrity_id: str) -> Key:
    return PARTITION, f"ID#{celebrity_id}"


def _parse(item: Item) -> Celebrity:
    return Celebrity(
        id=item["celebrity_id"]["S"],
        name=item["name"]["S"],
        urls=tuple(json.loads(item["urls"]["S"])),
        gender=item["gender"]["S"],
    )
