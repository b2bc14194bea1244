"""The face that a search by image starts from: the largest one of those that are good enough."""

from dataclasses import dataclass
from typing import Any

from sightline.domain.face_detail import face_detail
from sightline.domain.photos import open_photo
from sightline.domain.quality import Rejected, Size, sift
from sightline.errors import InvalidParameterException
from sightline.vision.face import Face
from sightline.vision.faces import face_analyzer

SMALLER = "FACE_NOT_LARGEST"


@dataclass(frozen=True, slots=True)
class Searched:
    """A face with its packed vector."""

    face: Face
    vector: bytes


def searched_face(
    image: dict[str, Any], quality_filter: str
) -> tuple[Searched | None, list[Rejected]]:
    """The largest face of an image, and all others with the reasons why they are not searched for.

    Raises:
        InvalidParameterException, InvalidS3ObjectException, InvalidImageFormatException,
            ImageTooLargeException: as the image is.
    """
    photo = open_photo(image)
    seen = face_analyzer().analyze(photo)
    good, poor = sift(seen, Size(photo.width, photo.height), quality_filter)
    if not good:
        return None, poor
    largest = max(good, key=lambda face: face.box.area)
    (vector,) = face_analyzer().embed(photo, [largest]).astype("<f4")
    smaller = [Rejected(face, (SMALLER,)) for face in good if face is not largest]
    return Searched(largest, vector.tobytes()), smaller + poor


def need_face(image: dict[str, Any], quality_filter: str) -> Searched:
    """The largest face of an image that must have one.

    Raises:
        InvalidParameterException: it has none, or none that is good enough.
        InvalidS3ObjectException, InvalidImageFormatException, ImageTooLargeException: as the image.
    """
    searched, _ = searched_face(image, quality_filter)
    if searched is None:
        raise InvalidParameterException("There are no faces in the image. Should be at least 1.")
    return searched


def unsearched(others: list[Rejected]) -> list[dict[str, Any]]:
    """The other faces as `UnsearchedFaces`."""
    return [
        {"FaceDetails": face_detail(other.face), "Reasons": list(other.reasons)} for other in others
    ]
