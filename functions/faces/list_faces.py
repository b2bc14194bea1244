"""ListFaces: what a collection keeps of its faces."""

from typing import Any

from sightline.domain import collections, faces, pages
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("ListFaces")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    after = start_of("ListFaces", request)
    size = pages.size(request.get("MaxResults"))
    collection = collections.need(request["CollectionId"])
    page = faces.page(collection, after, size, request.get("UserId"), request.get("FaceIds"))
    return {
        "Faces": [faces.face(stored) for stored in page.entries],
        "NextToken": token_after("ListFaces", request, page.last),
        "FaceModelVersion": collection.model,
    }
