"""DetectFaces through an unmodified client, on real photos."""

from typing import TYPE_CHECKING, Any

import pytest

from sightline.wire.model import service_model

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
MEMBER_OF = {
    "AGE_RANGE": "AgeRange",
    "EMOTIONS": "Emotions",
    "EYE_DIRECTION": "EyeDirection",
    "EYES_OPEN": "EyesOpen",
    "FACE_OCCLUDED": "FaceOccluded",
    "GENDER": "Gender",
    "MOUTH_OPEN": "MouthOpen",
    "SMILE": "Smile",
}


def enum(name: str) -> list[str]:
    return list(service_model().shape_for(name).metadata["enum"])


def only_face(rekognition: "RekognitionClient", photo: bytes, *attributes: str) -> dict[str, Any]:
    (face,) = rekognition.detect_faces(
        Image={"Bytes": photo},
        Attributes=list(attributes),  # type: ignore[arg-type]
    )["FaceDetails"]
    return face  # type: ignore[return-value]


@pytest.mark.parametrize("attributes", [(), ("DEFAULT",)])
def test_the_default_set(
    rekognition: "RekognitionClient", astronaut: bytes, attributes: tuple[str, ...]
) -> None:
    face = only_face(rekognition, astronaut, *attributes)
    assert face.keys() == DEFAULT
    assert len(face["Landmarks"]) == 5


@pytest.mark.parametrize(("attribute", "member"), MEMBER_OF.items())
def test_a_single_attribute_comes_beside_the_default_set(
    rekognition: "RekognitionClient", astronaut: bytes, attribute: str, member: str
) -> None:
    face = only_face(rekognition, astronaut, "DEFAULT", attribute)
    assert face.keys() == DEFAULT | {member}


@pytest.mark.parametrize("attributes", [("ALL",), ("ALL", "DEFAULT")])
def test_all_attributes_and_all_landmarks(
    rekognition: "RekognitionClient", astronaut: bytes, attributes: tuple[str, ...]
) -> None:
    face = only_face(rekognition, astronaut, *attributes)
    assert face.keys() == DEFAULT | set(MEMBER_OF.values())
    names = [mark["Type"] for mark in face["Landmarks"]]
    assert sorted(names) == sorted(enum("LandmarkType"))
    emotions = {emotion["Type"]: emotion["Confidence"] for emotion in face["Emotions"]}
    every = set(enum("EmotionName"))
    assert emotions.keys() == every - {"UNKNOWN"}
    assert sum(emotions.values()) == pytest.approx(100, abs=0.1)


def test_what_it_says_of_a_smiling_woman(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    face = only_face(rekognition, astronaut, "ALL")
    assert face["Gender"]["Value"] == "Female"
    assert 15 <= face["AgeRange"]["Low"] < face["AgeRange"]["High"] <= 60
    assert face["Smile"]["Value"]
    assert face["EyesOpen"]["Value"]
    assert face["Emotions"][0]["Type"] == "HAPPY"
    assert not face["FaceOccluded"]["Value"]


def test_what_it_says_of_an_officer_who_does_not_smile(
    rekognition: "RekognitionClient", admiral: bytes
) -> None:
    face = only_face(rekognition, admiral, "ALL")
    assert not face["Smile"]["Value"]
    assert not face["MouthOpen"]["Value"]
    assert face["Confidence"] > 90
