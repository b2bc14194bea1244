"""StartLabelDetection: a job that finds labels in a stored video."""

from typing import Any

from sightline.domain.video.start import start
from sightline.wire.operation import operation


@operation("StartLabelDetection")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"JobId": start("LabelDetection", request)}
