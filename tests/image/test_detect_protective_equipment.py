"""DetectProtectiveEquipment: the summary's rule on made-up people, the rest on real photos."""

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from PIL import Image

from sightline.domain.protective_equipment import summary
from sightline.geometry import BoundingBox
from sightline.vision.body import JOINTS, postprocess
from sightline.vision.face import Judged
from sightline.vision.protection import Cover, Part, Person

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

BOX = BoundingBox(0.1, 0.1, 0.5, 0.5)
WITH, WITHOUT, UNSURE = (
    "PersonsWithRequiredEquipment",
    "PersonsWithoutRequiredEquipment",
    "PersonsIndeterminate",
)


def cover(kind: str, confidence: float = 95, covers: bool = True, sure: float = 95) -> Cover:
    return Cover(kind, BOX, confidence, Judged(covers, sure))


def person(*parts: Part, confidence: float = 95) -> Person:
    return Person(BOX, confidence, parts)


def listed(someone: Person, required: Iterable[str], least: float = 80) -> str:
    """The one list that the person is in."""
    (name,) = (name for name, ids in summary([someone], required, least).items() if ids == [0])
    return name


HELMET = Part("HEAD", 95, (cover("HEAD_COVER"),))
BARE_HEAD = Part("HEAD", 95)
MASK = Part("FACE", 95, (cover("FACE_COVER"),))
BARE_FACE = Part("FACE", 95)
HAND = Part("LEFT_HAND", 95)


@pytest.mark.parametrize(
    ("someone", "required", "expected"),
    [
        pytest.param(person(HELMET, MASK), ["HEAD_COVER", "FACE_COVER"], WITH, id="all worn"),
        pytest.param(person(HELMET, BARE_FACE), ["HEAD_COVER"], WITH, id="not asked for"),
        pytest.param(person(BARE_HEAD), ["HEAD_COVER"], WITHOUT, id="missing"),
        pytest.param(person(HELMET, BARE_FACE), ["HEAD_COVER", "FACE_COVER"], WITHOUT, id="one"),
        pytest.param(person(), ["HEAD_COVER"], UNSURE, id="part not seen"),
        pytest.param(person(), [], WITH, id="nothing required"),
        pytest.param(person(confidence=79), [], UNSURE, id="nothing required, person unsure"),
        pytest.param(person(HELMET, confidence=79), ["HEAD_COVER"], UNSURE, id="person unsure"),
        pytest.param(person(BARE_HEAD, confidence=79), ["HEAD_COVER"], UNSURE, id="and bare"),
        pytest.param(person(Part("HEAD", 79)), ["HEAD_COVER"], UNSURE, id="part unsure"),
        pytest.param(
            person(Part("HEAD", 95, (cover("HEAD_COVER", confidence=79),))),
            ["HEAD_COVER"],
            UNSURE,
            id="item unsure",
        ),
        pytest.param(
            person(Part("HEAD", 95, (cover("HEAD_COVER", sure=79),))),
            ["HEAD_COVER"],
            UNSURE,
            id="cover unsure",
        ),
        pytest.param(
            person(Part("HEAD", 95, (cover("HEAD_COVER", covers=False),))),
            ["HEAD_COVER"],
            WITHOUT,
            id="does not cover",
        ),
        pytest.param(
            person(Part("HEAD", 95, (cover("HEAD_COVER", covers=False, sure=60),))),
            ["HEAD_COVER"],
            UNSURE,
            id="perhaps does not cover",
        ),
        pytest.param(
            person(Part("HEAD", 95, (cover("HEAD_COVER", covers=False), cover("HEAD_COVER")))),
            ["HEAD_COVER"],
            WITH,
            id="one of two covers",
        ),
        pytest.param(
            person(Part("FACE", 95, (cover("HEAD_COVER"),))),
            ["FACE_COVER"],
            WITHOUT,
            id="of another type",
        ),
        pytest.param(
            person(BARE_HEAD, Part("FACE", 60)), ["HEAD_COVER", "FACE_COVER"], WITHOUT, id="worse"
        ),
        pytest.param(person(HAND), ["HAND_COVER"], UNSURE, id="gloves cannot be seen"),
        pytest.param(person(HAND, BARE_HEAD), ["HAND_COVER", "HEAD_COVER"], WITHOUT, id="but"),
        pytest.param(person(HAND, HELMET), ["HAND_COVER", "HEAD_COVER"], UNSURE, id="with"),
    ],
)
def test_which_list_a_person_is_in(someone: Person, required: list[str], expected: str) -> None:
    assert listed(someone, required) == expected


