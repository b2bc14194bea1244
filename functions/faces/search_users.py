"""SearchUsers: the users of a collection that are like a face or another user of it."""

from typing import Any

from sightline.domain import search
from sightline.errors import InvalidParameterException
from sightline.wire.operation import operation


@operation("SearchUsers")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    face_id, user_id = request.get("FaceId"), request.get("UserId")
    if (face_id is None) == (user_id is None):
        raise InvalidParameterException("Exactly one of FaceId and UserId should be given.")
    wish = search.Wish.for_users(request)
    probe = search.Probe(face_id=face_id, user_id=user_id)
    collection, matches = search.search(request["CollectionId"], search.USERS, probe, wish)
    return {
        "UserMatches": search.user_matches(matches),
        "FaceModelVersion": collection.model,
        "SearchedFace": face_id and {"FaceId": face_id},
        "SearchedUser": user_id and {"UserId": user_id},
    }
