"""SearchUsersByImage: the users of a collection that are like the largest face of an image."""

from typing import Any

from sightline.domain import collections, search
from sightline.domain.face_detail import face_detail
from sightline.domain.searched_face import searched_face, unsearched
from sightline.wire.operation import operation


@operation("SearchUsersByImage")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    collection = collections.need_current(request["CollectionId"])
    answer: dict[str, Any] = {"UserMatches": [], "FaceModelVersion": collection.model}
    searched, others = searched_face(request["Image"], request.get("QualityFilter", "NONE"))
    if searched is not None:
        wish, probe = search.Wish.for_users(request), search.Probe(vector=searched.vector)
        _, matches = search.search(collection.id, search.USERS, probe, wish)
        answer["UserMatches"] = search.user_matches(matches)
        answer["SearchedFace"] = {"FaceDetail": face_detail(searched.face)}
    return answer | {"UnsearchedFaces": unsearched(others)}
