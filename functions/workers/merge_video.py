"""A video job's last step: the result is put together; a queue starts it."""

from typing import Any

from sightline.domain.video.merge import merge
from sightline.wire.messages import handled


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return handled("MergeVideo", event, context, lambda message: merge(message["job"]))
