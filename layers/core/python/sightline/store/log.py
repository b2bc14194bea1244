"""The log of a collection: what changed, in the order of its lane, for searches to read along.

A lane's entries are numbered without a gap up to its head, and an entry and the new head are
written in one transaction. So the heads tell a search exactly which entries it lacks. Compaction
moves the entries at a lane's beginning into shards, up to the floor that the manifest names.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from random import SystemRandom
from typing import NamedTuple
from uuid import UUID

from sightline.store import asking, table
from sightline.store.collections import Collection, Lane, lane_key
from sightline.store.manifest import LANES
from sightline.store.table import Action, Item, Key, number, text

# Processes that start from one snapshot would draw the same lanes out of a seed that it holds.
CHANCE = SystemRandom()
ROW_PLACE = struct.Struct(">II")  # lane and entry
LONG = 256  # entries of a lane, and each time as many more: a search reads them in 0.1 s
READ_AT_ONCE = 3200  # entries: two batches for each of the table's threads

Heads = tuple[int, ...]  # the number of the last entry of each lane


class Place(NamedTuple):
    """Where an entry is: the number of its lane, and its own."""

    lane: int
    entry: int


class Row(NamedTuple):
    """A vector that came with an entry: whose (a face's id, or a user's digest), and the entry's
    place. No other row is ever the same.
    """

    id: UUID
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """Faces that came with one write, or one user's new vector (None: it has none, or a newer).

    `gone` are rows of faces that were deleted, or the one that the user had before.
    """

    place: Place
    faces: dict[str, bytes]
    user_id: str | None
    vector: bytes | None
    gone: tuple[Row, ...] = ()


def heads(collection: Collection) -> Heads:
    """How far each lane goes."""
    return tuple(lane.head for lane in collection.lanes)


def any_lane(collection: Collection) -> Lane:
    """The lane for the next write, by chance."""
    return CHANCE.choice(collection.lanes)


def next_place(lane: Lane) -> Place:
    """Where the next entry of a lane goes."""
    return Place(lane.number, lane.head + 1)


def append_faces(collection: Collection, lane: Lane, vectors: Mapping[str, bytes]) -> list[Action]:
    """Two actions that log new faces (id → vector) and count them."""
    named = {"M": {_name(face_id): {"B": vector} for face_id, vector in vectors.items()}}
    entry = table.keyed(_key(collection.uid, next_place(lane)), vectors=named)
    return [_new(entry), _advance(collection, lane, faces=len(vectors))]


def append_gone_faces(collection: Collection, lane: Lane, rows: Sequence[Row]) -> list[Action]:
    """Two actions that log that faces which a lane counts were deleted, and count them no more."""
    entry = table.keyed(_key(collection.uid, next_place(lane)), gone=_packed(rows))
    return [_new(entry), _advance(collection, lane, faces=-len(rows))]


def append_user(
    collection: Collection,
    lane: Lane,
    user_id: str,
    vector: bytes | None,
    gone: Row | None,
    users: int = 0,
) -> list[Action]:
    """Two actions that log a user's new vector, or that it has none any more, and change how many
    users the lane counts.
    """
    entry = table.keyed(
        _key(collection.uid, next_place(lane)),
        user_id=text(user_id),
        vector=None if vector is None else {"B": vector},
        gone=None if gone is None else _packed([gone]),
    )
    return [_new(entry), _advance(collection, lane, users=users)]


def count(collection: Collection, lane: int, *, faces: int = 0, users: int = 0) -> Action:
    """An action that changes a lane's counts; it fails once the collection is gone."""
    return table.update(
        lane_key(collection.id, lane),
        "SET faces = faces + :faces, members = members + :users",
        "uid = :uid",
        uid=text(collection.uid),
        faces=number(faces),
        users=number(users),
    )


def entries(uid: str, after: Heads, upto: Heads, at_once: int = READ_AT_ONCE) -> Iterator[Entry]:
    """The entries of each lane that come after `after`, as far as `upto`, in order; `at_once` of
    them are read together.

    A lane's last ones may be missing: the table shows the items of a transaction one by one.
    """
    lanes = enumerate(zip(after, upto, strict=True))
    places = chain.from_iterable(
        (Place(lane, entry) for entry in range(first + 1, last + 1))
        for lane, (first, last) in lanes
    )
    broken: set[int] = set()
    for some in table.chunks(places, at_once):
        found = table.read(_key(uid, place) for place in some)
        for place in some:
            item = found.get(_key(uid, place))
            if item is None:
                broken.add(place.lane)
            elif place.lane not in broken:
                yield _parse(place, item)


