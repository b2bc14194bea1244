"""ListCollections: the ids of all collections."""

from typing import Any

from sightline.domain import collections, pages
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("ListCollections")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    after = start_of("ListCollections", request)
    page = collections.page(after, pages.size(request.get("MaxResults")))
    return {
        "CollectionIds": [collection_id for collection_id, _ in page.entries],
        "FaceModelVersions": [model for _, model in page.entries],
        "NextToken": token_after("ListCollections", request, page.last),
    }
