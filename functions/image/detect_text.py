"""DetectText: lines and words in one image."""

from typing import Any

from sightline.domain.photos import open_photo
from sightline.domain.text import LIMITS, detect_text
from sightline.wire.operation import operation


@operation("DetectText")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return detect_text(open_photo(request["Image"], LIMITS), request)
