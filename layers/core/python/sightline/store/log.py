"""The log of a collection: every vector in the order of its lane, for searches to read along.

A lane's entries are numbered without a gap up to its head, and an entry and the new head are
written in one transaction. So the heads tell a search exactly which entries it lacks.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from random import SystemRandom
from typing import NamedTuple

from sightline.store import table
from sightline.store.collections import LANES, Collection, Lane, lane_key
from sightline.store.table import Action, Item, Key, number, text

# Processes that start from one snapshot would draw the same lanes out of a seed that it holds.
CHANCE = SystemRandom()
READ_AT_ONCE = 3200  # entries: two batches for each of the table's threads

Heads = tuple[int, ...]  # the number of the last entry of each lane


class Place(NamedTuple):
    """Where an entry is: the number of its lane, and its own."""

    lane: int
    entry: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Faces that came with one write, or one user's new vector (None: it has none, or a newer)."""

    place: Place
    faces: dict[str, bytes]
    user_id: str | None
    vector: bytes | None


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
    return [table.put(entry), _advance(collection, lane, faces=len(vectors))]


def append_user(
    collection: Collection, lane: Lane, user_id: str, vector: bytes | None
) -> list[Action]:
    """Two actions that log a user's new vector, or that it has none any more."""
    entry = table.keyed(
        _key(collection.uid, next_place(lane)),
        user_id=text(user_id),
        vector=None if vector is None else {"B": vector},
    )
    return [table.put(entry), _advance(collection, lane)]


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


def entries(uid: str, after: Heads, upto: Heads) -> Iterator[Entry]:
    """The entries of each lane that come after `after`, as far as `upto`, in order.

    A lane's last ones may be missing: the table shows the items of a transaction one by one.
    """
    lanes = enumerate(zip(after, upto, strict=True))
    places = chain.from_iterable(
        (Place(lane, entry) for entry in range(first + 1, last + 1))
        for lane, (first, last) in lanes
    )
    broken: set[int] = set()
    for some in table.chunks(places, READ_AT_ONCE):
        found = table.read(_key(uid, place) for place in some)
        for place in some:
            item = found.get(_key(uid, place))
            if item is None:
                broken.add(place.lane)
            elif place.lane not in broken:
                yield _parse(place, item)


def remove_faces(uid: str, faces: Iterable[tuple[Place, str]]) -> list[Action]:
    """Actions, one for each entry, that take the vectors of faces out of the log.

    Searches do not need this; it is for the people whose faces they were.
    """
    gone: dict[Place, list[str]] = {}
    for place, face_id in faces:
        gone.setdefault(place, []).append(f"vectors.{_name(face_id)}")
    return [
        table.update(_key(uid, place), f"REMOVE {', '.join(paths)}", "attribute_exists(PK)")
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


def _advance(collection: Collection, lane: Lane, faces: int = 0) -> Action:
    return table.update(
        lane_key(collection.id, lane.number),
        "SET head = :next, faces = faces + :faces",
        "uid = :uid AND head = :head",
        uid=text(collection.uid),
        head=number(lane.head),
        next=number(lane.head + 1),
        faces=number(faces),
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
    )


def _face_id(name: str) -> str:
    digits = name[1:]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
