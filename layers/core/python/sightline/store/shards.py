"""Where a search finds vectors. For now all of them are in the tail: the log, held in memory.

This is the seam for shards: `rows` will join what the shards of a collection hold (listed in its
META item, read from S3) with the tail, which then begins after the last entry that a shard has.
"""

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from sightline.store import collections, log, table
from sightline.store.collections import LANES, Collection
from sightline.store.log import Entry, Heads

if TYPE_CHECKING:
    from sightline.store.matrix import Rows

# Bytes of vectors in memory, of all collections: half of what Lambda gives the function, or a
# gigabyte elsewhere. The collection in use always stays.
HELD = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")) * 2**20 // 2
READ_AT_ONCE = 4096  # log entries between two states that searches can see
CHASES = 5  # looks for the newer vectors of users that change while they are read


@dataclass(frozen=True, slots=True)
class Vectors:
    """All vectors of a collection as far as `heads`: of its faces, and of its users.

    A row may be dead: its face deleted, its user changed. The items tell.
    """

    uid: str
    heads: Heads
    faces: "Rows"
    users: "Rows"

    def cover(self, heads: Heads) -> bool:
        """Whether nothing that was written up to `heads` is lacking."""
        return all(mine >= theirs for mine, theirs in zip(self.heads, heads, strict=True))

    @property
    def size(self) -> int:
        return self.faces.size + self.users.size


@dataclass(slots=True)
class _Tail:
    """One collection's vectors; whoever holds the lock may replace them by longer ones."""

    vectors: Vectors
    lock: Lock = field(default_factory=Lock)


_tails: "OrderedDict[str, _Tail]" = OrderedDict()  # by collection id, the last used at the end
_using = Lock()


def vectors(collection: Collection) -> Vectors:
    """Every vector that was in the collection when it was read, and maybe newer ones."""
    tail = _tail(collection)
    if not tail.vectors.cover(log.heads(collection)):
        with tail.lock:
            _catch_up(tail, collection)
        _evict(collection.id)
    return tail.vectors


def held(collection_id: str) -> Vectors | None:
    """What this process has of the collection that it last knew under that id."""
    tail = _tails.get(collection_id)
    return None if tail is None else tail.vectors


def forget_vectors() -> None:
    """Drops all that is held, for a process that changes where its state lives."""
    with _using:
        _tails.clear()


def _tail(collection: Collection) -> _Tail:
    from sightline.store.matrix import no_rows  # noqa: PLC0415 - numpy, once a search needs it

    with _using:
        tail = _tails.get(collection.id)
        if tail is None or tail.vectors.uid != collection.uid:
            tail = _Tail(Vectors(collection.uid, (0,) * LANES, no_rows(), no_rows()))
            _tails[collection.id] = tail
        _tails.move_to_end(collection.id)
        return tail


def _catch_up(tail: _Tail, collection: Collection) -> None:
    """Reads the log as far as the collection says.

    A user's entry without a vector was written over by a newer one, perhaps after the heads were
    read; then they are read once more, so that a search never sees a user without its vector.
    """
    latest: Collection | None = collection
    for _ in range(CHASES):
        if latest is None or latest.uid != tail.vectors.uid:
            return
        if not _read_along(tail, log.heads(latest)):
            return
        latest, _items = collections.read(collection.id)


def _read_along(tail: _Tail, upto: Heads) -> bool:
    """Adds the entries that are lacking; says whether some user's vector was gone from one."""
    emptied, begun = False, tail.vectors
    ahead = tuple(map(max, upto, begun.heads))
    for some in table.chunks(log.entries(begun.uid, begun.heads, ahead), READ_AT_ONCE):
        tail.vectors = _extended(tail.vectors, some)
        emptied |= any(entry.user_id is not None and entry.vector is None for entry in some)
    return emptied


def _extended(held: Vectors, entries: tuple[Entry, ...]) -> Vectors:
    heads = list(held.heads)
    for entry in entries:
        heads[entry.place.lane] = entry.place.entry
    new_faces = [face for entry in entries for face in entry.faces.items()]
    new_users = [
        (entry.user_id, entry.vector)
        for entry in entries
        if entry.user_id is not None and entry.vector is not None
    ]
    return Vectors(
        held.uid,
        heads=tuple(heads),
        faces=held.faces.with_more([id_ for id_, _ in new_faces], [v for _, v in new_faces]),
        users=held.users.with_more([id_ for id_, _ in new_users], [v for _, v in new_users]),
    )


def _evict(used: str) -> None:
    """Drops the vectors of collections that were not searched for long, when there are too many."""
    with _using:
        total = sum(tail.vectors.size for tail in _tails.values())
        for collection_id in list(_tails):
            if total <= HELD:
                return
            if collection_id != used:
                total -= _tails.pop(collection_id).vectors.size
