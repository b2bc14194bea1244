"""Compaction: what is at the beginning of a collection's log moves into shards.

    read the log → write a shard of it and of the shards that are not much larger → keep it as an
    object → swap the manifest → delete what the manifest does not name any more

Until the swap nothing is changed that anyone reads; after it, what is left to delete is found
again by the next one. So it may die anywhere, come twice, or run twice at a time: the one whose
manifest comes second takes back what it made.
"""

import time

from sightline.errors import ServiceError
from sightline.store import asking, collections, log, shard_objects, table
from sightline.store.collections import Collection
from sightline.store.log_batch import read
from sightline.store.manifest import BOTH, Manifest, Whose
from sightline.store.sealing import Sealing
from sightline.store.shard import DamagedShard
from sightline.store.shard_download import MissingShard

DUE = 1024  # log entries; as many are read by a search in half a second
ROUND = 200_000  # vectors of one compaction: 0.5 GB in memory
PURGED = 0.05  # of the rows of shards: with more that are gone, these are written without them
# Seconds that what says who is gone may stay in the log, and then as long until the vector leaves
# the shard: together a day.
KEPT = 12 * 3600


def compact(collection_id: str, uid: str, *, rebuild: bool = False) -> bool:
    """Moves what is in the log into shards, if it is enough, and cleans up behind others.

    Args:
        collection_id: the collection's id.
        uid: its own; where another has that id by now, nothing is done.
        rebuild: whether to look for damaged shards, and write them anew from the items.

    Returns:
        Whether the manifest was swapped; then there may be more to do.
    """
    collection, _ = collections.read(collection_id)
    if collection is None or collection.uid != uid:
        return False
    log.drop(uid, collection.manifest.floors)
    _drop_orphans(collection)
    try:
        if rebuild:
            return _rebuild(collection)
        return is_due(collection) and _seal_log(collection)
    except (DamagedShard, MissingShard):
        latest, _ = collections.read(collection_id)
        if latest is None or latest.manifest != collection.manifest:
            return False  # another compaction took it away
        return _rebuild(collection)


def is_due(collection: Collection) -> bool:
    """Whether the log is long, or someone's vector should not stay in a shard any longer."""
    floors, heads = collection.manifest.floors, log.heads(collection)
    length = sum(heads) - sum(floors)
    waits = collection.manifest.shards and collection.manifest.swapped < time.time() - KEPT
    if length >= DUE or (length and waits):
        return True
    return any(_is_to_purge(collection.manifest, whose) for whose in BOTH)


def ask_all() -> None:
    """Asks for the compaction of every collection that is due, and cleans up where none is.

    Raises:
        ProvisionedThroughputExceededException, ThrottlingException: some were not looked at.
    """
    failure: ServiceError | None = None
    for item in table.query(collections.LIST):
        try:
            _look_at(item["collection_id"]["S"])
        except ServiceError as error:  # the others come first
            failure = error
    if failure is not None:
        raise failure


def _look_at(collection_id: str) -> None:
    collection, _ = collections.read(collection_id)
    if collection is None:
        return
    if is_due(collection):
        asking.ask(collection.id, collection.uid)
    elif collection.manifest.generation:
        _drop_orphans(collection)


def _drop_orphans(collection: Collection) -> None:
    named = {shard.name for shard in collection.manifest.shards}
    shard_objects.drop_orphans(collection.uid, named)


def _seal_log(collection: Collection) -> bool:
    floors, batches = read(collection, ROUND)
    purges = {whose: _is_to_purge(collection.manifest, whose) for whose in BOTH}
    if floors == collection.manifest.floors and not any(purges.values()):
        return False  # the next entries do not show yet
    with Sealing(collection, floors) as sealing:
        for whose, batch in batches.items():
            purge = purges[whose]
            if batch.rows or batch.gone or purge:
                sealing.add(whose, batch, purge=purge)
        return sealing.finish()


def _rebuild(collection: Collection) -> bool:
    """Writes the shards of faces, or users, anew if one of them is damaged or missing."""
    with Sealing(collection, collection.manifest.floors) as sealing:
        broken = [whose for whose in BOTH if not sealing.is_sound(whose)]
        for whose in broken:
            sealing.rebuild(whose, ROUND)
        return bool(broken) and sealing.finish()


def _is_to_purge(manifest: Manifest, whose: Whose) -> bool:
    """Whether the rows that are gone are many or old."""
    shards = manifest.of(whose)
    gone = [shard for shard in shards if shard.gone]
    many = sum(shard.gone for shard in gone) > PURGED * sum(shard.rows for shard in shards)
    return bool(gone) and (many or any(shard.since < time.time() - KEPT for shard in gone))
