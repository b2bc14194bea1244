"""Faces of a collection as the operations show, list and delete them."""

from typing import Any

from sightline.domain.face_detail import bounding_box
from sightline.domain.pages import Page, cut
from sightline.store import faces, users
from sightline.store.collections import Collection
from sightline.store.faces import StoredFace


def face(stored: StoredFace) -> dict[str, Any]:
    """A face of a collection as `Face`."""
    return {
        "FaceId": stored.id,
        "BoundingBox": bounding_box(stored.box),
        "ImageId": stored.image_id,
        "ExternalImageId": stored.external_id,
        "Confidence": stored.confidence,
        "IndexFacesModelVersion": stored.model,
        "UserId": stored.user_id,
    }


def page(
    collection: Collection,
    after: str | None,
    size: int,
    user_id: str | None = None,
    face_ids: list[str] | None = None,
) -> Page[StoredFace]:
    """Faces by ascending id; with filters, those that meet all of them.

    An id in a filter that the collection does not have matches nothing.
    """
    if user_id is None and face_ids is None:
        return cut(faces.page(collection.uid, after, size + 1), size)
    wanted = None if face_ids is None else set(face_ids)
    if user_id is not None:
        user = users.get(collection.uid, [user_id]).get(user_id)
        tied = set(() if user is None else user.face_ids)
        wanted = tied if wanted is None else wanted & tied
    rest = sorted(face_id for face_id in wanted or () if after is None or face_id > after)
    found: list[tuple[str, StoredFace]] = []
    while rest and len(found) <= size:
        some, rest = rest[: size + 1], rest[size + 1 :]
        there = faces.get(collection.uid, some)
        found += [(face_id, there[face_id]) for face_id in some if face_id in there]
    return cut(found, size)


def delete(collection_id: str, face_ids: list[str]) -> dict[str, Any]:
    """Deletes faces; the answer of DeleteFaces.

    Raises:
        ResourceNotFoundException: there is no such collection.
    """
    deletion = faces.delete(collection_id, face_ids)
    return {
        "DeletedFaces": deletion.deleted,
        "UnsuccessfulFaceDeletions": [
            *(
                {
                    "FaceId": face_id,
                    "UserId": user_id,
                    "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"],
                }
                for face_id, user_id in deletion.tied.items()
            ),
            *({"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]} for face_id in deletion.unknown),
        ],
    }
