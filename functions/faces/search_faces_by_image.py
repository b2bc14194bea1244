"""SearchFacesByImage: the faces of a collection that are like the largest one of an image."""

from typing import Any

from sightline.domain import collections, search
from sightline.domain.face_detail import bounding_box
from sightline.domain.searched_face import need_face
from sightline.wire.operation import operation


@operation("SearchFacesByImage")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    collections.need_current(request["CollectionId"])
    searched = need_face(request["Image"], request.get("QualityFilter", "NONE"))
    wish = search.Wish.for_faces(request)
    probe = search.Probe(vector=searched.vector)
    collection, matches = search.search(request["CollectionId"], search.FACES, probe, wish)
    return {
        "SearchedFaceBoundingBox": bounding_box(searched.face.box),
        "SearchedFaceConfidence": searched.face.confidence,
        "FaceMatches": search.face_matches(matches),
        "FaceModelVersion": collection.model,
    }
