"""DetectLabels: what one image shows, and what the picture is like."""

from typing import Any

from sightline.domain.labels import LIMITS, detect_labels
from sightline.domain.photos import open_photo
from sightline.wire.operation import operation


@operation("DetectLabels")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return detect_labels(open_photo(request["Image"], LIMITS), request)
