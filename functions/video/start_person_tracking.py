"""StartPersonTracking: a job that finds persons and their ways in a stored video."""

from typing import Any

from sightline.domain.video.start import start
from sightline.wire.operation import operation


@operation("StartPersonTracking")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"JobId": start("PersonTracking", request)}