def remove_faces(collection: Collection, rows: Iterable[Row]) -> list[Action]:
    """Actions, one for each entry, that take the vectors of faces out of the log.

    Searches do not need this; it is for the people whose faces they were. What is in shards by now
    compaction takes out of those.
    """
    gone: dict[Place, list[str]] = {}
    for row in rows:
        if row.place.entry > collection.manifest.floors[row.place.lane]:
            gone.setdefault(row.place, []).append(f"vectors.{_name(str(row.id))}")
    return [
        table.update(
            _key(collection.uid, place), f"REMOVE {', '.join(paths)}", "attribute_exists(PK)"
        )
        for place, paths in gone.items()
    ]


def forget_user(uid: str, place: Place) -> None:
    """Takes a vector that a user no longer has out of the log, unless another write comes first."""
    table.write_each([table.update(_key(uid, place), "REMOVE vector", "attribute_exists(PK)")])


def forget_every(uid: str, user_id: str) -> None:
    """Takes every vector that a user ever had out of the log, also those that a function which
    died in between should have taken out; reads the whole log.
    """
    for lane in range(LANES):
        for item in table.query(f"LOG#{uid}#{lane}"):
            if item.get("user_id") == text(user_id) and "vector" in item:
                table.write_one(table.update(table.key_of(item), "REMOVE vector"))


def after(collection: Collection, lane: Lane) -> Lane:
    """A lane once its next entry is written; each time it is long, compaction is asked for."""
    longer = replace(lane, head=lane.head + 1)
    if longer.head % LONG == 0:
        asking.ask(collection.id, collection.uid)
    return longer


def drop(uid: str, floors: Heads) -> None:
    """Deletes the entries of each lane up to its floor."""
    for lane, floor in enumerate(floors):
        table.drop(_keys(uid, Place(lane, floor)))


def _keys(uid: str, last: Place) -> Iterator[Key]:
    """Of the entries of a lane up to a place."""
    partition, end = _key(uid, last)
    for item in table.query(partition, only=table.KEY):
        if table.key_of(item)[1] > end:
            return
        yield table.key_of(item)


def _new(entry: Item) -> Action:
    """An action that adds an entry; in a table that was restored there may be one already."""
    return table.put(entry, "attribute_not_exists(PK)")


def _advance(collection: Collection, lane: Lane, faces: int = 0, users: int = 0) -> Action:
    return table.update(
        lane_key(collection.id, lane.number),
        "SET head = :next, faces = faces + :faces, members = members + :users",
        "uid = :uid AND head = :head",
        uid=text(collection.uid),
        head=number(lane.head),
        next=number(lane.head + 1),
        faces=number(faces),
        users=number(users),
    )


def _packed(rows: Sequence[Row]) -> Item:
    """Rows as one attribute, 24 bytes each."""
    return {"B": b"".join(row.id.bytes + ROW_PLACE.pack(*row.place) for row in rows)}


def _unpacked(value: Item) -> tuple[Row, ...]:
    data = bytes(value["B"])
    return tuple(
        Row(UUID(bytes=data[at : at + 16]), Place(*ROW_PLACE.unpack_from(data, at + 16)))
        for at in range(0, len(data), 16 + ROW_PLACE.size)
    )


def _key(uid: str, place: Place) -> Key:
    return f"LOG#{uid}#{place.lane}", f"{place.entry:012d}"


def _name(face_id: str) -> str:
    """A face id as an attribute's name that needs no placeholder."""
    return "f" + face_id.replace("-", "")


def _parse(place: Place, item: Item) -> Entry:
    named = item.get("vectors", {"M": {}})["M"]
    return Entry(
        place,
        faces={_face_id(name): bytes(value["B"]) for name, value in named.items()},
        user_id=item["user_id"]["S"] if "user_id" in item else None,
        vector=bytes(item["vector"]["B"]) if "vector" in item else None,
        gone=_unpacked(item["gone"]) if "gone" in item else (),
    )


def _face_id(name: str) -> str:
    digits = name[1:]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
