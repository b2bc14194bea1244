"""How a face is shown: the attributes that were asked for, and no others."""

from typing import Any

import pytest

from sightline.domain.face_detail import compared_face, expand_attributes, face_detail
from sightline.geometry import BoundingBox, Point
from sightline.vision.face import (
    ALL_ATTRIBUTES,
    AgeRange,
    Emotion,
    EyeDirection,
    Face,
    Gender,
    Judged,
    Pose,
    Quality,
)
from sightline.wire.model import service_model


def names(enum: str) -> list[str]:
    shape: Any = service_model().shape_for(enum)
    return list(shape.enum)


def members(structure: str) -> set[str]:
    shape: Any = service_model().shape_for(structure)
    return set(shape.members)


NAMES = names("LandmarkType")
DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
FULL = Face(
    box=BoundingBox(-0.1, 0.2, 0.3, 0.4),
    confidence=98.5,
    landmarks={name: Point(place / 30, 0.5) for place, name in enumerate(NAMES)},
    pose=Pose(roll=1.0, yaw=-2.0, pitch=3.0),
    quality=Quality(brightness=60.0, sharpness=70.0),
    age_range=AgeRange(20, 28),
    gender=Gender("Female", 99.0),
    emotions=(Emotion("HAPPY", 90.0), Emotion("CALM", 10.0)),
    smile=Judged(True, 91.0),
    eyes_open=Judged(True, 92.0),
    mouth_open=Judged(False, 93.0),
    face_occluded=Judged(False, 94.0),
    eye_direction=EyeDirection(yaw=4.0, pitch=-5.0, confidence=95.0),
    eyeglasses=Judged(False, 96.0),
    sunglasses=Judged(False, 97.0),
    beard=Judged(False, 98.0),
    mustache=Judged(False, 99.0),
)
MEMBERS = {
    "AGE_RANGE": ("AgeRange", {"Low": 20, "High": 28}),
    "BEARD": ("Beard", {"Value": False, "Confidence": 98.0}),
    "EMOTIONS": (
        "Emotions",
        [{"Type": "HAPPY", "Confidence": 90.0}, {"Type": "CALM", "Confidence": 10.0}],
    ),
    "EYE_DIRECTION": ("EyeDirection", {"Yaw": 4.0, "Pitch": -5.0, "Confidence": 95.0}),
    "EYEGLASSES": ("Eyeglasses", {"Value": False, "Confidence": 96.0}),
    "EYES_OPEN": ("EyesOpen", {"Value": True, "Confidence": 92.0}),
    "FACE_OCCLUDED": ("FaceOccluded", {"Value": False, "Confidence": 94.0}),
    "GENDER": ("Gender", {"Value": "Female", "Confidence": 99.0}),
    "MOUTH_OPEN": ("MouthOpen", {"Value": False, "Confidence": 93.0}),
    "MUSTACHE": ("Mustache", {"Value": False, "Confidence": 99.0}),
    "SMILE": ("Smile", {"Value": True, "Confidence": 91.0}),
    "SUNGLASSES": ("Sunglasses", {"Value": False, "Confidence": 97.0}),
}


def test_the_attributes_are_those_of_the_model() -> None:
    assert set(names("Attribute")) == ALL_ATTRIBUTES | {"ALL", "DEFAULT"}
    assert MEMBERS.keys() == ALL_ATTRIBUTES


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], set()),
        (["DEFAULT"], set()),
        (["ALL"], ALL_ATTRIBUTES),
        (["ALL", "DEFAULT"], ALL_ATTRIBUTES),
        (["SMILE", "ALL"], ALL_ATTRIBUTES),
        (["DEFAULT", "FACE_OCCLUDED"], {"FACE_OCCLUDED"}),
        (["FACE_OCCLUDED", "SMILE", "SMILE"], {"FACE_OCCLUDED", "SMILE"}),
    ],
)
def test_expand(asked: list[str], expected: set[str]) -> None:
    assert expand_attributes(asked) == expected


def test_the_default_set() -> None:
    detail = face_detail(FULL)
    assert detail.keys() == DEFAULT
    assert detail["BoundingBox"] == {"Left": -0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}
    assert detail["Pose"] == {"Roll": 1.0, "Yaw": -2.0, "Pitch": 3.0}
    assert detail["Quality"] == {"Brightness": 60.0, "Sharpness": 70.0}
    assert detail == compared_face(FULL)
    assert {landmark["Type"] for landmark in detail["Landmarks"]} == {
        "eyeLeft",
        "eyeRight",
        "mouthLeft",
        "mouthRight",
        "nose",
    }


@pytest.mark.parametrize("attribute", sorted(ALL_ATTRIBUTES))
def test_each_attribute_alone(attribute: str) -> None:
    detail = face_detail(FULL, frozenset({attribute}))
    member, value = MEMBERS[attribute]
    assert detail.keys() == DEFAULT | {member}
    assert detail[member] == value
    assert len(detail["Landmarks"]) == 5


def test_all_of_them() -> None:
    detail = face_detail(FULL, ALL_ATTRIBUTES)
    assert detail.keys() == DEFAULT | {member for member, _ in MEMBERS.values()}
    assert [landmark["Type"] for landmark in detail["Landmarks"]] == NAMES
    assert detail.keys() <= members("FaceDetail")


def test_what_was_not_judged_is_left_out() -> None:
    plain = Face(FULL.box, 98.5, FULL.landmarks, FULL.pose, FULL.quality)
    assert face_detail(plain, ALL_ATTRIBUTES).keys() == DEFAULT
