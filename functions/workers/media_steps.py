"""The steps of jobs over manifests of images: a message with one step, from a queue."""

from typing import Any

from sightline.domain.media.steps import take
from sightline.store.media_queue import message_of
from sightline.wire.messages import handled
from sightline.wire.rules import rendered


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return handled("MediaSteps", event, context, lambda body: take(message_of(body), rendered))
