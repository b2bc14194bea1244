"""StartSegmentDetection: a job that finds shots and technical cues in a stored video."""

from typing import Any

from sightline.domain.video.start import start
from sightline.wire.operation import operation


@operation("StartSegmentDetection")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"JobId": start("SegmentDetection", request)}
