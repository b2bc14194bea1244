"""StartContentModeration: a job that finds moderation labels in a stored video."""

from typing import Any

from sightline.domain.video.start import start
from sightline.wire.operation import operation


@operation("StartContentModeration")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"JobId": start("ContentModeration", request)}
