"""Shards that are too many for one process are searched here; functions that search invoke it."""

from typing import Any

from sightline.metrics import measured
from sightline.store import group


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    with measured("SearchShards"):
        return group.search(event)
