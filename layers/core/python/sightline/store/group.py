"""The search of a group of shards for another function; see `fan_out`."""

import base64
from typing import Any

from sightline.store import opened
from sightline.store.manifest import Sealed
from sightline.store.rankings import Together, shard_ranking
from sightline.store.shard import DamagedShard
from sightline.store.shard_download import MissingShard


def search(asked: dict[str, Any]) -> dict[str, Any]:
    """The best rows of the group as `best`, each its id and cosine; `lost` if a shard is."""
    query = base64.b64decode(asked["query"])
    try:
        shards = [opened.shard(asked["uid"], Sealed(**each)) for each in asked["shards"]]
    except (DamagedShard, MissingShard):
        return {"lost": True, "best": []}
    parts = [shard_ranking(shard, query, asked["least"]) for shard in shards]
    return {"lost": False, "best": Together(parts).best(asked["most"])}
