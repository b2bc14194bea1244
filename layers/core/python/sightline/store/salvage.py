"""Vectors straight from the items, while a shard that should hold them is damaged or lost."""

from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

from sightline.errors import ThrottlingException
from sightline.store import faces, table, users
from sightline.store.log import Place
from sightline.store.manifest import Manifest, Whose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.store.matrix import Rows

MOST = 200_000  # rows: what a request can read from the table while its caller waits

_salvaged: "dict[tuple[str, int, Whose], Rows]" = {}  # of one collection, the last that needed it
_using = Lock()


def rows(uid: str, manifest: Manifest, whose: Whose) -> "Rows":
    """What the shards of faces or users should hold, exactly.

    Raises:
        ThrottlingException: that is too much to read at once; compaction writes it anew.
    """
    from sightline.store.matrix import no_rows  # noqa: PLC0415 - numpy, only here

    if sum(shard.rows for shard in manifest.of(whose)) > MOST:
        raise ThrottlingException("The collection's index is being mended")
    key = (uid, manifest.generation, whose)
    with _using:
        if key not in _salvaged:
            found = list(sealed_items(uid, manifest, whose))
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
    partition = f"{whose.upper()}#{uid}"
    for item in table.query(partition):
        found = faces.parse(item) if whose == "faces" else users.parse(item)
        place, vector = found.place, found.vector
        if place is None or vector is None or place.entry > manifest.floors[place.lane]:
            continue
        yield UUID(item["SK"]["S"]), place, vector


def forget() -> None:
    """Drops what is held."""
    with _using:
        _salvaged.clear()