def test_each_person_is_in_one_list_and_keeps_the_number() -> None:
    people = [person(BARE_HEAD), person(HELMET), person(), person(HELMET)]
    assert summary(people, ["HEAD_COVER"], 80) == {WITH: [1, 3], WITHOUT: [0], UNSURE: [2]}


@pytest.mark.parametrize("least", [0, 49.9, 50])
def test_less_than_fifty_acts_as_fifty(least: float) -> None:
    assert listed(person(Part("HEAD", 50)), ["HEAD_COVER"], least) == WITHOUT
    assert listed(person(Part("HEAD", 49)), ["HEAD_COVER"], least) == UNSURE


def test_joints_are_read_near_the_person_in_the_middle() -> None:
    cells, joint = 12, JOINTS.index("left_wrist")
    heat = np.zeros((17, cells, cells), np.float32)
    heat[joint, 3, 8] = 0.8  # of the person in the middle
    heat[joint, 10, 0] = 0.9  # of somebody else
    centre = np.zeros((1, cells, cells), np.float32)
    centre[0, 6, 6], centre[0, 11, 0] = 0.6, 0.7
    regressed = np.zeros((34, cells, cells), np.float32)
    regressed[2 * joint : 2 * joint + 2, 6, 6] = -2.5, 2.5
    offsets = np.zeros((34, cells, cells), np.float32)
    offsets[2 * joint : 2 * joint + 2, 3, 8] = 0.25, 0.5
    places, scores = postprocess(heat, centre, regressed, offsets)
    assert places[joint].tolist() == pytest.approx([8.5 / cells, 3.25 / cells])
    assert scores[joint] == pytest.approx(0.8)


def test_an_astronaut_who_wears_nothing_of_it(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    answer = rekognition.detect_protective_equipment(Image={"Bytes": astronaut})
    assert answer["ProtectiveEquipmentModelVersion"] == "1.0"
    assert "Summary" not in answer
    (found,) = answer["Persons"]
    parts = {part["Name"]: part for part in found["BodyParts"]}
    assert found["Id"] == 0
    assert {"FACE", "HEAD"} <= parts.keys()
    assert not any(part["EquipmentDetections"] for part in parts.values())
    assert all(50 <= part["Confidence"] <= 100 for part in parts.values())
    box = found["BoundingBox"]
    assert box["Top"] < 0.2
    assert box["Height"] > 0.7


def test_a_summary_where_one_is_asked_for(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    answer = rekognition.detect_protective_equipment(
        Image={"Bytes": astronaut},
        SummarizationAttributes={
            "MinConfidence": 70,
            "RequiredEquipmentTypes": ["HEAD_COVER", "FACE_COVER"],
        },
    )
    assert answer["Summary"] == {WITH: [], WITHOUT: [0], UNSURE: []}


def test_a_photo_without_people(rekognition: "RekognitionClient", cat: bytes) -> None:
    answer = rekognition.detect_protective_equipment(Image={"Bytes": cat})
    assert answer["Persons"] == []


def picture(width: int, height: int, noisy: bool = False) -> bytes:
    shape = (height, width, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape if noisy else (1, 1, 3), np.uint8)
    stream = BytesIO()
    Image.fromarray(np.ascontiguousarray(np.broadcast_to(noise, shape))).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("image", "code"),
    [
        pytest.param(picture(63, 200), "InvalidParameterException", id="63 pixels"),
        pytest.param(picture(4097, 64), "ImageTooLargeException", id="4097 pixels"),
        pytest.param(picture(1300, 1300, noisy=True), "ImageTooLargeException", id="4 MB"),
    ],
)
def test_its_own_limits(rekognition: "RekognitionClient", image: bytes, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        rekognition.detect_protective_equipment(Image={"Bytes": image})
    error: Any = caught.value.response["Error"]
    assert error["Code"] == code
    if code == "ImageTooLargeException":
        assert error["Message"] == "Image size is too large"


def test_what_other_operations_refuse_is_taken(rekognition: "RekognitionClient") -> None:
    answer = rekognition.detect_protective_equipment(Image={"Bytes": picture(64, 64)})
    assert answer["Persons"] == []
