"""Collections: their own items, their counts and tags, and how they come and go.

A collection is a META item, eight lanes and an entry in the list, written and deleted in one
transaction. Its random `uid` is part of the keys of all it holds, so that a collection made
anew under an old name never sees what the old one held.

A lane is a counter item that writers choose by chance, so that parallel ones seldom meet on one
item and none of the items gets hot: the number of its last log entry (`log.py`), and the counts
of the faces and users that were added through it.
"""

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

from sightline.errors import (
    ProvisionedThroughputExceededException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)
from sightline.store import manifest, shard_objects, table
from sightline.store.manifest import LANES, NO_SHARDS, Manifest
from sightline.store.table import Cancelled, Item, Key, number, text

LIST = "COLLECTIONS"
# A collection whose id begins with this is the service's own. No request can name one, for `#` is
# not among the characters of a CollectionId, and no listing shows one.
OWN = "#"
AFTER_OWN = "$"  # sorts after all of them, and before the characters of an id
NAME_IN_KEY = 120  # characters; with these a page token stays under the model's 255
SWEPT_AT_ONCE = 10_000  # items that one call may delete for collections that are gone


@dataclass(frozen=True, slots=True)
class Lane:
    """One of a collection's counter items."""

    number: int
    head: int  # number of the last log entry, 0 when there is none
    faces: int
    users: int


@dataclass(frozen=True, slots=True)
class Collection:
    """What a collection's own items say; `created` in seconds since 1970."""

    id: str
    uid: str
    created: float
    model: str
    tags: dict[str, str]
    lanes: tuple[Lane, ...]
    manifest: Manifest = NO_SHARDS

    @property
    def face_count(self) -> int:
        return sum(lane.faces for lane in self.lanes)

    @property
    def user_count(self) -> int:
        return sum(lane.users for lane in self.lanes)


def missing(collection_id: str) -> ResourceNotFoundException:
    """The error for a collection that is not there."""
    return ResourceNotFoundException(f"The collection id: {collection_id} does not exist")


def lane_key(collection_id: str, lane: int) -> Key:
    """Where a lane is."""
    return f"COLLECTION#{collection_id}", f"LANE#{lane}"


def partitions(uid: str) -> list[str]:
    """Every partition that holds items of a collection."""
    return [f"FACES#{uid}", f"USERS#{uid}", *(f"LOG#{uid}#{lane}" for lane in range(LANES))]


def create(collection_id: str, model: str, tags: dict[str, str]) -> Collection:
    """Makes an empty collection.

    Raises:
        ResourceAlreadyExistsException: there is one with that id.
    """
    lanes = tuple(Lane(lane, 0, 0, 0) for lane in range(LANES))
    made = Collection(collection_id, uuid4().hex, time.time(), model, tags, lanes)
    meta = table.keyed(
        _meta_key(collection_id),
        uid=text(made.uid),
        created=number(made.created),
        model=text(model),
        tags=_document(tags),
    )
    entry = table.keyed(
        (LIST, _list_name(collection_id)), collection_id=text(collection_id), model=text(model)
    )
    actions = [table.put(meta, "attribute_not_exists(PK)"), table.put(entry)]
    actions += [table.put(_lane_item(made, lane)) for lane in lanes]
    for _ in table.attempts():
        try:
            table.write(actions)
        except Cancelled:  # it exists, or it is being made or deleted at this moment
            if read(collection_id)[0] is not None:
                raise ResourceAlreadyExistsException(
                    f"The collection id: {collection_id} already exists"
                ) from None
        else:
            return made
    raise ProvisionedThroughputExceededException


def read(collection_id: str, keys: Iterable[Key] = ()) -> tuple[Collection | None, dict[Key, Item]]:
    """A collection, None when there is none, and in the same look the items with those keys.

    Raises:
        ProvisionedThroughputExceededException: it is made and deleted without a pause.
    """
    own = [_meta_key(collection_id), *(lane_key(collection_id, lane) for lane in range(LANES))]
    for _ in table.attempts():
        found = table.read([*own, *keys])
        items = [found.pop(key, None) for key in own]
        if items[0] is None:
            return None, found
        uid = items[0]["uid"]
        if all(item is not None and item["uid"] == uid for item in items):
            return _parse(collection_id, [item for item in items if item is not None]), found
    raise ProvisionedThroughputExceededException


def need(collection_id: str) -> Collection:
    """A collection that must be there.

    Raises:
        ResourceNotFoundException: it is not.
    """
    collection, _ = read(collection_id)
    if collection is None:
        raise missing(collection_id)
    return collection


