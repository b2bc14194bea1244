"""What compaction takes out of a log at once: the rows that came, and those that are gone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from sightline.store import log
from sightline.store.collections import Collection
from sightline.store.log import Entry, Heads, Row
from sightline.store.manifest import Whose
from sightline.store.matrix import WIDTH
from sightline.store.shard import GONE, Fresh, Names
from sightline.store.users import digest

AT_ONCE = 400  # entries that are read together: with 98 faces each 60 MB in memory
LANE = 56  # bits below it have the number of the entry


@dataclass(slots=True)
class Batch:
    """Rows of faces, or of users; each of `vectors` is packed."""

    rows: list[Row] = field(default_factory=list)
    vectors: list[bytes] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows) + len(self.gone)

    def fresh(self) -> Fresh:
        """The rows that came, as shards take them."""
        vectors = np.frombuffer(b"".join(self.vectors), "<f4").reshape(-1, WIDTH)
        ids = [row.id.bytes for row in self.rows]
        return Fresh(ids, packed_places(self.rows), vectors.astype(np.float32, copy=False))

    def names(self) -> Names:
        """The rows that are gone, as shards take them."""
        found = np.empty(len(self.gone), GONE)
        found["id"] = np.frombuffer(b"".join(row.id.bytes for row in self.gone), "V16")
        found["place"] = packed_places(self.gone)
        return found


def read(collection: Collection, most: int) -> tuple[Heads, dict[Whose, Batch]]:
    """What the log has above the floors, up to about so many rows, and the floors after that."""
    floors = list(collection.manifest.floors)
    batches: dict[Whose, Batch] = {"faces": Batch(), "users": Batch()}
    begin, heads = collection.manifest.floors, log.heads(collection)
    for entry in log.entries(collection.uid, begin, heads, AT_ONCE):
        floors[entry.place.lane] = entry.place.entry
        _take(collection.uid, entry, batches)
        if sum(map(len, batches.values())) >= most:
            break
    return tuple(floors), batches


def packed_places(rows: Iterable[Row]) -> NDArray[np.uint64]:
    """(n,) the places of rows, each as one number."""
    return np.array([row.place.lane << LANE | row.place.entry for row in rows], np.uint64)


def above(places: NDArray[np.uint64], floors: Heads) -> NDArray[np.bool_]:
    """(n,) which places are above the floors of their lanes."""
    lanes = (places >> np.uint64(LANE)).astype(np.intp)
    entries = places & np.uint64((1 << LANE) - 1)
    above_floor: NDArray[np.bool_] = entries > np.array(floors, np.uint64)[lanes]
    return above_floor


def _take(uid: str, entry: Entry, batches: dict[Whose, Batch]) -> None:
    batch = batches["faces" if entry.user_id is None else "users"]
    batch.gone += entry.gone
    for face_id, vector in entry.faces.items():
        batch.rows.append(Row(UUID(face_id), entry.place))
        batch.vectors.append(vector)
    if entry.user_id is not None and entry.vector is not None:
        batch.rows.append(Row(digest(uid, entry.user_id), entry.place))
        batch.vectors.append(entry.vector)
