"""Users of a collection: one face vector for several faces of a person.

The sort key of a user is a digest of its id, so that a listing is in the order of keys that the
system made, as the service's is. Every write gives the item a new stamp, which the next one names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from sightline.store import faces, log, table
from sightline.store.collections import Collection
from sightline.store.log import Place, Row
from sightline.store.table import Action, Item, Key, number, text

LIMIT = 10_000_000  # users of a collection, the service's default quota
FACES = 100  # faces of a user, the service's limit
TIED_AT_ONCE = table.WRITTEN_AT_ONCE - 4  # beside the user, its log entry, the lane and the token


@dataclass(frozen=True, slots=True)
class User:
    """A user; `vector` is None as long as it has no face, `lane` is the one that counts it."""

    id: str
    stamp: str
    lane: int
    face_ids: tuple[str, ...] = ()
    vector: bytes | None = None
    updating: bool = False
    place: Place | None = None  # of the log entry with the vector

    @property
    def status(self) -> str:
        """The service's `UserStatus`."""
        if self.updating:
            return "UPDATING"
        return "ACTIVE" if self.face_ids else "CREATED"


@dataclass(frozen=True, slots=True)
class Change:
    """Faces that a user gets or loses in one transaction, and what it is then."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    vector: bytes | None
    updating: bool

    def faces_after(self, user: User) -> tuple[str, ...]:
        """The user's faces afterwards, oldest first."""
        kept = [face_id for face_id in user.face_ids if face_id not in self.removed]
        return tuple(dict.fromkeys([*kept, *self.added]))


def digest(uid: str, user_id: str) -> UUID:
    """What rows of vectors and keys call a user."""
    return uuid5(UUID(uid), user_id)


def key(uid: str, user_id: str) -> Key:
    """Where a user is."""
    return key_of_digest(uid, digest(uid, user_id))


def key_of_digest(uid: str, digest: UUID) -> Key:
    """The same, by its digest."""
    return f"USERS#{uid}", digest.hex


def page(uid: str, after: str | None, limit: int) -> list[tuple[str, User]]:
    """Users by ascending sort key, each with that key."""
    return [
        (item["SK"]["S"], parse(item)) for item in table.query(f"USERS#{uid}", after or "", limit)
    ]


def get(uid: str, user_ids: Iterable[str]) -> dict[str, User]:
    """Those of the users that there are, by id."""
    found = table.read(key(uid, user_id) for user_id in user_ids)
    return {user.id: user for user in map(parse, found.values())}


def create(collection: Collection, user_id: str, also: Sequence[Action]) -> None:
    """Makes a user without faces, and does what else the call needs.

    Raises:
        Cancelled: another write came first; the first reason is that of the user.
    """
    lane = log.any_lane(collection)
    user = User(user_id, uuid4().hex, lane.number)
    table.write(
        [
            table.put(_item(collection.uid, user), "attribute_not_exists(PK)"),
            log.count(collection, lane.number, users=1),
            *also,
        ]
    )


def change(collection: Collection, user: User, new: Change, also: Sequence[Action]) -> None:
    """Ties faces to a user or releases them, all or none, and does what else the call needs.

    Raises:
        Cancelled: another write came first.
    """
    lane = log.any_lane(collection)
    changed = User(
        id=user.id,
        stamp=uuid4().hex,
        lane=user.lane,
        face_ids=new.faces_after(user),
        vector=new.vector,
        updating=new.updating,
        place=log.next_place(lane),
    )
    mine = text(user.id)
    table.write(
        [
            table.put(_item(collection.uid, changed), "stamp = :stamp", stamp=text(user.stamp)),
            *_tie(collection.uid, new.added, mine),
            *_release(collection.uid, new.removed, mine),
            *log.append_user(collection, lane, user.id, new.vector, _row(collection.uid, user)),
            *also,
        ]
    )
    log.after(collection, lane)
    _forget(collection, user)


def delete(collection: Collection, user: User, also: Sequence[Action]) -> None:
    """Releases a user's faces and deletes it, and does what else the call needs.

    Raises:
        Cancelled: another write came first.
    """
    lane = collection.lanes[user.lane]
    row = _row(collection.uid, user)
    table.write(
        [
            table.delete(key(collection.uid, user.id), "stamp = :stamp", stamp=text(user.stamp)),
            *_release(collection.uid, user.face_ids, text(user.id)),
            *log.append_user(collection, lane, user.id, None, row, users=-1),
            *also,
        ]
    )
    log.after(collection, lane)
    _forget(collection, user)


def _tie(uid: str, face_ids: Iterable[str], user: Item) -> list[Action]:
    free = "attribute_exists(PK) AND attribute_not_exists(user_id)"
    return [
        table.update(faces.key(uid, face_id), "SET user_id = :user", free, user=user)
        for face_id in face_ids
    ]


def _release(uid: str, face_ids: Iterable[str], user: Item) -> list[Action]:
    return [
        table.update(faces.key(uid, face_id), "REMOVE user_id", "user_id = :user", user=user)
        for face_id in face_ids
    ]


def _row(uid: str, user: User) -> Row | None:
    """The row with the user's vector."""
    if user.place is None or user.vector is None:
        return None
    return Row(digest(uid, user.id), user.place)


def _forget(collection: Collection, user: User) -> None:
    """The vector that a user no longer has leaves the log."""
    if user.place is not None:
        log.forget_user(collection.uid, user.place)


def _item(uid: str, user: User) -> Item:
    return table.keyed(
        key(uid, user.id),
        user_id=text(user.id),
        stamp=text(user.stamp),
        lane=number(user.lane),
        face_ids={"L": [text(face_id) for face_id in user.face_ids]},
        vector=None if user.vector is None else {"B": user.vector},
        updating={"BOOL": user.updating},
        log_lane=None if user.place is None else number(user.place.lane),
        log_entry=None if user.place is None else number(user.place.entry),
    )


def parse(item: Item) -> User:
    """A user's item."""
    logged = "log_lane" in item
    return User(
        id=item["user_id"]["S"],
        stamp=item["stamp"]["S"],
        lane=int(item["lane"]["N"]),
        face_ids=tuple(value["S"] for value in item["face_ids"]["L"]),
        vector=bytes(item["vector"]["B"]) if "vector" in item else None,
        updating=item["updating"]["BOOL"],
        place=Place(int(item["log_lane"]["N"]), int(item["log_entry"]["N"])) if logged else None,
    )