def page(after: str | None, limit: int) -> list[tuple[str, tuple[str, str]]]:
    """Collections by ascending id, each as its sort key, and its id and face model version.

    The service's own are left out.
    """
    return [
        (item["SK"]["S"], (item["collection_id"]["S"], item["model"]["S"]))
        for item in table.query(LIST, after or AFTER_OWN, limit)
    ]


def delete(collection_id: str) -> None:
    """Deletes a collection at once, and then what it held, as far as one sweep goes.

    What is left has a tombstone, with which later sweeps go on.

    Raises:
        ResourceNotFoundException: there is none.
    """
    for _ in table.attempts():
        collection, _ = read(collection_id)
        if collection is None:
            raise missing(collection_id)
        actions = [
            table.delete(_meta_key(collection_id), "uid = :uid", uid=text(collection.uid)),
            table.delete((LIST, _list_name(collection_id))),
            *(table.delete(lane_key(collection_id, lane)) for lane in range(LANES)),
            table.put(table.keyed(("SWEEP", collection.uid))),
            shard_objects.tombstone(collection.uid),
        ]
        try:
            table.write(actions)
        except Cancelled:
            continue
        with suppress(ProvisionedThroughputExceededException):
            sweep()
        return
    raise ProvisionedThroughputExceededException


def sweep() -> bool:
    """Deletes what collections that are gone still hold, up to `SWEPT_AT_ONCE` items; whether there
    is more.
    """
    left = SWEPT_AT_ONCE
    for tombstone in list(table.query("SWEEP")):
        for partition in partitions(tombstone["SK"]["S"]):
            items = table.query(partition, limit=left, only=table.KEY)
            keys = [table.key_of(item) for item in items]
            table.drop(keys)
            left -= len(keys)
        if left <= 0:
            return True
        table.drop([table.key_of(tombstone)])
    return False


def retag(collection: Collection, tags: dict[str, str]) -> bool:
    """Gives a collection these tags in place of those it was read with.

    Returns:
        False when it changed meanwhile, and nothing was done.
    """
    action = table.update(
        _meta_key(collection.id),
        "SET tags = :new",
        "uid = :uid AND tags = :old",
        new=_document(tags),
        old=_document(collection.tags),
        uid=text(collection.uid),
    )
    try:
        table.write_one(action)
    except Cancelled:
        return False
    return True


def seal(collection: Collection, new: Manifest) -> bool:
    """Gives a collection a manifest in place of the one it was read with.

    Returns:
        False when it has another one by now, or is gone, and nothing was done.
    """
    had = collection.manifest.generation
    action = table.update(
        _meta_key(collection.id),
        "SET generation = :new, manifest = :manifest",
        "uid = :uid AND " + ("generation = :old" if had else "attribute_not_exists(generation)"),
        uid=text(collection.uid),
        new=number(had + 1),
        manifest=text(new.document()),
        **({"old": number(had)} if had else {}),
    )
    try:
        table.write_one(action)
    except Cancelled:
        return False
    return True


def _meta_key(collection_id: str) -> Key:
    return f"COLLECTION#{collection_id}", "META"


def _list_name(collection_id: str) -> str:
    """The id, or its beginning and a digest; `#` sorts before all characters of an id."""
    if len(collection_id) <= NAME_IN_KEY:
        return collection_id
    digest = sha256(collection_id.encode()).hexdigest()[:32]
    return f"{collection_id[:NAME_IN_KEY]}#{digest}"


def _document(tags: dict[str, str]) -> Item:
    """Tags as one string: conditions can compare it, and not every DynamoDB compares maps."""
    return text(json.dumps(tags, sort_keys=True))


def _lane_item(collection: Collection, lane: Lane) -> Item:
    return table.keyed(
        lane_key(collection.id, lane.number),
        uid=text(collection.uid),
        head=number(lane.head),
        faces=number(lane.faces),
        members=number(lane.users),
    )


def _parse(collection_id: str, items: list[Item]) -> Collection:
    meta, *lanes = items
    return Collection(
        id=collection_id,
        uid=meta["uid"]["S"],
        created=float(meta["created"]["N"]),
        model=meta["model"]["S"],
        tags=json.loads(meta["tags"]["S"]),
        manifest=manifest.parse(meta),
        lanes=tuple(
            Lane(
                lane,
                head=int(item["head"]["N"]),
                faces=int(item["faces"]["N"]),
                users=int(item["members"]["N"]),
            )
            for lane, item in enumerate(lanes)
        ),
    )
