"""ListUsers: the users of a collection."""

from typing import Any

from sightline.domain import collections, users
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("ListUsers")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    after = start_of("ListUsers", request)
    collection = collections.need(request["CollectionId"])
    page = users.page(collection, after, request.get("MaxResults", users.PAGE))
    return {
        "Users": [{"UserId": user.id, "UserStatus": user.status} for user in page.entries],
        "NextToken": token_after("ListUsers", request, page.last),
    }
