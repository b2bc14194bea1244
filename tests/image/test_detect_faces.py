"""DetectFaces through an unmodified client, on real photos."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw

from sightline.wire.model import service_model

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
MEMBER_OF = {
    "AGE_RANGE": "AgeRange",
    "BEARD": "Beard",
    "EMOTIONS": "Emotions",
    "EYE_DIRECTION": "EyeDirection",
    "EYEGLASSES": "Eyeglasses",
    "EYES_OPEN": "EyesOpen",
    "FACE_OCCLUDED": "FaceOccluded",
    "GENDER": "Gender",
    "MOUTH_OPEN": "MouthOpen",
    "MUSTACHE": "Mustache",
    "SMILE": "Smile",
    "SUNGLASSES": "Sunglasses",
}
# What neither of the two people in the tests' photos wears or has.
WORN = ("Beard", "FaceOccluded", "Mustache", "Sunglasses")


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
    assert not any(face[member]["Value"] for member in WORN)


def test_what_it_says_of_an_officer_who_does_not_smile(
    rekognition: "RekognitionClient", admiral: bytes
) -> None:
    face = only_face(rekognition, admiral, "ALL")
    assert not face["Smile"]["Value"]
    assert not face["MouthOpen"]["Value"]
    assert face["Confidence"] > 90


def test_glasses(rekognition: "RekognitionClient", astronaut: bytes, admiral: bytes) -> None:
    asked = ("EYEGLASSES", "SUNGLASSES", "BEARD", "MUSTACHE", "FACE_OCCLUDED")
    without, wearing = (only_face(rekognition, each, *asked) for each in (astronaut, admiral))
    assert not without["Eyeglasses"]["Value"]
    assert wearing["Eyeglasses"]["Value"]
    assert not any(wearing[member]["Value"] for member in WORN)
    assert 50 <= wearing["Sunglasses"]["Confidence"] <= 100


def test_black_lenses_are_sunglasses_and_hide_the_face(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    marks = {mark["Type"]: mark for mark in only_face(rekognition, astronaut)["Landmarks"]}
    image = Image.open(BytesIO(astronaut)).convert("RGB")
    draw = ImageDraw.Draw(image)
    eyes = [
        (marks[name]["X"] * image.width, marks[name]["Y"] * image.height)
        for name in ("eyeLeft", "eyeRight")
    ]
    width = (eyes[1][0] - eyes[0][0]) * 0.4
    draw.line([*eyes], (20, 20, 20), 3)
    for x, y in eyes:
        draw.ellipse((x - width, y - 0.6 * width, x + width, y + 0.9 * width), (15, 15, 15))
    changed = BytesIO()
    image.save(changed, "PNG")
    face = only_face(rekognition, changed.getvalue(), "ALL")
    assert face["Sunglasses"]["Value"]
    assert face["Eyeglasses"]["Value"]
    assert face["FaceOccluded"]["Value"]
