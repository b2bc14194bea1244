"""A detected face as the service's answers show it: `FaceDetail`, and the shorter `ComparedFace`.

Apart from the handlers because DetectFaces, CompareFaces, IndexFaces and SearchUsersByImage all
answer with it. Without numpy.
"""

from collections.abc import Iterable
from typing import Any

from sightline.geometry import BoundingBox
from sightline.vision.face import ALL_ATTRIBUTES, Face, Judged

# Attributes that are a yes or no with a confidence: wire name and field of `Face`.
JUDGED = {
    "SMILE": ("Smile", "smile"),
    "EYEGLASSES": ("Eyeglasses", "eyeglasses"),
    "SUNGLASSES": ("Sunglasses", "sunglasses"),
    "BEARD": ("Beard", "beard"),
    "MUSTACHE": ("Mustache", "mustache"),
    "EYES_OPEN": ("EyesOpen", "eyes_open"),
    "MOUTH_OPEN": ("MouthOpen", "mouth_open"),
    "FACE_OCCLUDED": ("FaceOccluded", "face_occluded"),
}

DEFAULT_LANDMARKS = ("eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose")


def expand_attributes(names: Iterable[str]) -> frozenset[str]:
    """The single attributes that a request's `Attributes` or `DetectionAttributes` stand for.

    `DEFAULT` adds nothing, for its five are always there; `ALL` is all twelve others, and wins
    beside any other name.
    """
    asked = frozenset(names)
    return ALL_ATTRIBUTES if "ALL" in asked else asked - {"DEFAULT"}


def bounding_box(box: BoundingBox) -> dict[str, float]:
    """A box as `BoundingBox`, in ratios of the upright image."""
    return {"Width": box.width, "Height": box.height, "Left": box.left, "Top": box.top}


def compared_face(face: Face) -> dict[str, Any]:
    """A face as `ComparedFace`: box, confidence, five landmarks, pose, quality."""
    return {
        "BoundingBox": bounding_box(face.box),
        "Confidence": face.confidence,
        "Landmarks": _landmarks(face, DEFAULT_LANDMARKS),
        "Pose": {"Roll": face.pose.roll, "Yaw": face.pose.yaw, "Pitch": face.pose.pitch},
        "Quality": {"Brightness": face.quality.brightness, "Sharpness": face.quality.sharpness},
    }


def face_detail(face: Face, attributes: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A face as `FaceDetail`.

    Args:
        face: What the analyzer saw.
        attributes: From `expand_attributes`. All twelve bring all landmarks, else there are five;
            an attribute that was not asked for, or not judged, is left out.
    """
    detail = compared_face(face)
    if attributes >= ALL_ATTRIBUTES:
        detail["Landmarks"] = _landmarks(face, face.landmarks)
    for name in sorted(attributes & JUDGED.keys()):
        member, field = JUDGED[name]
        judged: Judged | None = getattr(face, field)
        if judged is not None:
            detail[member] = {"Value": judged.value, "Confidence": judged.confidence}
    return detail | _other_attributes(face, attributes)


def _other_attributes(face: Face, attributes: frozenset[str]) -> dict[str, Any]:
    detail: dict[str, Any] = {}
    if "AGE_RANGE" in attributes and face.age_range is not None:
        detail["AgeRange"] = {"Low": face.age_range.low, "High": face.age_range.high}
    if "GENDER" in attributes and face.gender is not None:
        detail["Gender"] = {"Value": face.gender.value, "Confidence": face.gender.confidence}
    if "EMOTIONS" in attributes and face.emotions:
        detail["Emotions"] = [
            {"Type": emotion.type, "Confidence": emotion.confidence} for emotion in face.emotions
        ]
    if "EYE_DIRECTION" in attributes and face.eye_direction is not None:
        gaze = face.eye_direction
        detail["EyeDirection"] = {
            "Yaw": gaze.yaw,
            "Pitch": gaze.pitch,
            "Confidence": gaze.confidence,
        }
    return detail


def _landmarks(face: Face, names: Iterable[str]) -> list[dict[str, Any]]:
    """The landmarks of those names that the face has, in that order."""
    points = ((name, face.landmarks[name]) for name in names if name in face.landmarks)
    return [{"Type": name, "X": point.x, "Y": point.y} for name, point in points]
