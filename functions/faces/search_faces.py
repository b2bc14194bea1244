"""SearchFaces: the faces of a collection that are like one of them."""

from typing import Any

from sightline.domain import search
from sightline.wire.operation import operation


@operation("SearchFaces")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    wish = search.Wish.for_faces(request)
    probe = search.Probe(face_id=request["FaceId"])
    collection, matches = search.search(request["CollectionId"], search.FACES, probe, wish)
    return {
        "SearchedFaceId": request["FaceId"],
        "FaceMatches": search.face_matches(matches),
        "FaceModelVersion": collection.model,
    }
