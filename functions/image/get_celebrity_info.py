"""GetCelebrityInfo: name, links and known gender of a person of the operator's gallery."""

from typing import Any

from sightline.domain.celebrity_info import get_celebrity_info
from sightline.wire.operation import operation


@operation("GetCelebrityInfo")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return get_celebrity_info(request)
