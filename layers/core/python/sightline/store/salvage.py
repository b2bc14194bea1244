"""Vectors straight from the items, while a shard that should hold them is damaged or lost."""

from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

from sightline.errors import ThrottlingException
from sightline.store import table
from sightline.store.log import Place
from sightline.store.manifest import Manifest, Whose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.store.matrix import Rows

MOST = 50_000  # rows: what a request can read from the table while its caller waits
PLACES = {"faces": ("lane", "seq"), "users": ("log_lane", "log_entry")}  # the items' attributes

_salvaged: "dict[tuple[str, int, Whose], Rows]" = {}  # of one collection, the last that needed it
_using = Lock()


def rows(uid: str, manifest: Manifest, whose: Whose) -> "Rows":
    """What the shards of faces or users should hold, exactly, and maybe what the log has: a user
    that changes after the log was read is only here.

    Raises:
        ThrottlingException: that is too much to read at once; compaction writes it anew.
    """
    from sightline.store.matrix import no_rows  # noqa: PLC0415 - numpy, only here

    if sum(shard.rows for shard in manifest.of(whose)) > MOST:
        raise ThrottlingException("The collection's index is being mended")
    key = (uid, manifest.generation, whose)
    with _using:
        if key not in _salvaged:
            found = list(_items(uid, whose))
            _salvaged.clear()
            ids, vectors = [str(each[0]) for each in found], [each[2] for each in found]
            _salvaged[key] = no_rows().with_more(ids, vectors)
        return _salvaged[key]


def sealed_items(
    uid: str, manifest: Manifest, whose: Whose
) -> "Iterator[tuple[UUID, Place, bytes]]":
    """Of each face or user that the log does not hold any more: the row's id and place, and the
    packed vector.
    """
    for id_, place, vector in _items(uid, whose):
        if place.entry <= manifest.floors[place.lane]:
            yield id_, place, vector


def _items(uid: str, whose: Whose) -> "Iterator[tuple[UUID, Place, bytes]]":
    lane, entry = PLACES[whose]
    for item in table.query(f"{whose.upper()}#{uid}", only=("SK", "vector", lane, entry)):
        if "vector" in item:
            place = Place(int(item[lane]["N"]), int(item[entry]["N"]))
            yield UUID(item["SK"]["S"]), place, bytes(item["vector"]["B"])


def forget() -> None:
    """Drops what is held."""
    with _using:
        _salvaged.clear()
