"""Jobs over manifests that cannot be finished: their messages that failed time and again."""

from typing import Any

from sightline.domain.media.endings import give_up
from sightline.store.media_queue import message_of
from sightline.wire.messages import handled


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return handled("MediaFailures", event, context, lambda body: give_up(message_of(body)))
