"""StartTextDetection: a job that finds text in a stored video."""

from typing import Any

from sightline.domain.video.start import start
from sightline.wire.operation import operation


@operation("StartTextDetection")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"JobId": start("TextDetection", request)}
