"""FindPhotos: uploaded photos by what was seen on them."""

from typing import Any

from sightline.domain.findings import Wanted, find, photo
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after

PAGE = 100  # photos where the caller leaves it open


@operation("FindPhotos")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    wanted = Wanted(
        request["Kind"], request.get("Name"), request.get("Bucket"), request.get("Prefix", "")
    )
    after = start_of("FindPhotos", request)
    page = find(wanted, after or "", request.get("MaxResults", PAGE))
    return {
        "Photos": [photo(entry) for entry in page.entries],
        "NextToken": token_after("FindPhotos", request, page.last),
    }
