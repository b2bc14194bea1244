"""RecognizeCelebrities: people of the operator's gallery in one image."""

from typing import Any

from sightline.domain.celebrities import LIMITS, recognize_celebrities
from sightline.domain.photos import open_photo
from sightline.wire.operation import operation


@operation("RecognizeCelebrities")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return recognize_celebrities(open_photo(request["Image"], LIMITS), request)
