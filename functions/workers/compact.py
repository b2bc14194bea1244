"""Logs of collections are moved into shards; a queue starts it, and a schedule looks at all."""

import time
from typing import Any

from sightline.metrics import measured
from sightline.store import asking, compaction
from sightline.wire.messages import handled

# Seconds after which another call goes on: the last round, which may merge large shards, has as
# long as is left of Lambda's 900.
ENOUGH = 500


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    if "Records" in event:
        return handled("Compact", event, context, _collection)
    with measured("Compact"):
        compaction.ask_all()
    return None


def _collection(message: dict[str, Any]) -> None:
    which = message["collection_id"], message["uid"]
    started = time.monotonic()
    more = compaction.compact(*which, rebuild=message.get("rebuild", False))
    while more:
        if time.monotonic() > started + ENOUGH:
            return asking.ask(*which)
        more = compaction.compact(*which)
    return None
