"""Logs of collections are moved into shards; a queue starts it, and a schedule looks at all."""

from typing import Any

from sightline.metrics import measured
from sightline.store import asking, compaction
from sightline.wire.messages import handled


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    if "Records" in event:
        return handled("Compact", event, context, _collection)
    with measured("Compact"):
        compaction.ask_all()
    return None


def _collection(message: dict[str, Any]) -> None:
    collection_id, uid = message["collection_id"], message["uid"]
    if compaction.compact(collection_id, uid, rebuild=message.get("rebuild", False)):
        asking.ask(collection_id, uid)  # there may be more
