"""CompareFaces: the largest face of one image against every face of another."""

from collections.abc import Sequence
from typing import Any

from sightline.domain.face_detail import bounding_box, compared_face
from sightline.domain.photos import open_photo
from sightline.domain.quality import Size, sift
from sightline.domain.similarity import similarity
from sightline.errors import InvalidParameterException
from sightline.vision.face import Face
from sightline.vision.faces import face_analyzer
from sightline.vision.photo import Photo

THRESHOLD = 80.0  # the documented default of SimilarityThreshold


def compare(request: dict[str, Any]) -> dict[str, Any]:
    """The answer of CompareFaces.

    Raises:
        InvalidParameterException: an image has no face (that meets the QualityFilter).
        InvalidS3ObjectException, InvalidImageFormatException, ImageTooLargeException: as the
            images are.
    """
    quality_filter = request.get("QualityFilter", "NONE")
    source, (largest, *_) = _faces(request["SourceImage"], quality_filter, "source")
    target, faces = _faces(request["TargetImage"], quality_filter, "target")
    (vector,) = face_analyzer().embed(source, [largest])
    cosines = face_analyzer().embed(target, faces) @ vector
    compared = [(similarity(float(each)), face) for each, face in zip(cosines, faces, strict=True)]
    return {
        "SourceImageFace": {
            "BoundingBox": bounding_box(largest.box),
            "Confidence": largest.confidence,
        },
        **_divided(compared, request.get("SimilarityThreshold", THRESHOLD)),
    }


def _divided(compared: Sequence[tuple[float, Face]], threshold: float) -> dict[str, Any]:
    """Matches, most similar first, and the others, largest first."""
    matches = [(score, face) for score, face in compared if score >= threshold]
    matches.sort(key=lambda match: -match[0])
    return {
        "FaceMatches": [
            {"Similarity": score, "Face": compared_face(face)} for score, face in matches
        ],
        "UnmatchedFaces": [compared_face(face) for score, face in compared if score < threshold],
    }


def _faces(image: dict[str, Any], quality_filter: str, which: str) -> tuple[Photo, list[Face]]:
    """An image and its faces that meet the filter, largest first; at least one."""
    photo = open_photo(image)
    found = face_analyzer().analyze(photo)
    faces, _ = sift(found, Size(photo.width, photo.height), quality_filter)
    if not faces:
        raise InvalidParameterException(
            f"Request has invalid parameters: there are no faces in the {which} image"
            + (" that meet the QualityFilter" if found else "")
        )
    return photo, faces
