"""Where a search finds vectors: in the shards of a collection, and in the tail: the log above them.

The tail is held in memory and read along; shards are opened as they are needed. Both together are
all that was in the collection when its own items were read, whatever compaction does meanwhile.
"""

import os
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from sightline.store import asking, collections, fan_out, log, opened, salvage, table
from sightline.store.collections import Collection
from sightline.store.fan_out import RemoteRanking
from sightline.store.log import Entry, Heads
from sightline.store.manifest import Manifest, Sealed, Whose
from sightline.store.users import digest

if TYPE_CHECKING:
    from sightline.store.matrix import Rows
    from sightline.store.rankings import Ranking

# Bytes of tails in memory, of all collections: a quarter of what Lambda gives the function, or half
# a gigabyte elsewhere. The collection in use always stays.
HELD = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")) * 2**20 // 4
READ_AT_ONCE = 4096  # log entries between two states that searches can see
CHASES = 5  # looks for what changes while it is read


class Moved(Exception):
    """The collection has other shards by now: the search begins anew."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """All vectors of a collection as far as `heads`: of its faces, and of its users.

    A row may be dead: its face deleted, its user changed. The items tell.
    """

    collection_id: str
    uid: str
    manifest: Manifest
    heads: Heads
    faces: "Rows"  # of the tail; so are the users
    users: "Rows"

    def cover(self, collection: Collection) -> bool:
        """Whether nothing that was written when the collection was read is lacking."""
        ours, theirs = self.manifest.generation, collection.manifest.generation
        return ours >= theirs and all(map(int.__ge__, self.heads, log.heads(collection)))

    @property
    def size(self) -> int:
        return self.faces.size + self.users.size

    def is_here(self, whose: Whose) -> bool:
        """Whether a ranking needs nothing from elsewhere."""
        return all(opened.has(shard) for shard in self._with_rows(whose))

    def _with_rows(self, whose: Whose) -> tuple[Sealed, ...]:
        return tuple(shard for shard in self.manifest.of(whose) if shard.rows)

    def tail(self, whose: Whose) -> "Rows":
        """Those of the log."""
        return self.faces if whose == "faces" else self.users

    def ranking(self, whose: Whose, query: bytes, least: float) -> "Ranking":
        """The rows by their cosine with a unit vector, those with `least` or more.

        Raises:
            Moved: the shards were replaced meanwhile.
            ThrottlingException: S3 asks to slow down, or the shards are being mended.
        """
        from sightline.store.rankings import Together  # noqa: PLC0415 - numpy, as below

        tail = self.tail(whose).ranking(query, least)
        shards = self._with_rows(whose)
        if not shards:
            return tail
        if opened.fits(shards) or not fan_out.is_there():
            return Together([tail, *self._here(whose, shards, query, least)])
        from sightline.store.shard_rows import ERROR  # noqa: PLC0415

        groups = [
            RemoteRanking(self.uid, group, query, least, ERROR, self._lost)
            for group in fan_out.groups(shards)
        ]
        return Together([tail, *groups])

    def _here(
        self, whose: Whose, shards: tuple[Sealed, ...], query: bytes, least: float
    ) -> "list[Ranking]":
        from sightline.store.rankings import shard_ranking  # noqa: PLC0415
        from sightline.store.shard import DamagedShard  # noqa: PLC0415
        from sightline.store.shard_download import MissingShard  # noqa: PLC0415

        try:
            found = [opened.shard(self.uid, each) for each in shards]
        except (MissingShard, DamagedShard):
            self._lost()
            return [salvage.rows(self.uid, self.manifest, whose).ranking(query, least)]
        return [shard_ranking(shard, query, least) for shard in found]

    def _lost(self) -> None:
        """Has a shard that is missing or damaged mended, unless it was replaced meanwhile.

        Raises:
            Moved: it was.
        """
        latest, _ = collections.read(self.collection_id)
        if latest is None or latest.uid != self.uid or latest.manifest != self.manifest:
            raise Moved
        now = time.monotonic()
        if now >= _asked.get(self.uid, 0):  # not for each search that comes until it is mended
            _asked[self.uid] = now + opened.BELIEVED
            asking.ask(self.collection_id, self.uid, rebuild=True)


@dataclass(slots=True)
class _Tail:
    """One collection's vectors; whoever holds the lock may replace them by longer ones."""

    vectors: Vectors
    lock: Lock = field(default_factory=Lock)


_tails: "OrderedDict[str, _Tail]" = OrderedDict()  # by collection id, the last used at the end
_using = Lock()
_asked: dict[str, float] = {}  # by a collection's uid, until when mending is under way


def vectors(collection: Collection) -> Vectors:
    """Every vector that was in the collection when it was read, and maybe newer ones."""
    tail = _tail(collection)
    if not tail.vectors.cover(collection):
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
        _asked.clear()
    opened.forget()
    salvage.forget()


def _tail(collection: Collection) -> _Tail:
    with _using:
        tail = _tails.get(collection.id)
        if tail is None or tail.vectors.uid != collection.uid:
            tail = _Tail(_no_tail(collection))
            _tails[collection.id] = tail
        _tails.move_to_end(collection.id)
        return tail


def _no_tail(collection: Collection) -> Vectors:
    """What the shards hold."""
    from sightline.store.matrix import no_rows  # noqa: PLC0415 - numpy, once a search needs it

    manifest = collection.manifest
    return Vectors(collection.id, collection.uid, manifest, manifest.floors, no_rows(), no_rows())


def _catch_up(tail: _Tail, collection: Collection) -> None:
    """Reads the log as far as the collection says.

    A user's entry without a vector was written over by a newer one, perhaps after the heads were
    read, and an entry that is not there may be in a shard by now; then the collection is read once
    more, so that a search never sees a user without its vector, or less than there was.
    """
    latest: Collection | None = collection
    for _ in range(CHASES):
        if latest is None or latest.uid != tail.vectors.uid:
            return
        if latest.manifest.generation > tail.vectors.manifest.generation:
            tail.vectors = _no_tail(latest)
        if _read_along(tail, log.heads(latest)):
            return
        latest, _items = collections.read(collection.id)


def _read_along(tail: _Tail, upto: Heads) -> bool:
    """Adds the entries that are lacking; says whether all was there, and of users the newest."""
    emptied, begun = False, tail.vectors
    ahead = tuple(map(max, upto, begun.heads))
    for some in table.chunks(log.entries(begun.uid, begun.heads, ahead), READ_AT_ONCE):
        tail.vectors = _extended(tail.vectors, some)
        emptied |= any(entry.user_id is not None and entry.vector is None for entry in some)
    return tail.vectors.heads == ahead and not emptied


def _extended(held: Vectors, entries: tuple[Entry, ...]) -> Vectors:
    heads = list(held.heads)
    for entry in entries:
        heads[entry.place.lane] = entry.place.entry
    new_faces = [face for entry in entries for face in entry.faces.items()]
    new_users = [
        (str(digest(held.uid, entry.user_id)), entry.vector)
        for entry in entries
        if entry.user_id is not None and entry.vector is not None
    ]
    return replace(
        held,
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
