"""IndexFaces: from an image to faces of a collection.

An image's id is made of its bytes, and a face's id of the image, the external id and the place of
the face; so a call that comes twice, also on another machine, writes the same items.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sightline.domain.collections import need_current
from sightline.domain.face_detail import expand_attributes, face_detail
from sightline.domain.faces import face
from sightline.domain.images import photo_bytes
from sightline.domain.photos import fitting
from sightline.domain.quality import Rejected, Size, at_most, sift
from sightline.geometry import BoundingBox
from sightline.store import faces
from sightline.store.collections import Collection
from sightline.store.faces import StoredFace
from sightline.vision.face import Face
from sightline.vision.faces import face_analyzer
from sightline.vision.photo import Photo, decode

MOST = 100  # faces of an image that are indexed, however many are asked for
GRID = 1000  # steps of a ratio: boxes that differ by rounding alone are one box


@dataclass(frozen=True, slots=True)
class Indexed:
    """What became of an image's faces, largest first."""

    collection: Collection
    records: list[tuple[StoredFace, Face]]
    rejected: list[Rejected]

    def answer(self, attributes: frozenset[str]) -> dict[str, Any]:
        """The answer of IndexFaces."""
        return {
            "FaceRecords": [
                {"Face": face(stored), "FaceDetail": face_detail(seen, attributes)}
                for stored, seen in self.records
            ],
            "FaceModelVersion": self.collection.model,
            "UnindexedFaces": [
                {
                    "Reasons": list(rejected.reasons),
                    "FaceDetail": face_detail(rejected.face, attributes),
                }
                for rejected in self.rejected
            ],
        }


def index(request: dict[str, Any]) -> dict[str, Any]:
    """Detects the faces of an image and adds those that are good enough to a collection.

    Raises:
        ResourceNotFoundException: there is no such collection.
        ServiceQuotaExceededException: it is full.
        InvalidParameterException: it has another face model, or as the image is.
        InvalidS3ObjectException, InvalidImageFormatException, ImageTooLargeException: as the image.
    """
    collection = need_current(request["CollectionId"])
    data = photo_bytes(request["Image"])
    return index_photo(collection, decode(data), data, request)


def index_photo(
    collection: Collection, photo: Photo, data: bytes, request: dict[str, Any]
) -> dict[str, Any]:
    """The same for a photo that was decoded from `data` already.

    Raises:
        ResourceNotFoundException: the collection is gone.
        ServiceQuotaExceededException: it is full.
        InvalidParameterException: too few pixels.
    """
    attributes = expand_attributes(request.get("DetectionAttributes", []))
    photo = fitting(photo)
    size = Size(photo.width, photo.height)
    seen = face_analyzer().analyze(photo, attributes)
    good, poor = sift(seen, size, request.get("QualityFilter", "AUTO"))
    best, others = at_most(good, size, min(request.get("MaxFaces", MOST), MOST))
    stored = _store(collection, photo, image_id(data), request.get("ExternalImageId"), best)
    return Indexed(
        collection, sorted(zip(stored, best, strict=True), key=_area, reverse=True), poor + others
    ).answer(attributes)


def _area(record: tuple[StoredFace, Face]) -> float:
    return record[1].box.area


def _store(
    collection: Collection,
    photo: Photo,
    image_id: str,
    external_id: str | None,
    seen: Sequence[Face],
) -> list[StoredFace]:
    """Adds faces to the collection; gives them back in the same order."""
    if not seen:
        return []
    vectors = face_analyzer().embed(photo, seen).astype("<f4")
    return faces.add(
        collection,
        [
            StoredFace(
                id=_face_id(collection, image_id, external_id, one.box),
                image_id=image_id,
                external_id=external_id,
                box=one.box,
                confidence=one.confidence,
                model=collection.model,
                vector=vector.tobytes(),
            )
            for one, vector in zip(seen, vectors, strict=True)
        ],
    )


def image_id(data: bytes) -> str:
    """The id of the image in the bytes of a file."""
    return str(uuid5(NAMESPACE_OID, sha256(data).hexdigest()))


def _face_id(
    collection: Collection, image_id: str, external_id: str | None, box: BoundingBox
) -> str:
    corners = (box.left, box.top, box.left + box.width, box.top + box.height)
    place = ",".join(str(round(ratio * GRID)) for ratio in corners)
    return str(uuid5(UUID(collection.uid), f"{image_id}/{external_id or ''}/{place}"))
