"""DetectModerationLabels: content of an image that some people should not see."""

from typing import Any

from sightline.domain.moderation import LIMITS, detect_moderation_labels
from sightline.domain.photos import open_photo
from sightline.wire.operation import operation


@operation("DetectModerationLabels")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return detect_moderation_labels(open_photo(request["Image"], LIMITS), request)
