"""Faces of a collection: what is kept of each, and how they are added, listed and deleted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sightline.errors import ProvisionedThroughputExceededException, ServiceQuotaExceededException
from sightline.geometry import BoundingBox
from sightline.store import collections, log, table
from sightline.store.collections import Collection, Lane
from sightline.store.log import Place, Row
from sightline.store.table import Action, Cancelled, Item, Key, number, text

LIMIT = 20_000_000  # faces of a collection, the service's limit
ADDED_AT_ONCE = table.WRITTEN_AT_ONCE - 2  # beside the log entry and the lane
DELETED_AT_ONCE = ADDED_AT_ONCE // 2  # each may have a log entry of its own
NOWHERE = Place(0, 0)  # of a face that is not stored yet


@dataclass(frozen=True, slots=True)
class StoredFace:
    """A face of a collection.

    `vector` is 128 float32, little endian, of unit length; `confidence` 0 to 100; `place` is that
    of its log entry, and its lane counts it.
    """

    id: str
    image_id: str
    external_id: str | None
    box: BoundingBox
    confidence: float
    model: str
    vector: bytes
    user_id: str | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Deletion:
    """What became of the faces that were to be deleted; `tied` has the user of each."""

    deleted: list[str]
    tied: dict[str, str]
    unknown: list[str]


def key(uid: str, face_id: str) -> Key:
    """Where a face is."""
    return f"FACES#{uid}", face_id


def get(uid: str, face_ids: Iterable[str]) -> dict[str, StoredFace]:
    """Those of the faces that there are, by id."""
    found = table.read(key(uid, face_id) for face_id in face_ids)
    return {face_id: parse(item) for (_, face_id), item in found.items()}


def page(uid: str, after: str | None, limit: int) -> list[tuple[str, StoredFace]]:
    """Faces by ascending id, each with it."""
    return [
        (item["SK"]["S"], parse(item)) for item in table.query(f"FACES#{uid}", after or "", limit)
    ]


def add(collection: Collection, faces: Sequence[StoredFace]) -> list[StoredFace]:
    """Adds faces, and gives back all as they are stored; one that is there already stays as it is.

    Raises:
        ResourceNotFoundException: the collection is gone.
        ServiceQuotaExceededException: it is full.
        ProvisionedThroughputExceededException: too many write at the same time.
    """
    stored: dict[str, StoredFace] = {}
    for _ in table.attempts():
        lacking = {face.id: face for face in faces if face.id not in stored}
        fresh, found = collections.read(
            collection.id, (key(collection.uid, id_) for id_ in lacking)
        )
        if fresh is None or fresh.uid != collection.uid:
            raise collections.missing(collection.id)
        stored |= {face_id: parse(item) for (_, face_id), item in found.items()}
        new = [face for face in lacking.values() if face.id not in stored]
        if fresh.face_count + len(new) > LIMIT:
            raise ServiceQuotaExceededException(f"The collection id: {collection.id} is full")
        stored |= _add_some(fresh, new[:ADDED_AT_ONCE])
        if all(face.id in stored for face in faces):
            return [stored[face.id] for face in faces]
    raise ProvisionedThroughputExceededException


def _add_some(collection: Collection, faces: Sequence[StoredFace]) -> dict[str, StoredFace]:
    """One transaction; gives back the faces as stored, none when another write came first."""
    if not faces:
        return {}
    lane = log.any_lane(collection)
    placed = {face.id: replace(face, place=log.next_place(lane)) for face in faces}
    actions = [
        table.put(_item(collection.uid, face), "attribute_not_exists(PK)")
        for face in placed.values()
    ]
    actions += log.append_faces(collection, lane, {face.id: face.vector for face in faces})
    try:
        table.write(actions)
    except Cancelled:
        return {}
    log.after(collection, lane)
    return placed


def delete(collection_id: str, face_ids: Sequence[str]) -> Deletion:
    """Deletes faces with their vectors, but none that is tied to a user.

    Raises:
        ResourceNotFoundException: there is no such collection.
        ProvisionedThroughputExceededException: too many write at the same time.
    """
    wanted = list(dict.fromkeys(face_ids))
    gone: set[str] = set()
    tries = table.attempts()
    while next(tries, None) is not None:
        collection = collections.need(collection_id)
        there = get(collection.uid, (face_id for face_id in wanted if face_id not in gone))
        tied = {face.id: face.user_id for face in there.values() if face.user_id is not None}
        free = [face for face in there.values() if face.user_id is None]
        done = _delete_free(collection, free)
        gone |= {face.id for face in done}
        if done:  # writers that took the lanes meanwhile are no reason to give up
            tries = table.attempts()
        if len(done) == len(free):
            return Deletion(
                deleted=[face_id for face_id in wanted if face_id in gone],
                tied=tied,
                unknown=[face_id for face_id in wanted if face_id not in {*gone, *there}],
            )
    raise ProvisionedThroughputExceededException


def _delete_free(collection: Collection, faces: Iterable[StoredFace]) -> list[StoredFace]:
    """Deletes faces in transactions of one lane each; gives back those that it could."""
    by_lane: dict[int, list[StoredFace]] = {}
    for face in faces:
        by_lane.setdefault(face.place.lane, []).append(face)
    gone: list[StoredFace] = []
    for number_, those in by_lane.items():
        lane = collection.lanes[number_]
        for some in table.chunks(those, DELETED_AT_ONCE):
            try:
                table.write(_deletions(collection, lane, some))
            except Cancelled:
                break  # the lane's head may be another now
            lane = log.after(collection, lane)
            gone += some
    return gone


def _deletions(collection: Collection, lane: Lane, faces: Sequence[StoredFace]) -> list[Action]:
    """Actions that delete faces of a lane, each as it was read, and log and count that."""
    actions = [
        table.delete(
            key(collection.uid, face.id),
            "lane = :lane AND seq = :seq AND attribute_not_exists(user_id)",
            lane=number(face.place.lane),
            seq=number(face.place.entry),
        )
        for face in faces
    ]
    rows = [Row(UUID(face.id), face.place) for face in faces]
    actions += log.remove_faces(collection, rows)
    return actions + log.append_gone_faces(collection, lane, rows)


def _item(uid: str, face: StoredFace) -> Item:
    box = (face.box.left, face.box.top, face.box.width, face.box.height)
    return table.keyed(
        key(uid, face.id),
        image_id=text(face.image_id),
        external_id=None if face.external_id is None else text(face.external_id),
        box={"L": [number(ratio) for ratio in box]},
        confidence=number(face.confidence),
        model=text(face.model),
        vector={"B": face.vector},
        lane=number(face.place.lane),
        seq=number(face.place.entry),
    )


def parse(item: Item) -> StoredFace:
    """A face's item."""
    return StoredFace(
        id=item["SK"]["S"],
        image_id=item["image_id"]["S"],
        external_id=item["external_id"]["S"] if "external_id" in item else None,
        box=BoundingBox(*(float(ratio["N"]) for ratio in item["box"]["L"])),
        confidence=float(item["confidence"]["N"]),
        model=item["model"]["S"],
        vector=bytes(item["vector"]["B"]),
        user_id=item["user_id"]["S"] if "user_id" in item else None,
        place=Place(int(item["lane"]["N"]), int(item["seq"]["N"])),
    )
