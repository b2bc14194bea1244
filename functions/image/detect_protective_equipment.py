"""DetectProtectiveEquipment: helmets and masks of the people in an image."""

from typing import Any

from sightline.domain.photos import open_photo
from sightline.domain.protective_equipment import LIMITS, detect_protective_equipment
from sightline.wire.operation import operation


@operation("DetectProtectiveEquipment")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return detect_protective_equipment(open_photo(request["Image"], LIMITS), request)
