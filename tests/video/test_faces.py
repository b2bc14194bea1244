"""FaceDetection: the faces in a video's frames, with what was asked for and a video can tell."""

import pytest

from sightline.domain.video.kinds import Element
from tests.video.work import done, film

DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
ALL = DEFAULT | {
    "AgeRange",
    "Beard",
    "Emotions",
    "Eyeglasses",
    "EyesOpen",
    "Gender",
    "MouthOpen",
    "Mustache",
    "Smile",
    "Sunglasses",
}


@pytest.fixture(scope="module")
def cat_then_astronaut(cat: bytes, astronaut: bytes) -> bytes:
    return film((cat, 1000), (astronaut, 1500))


@pytest.fixture(scope="module")
def faces(cat_then_astronaut: bytes) -> list[Element]:
    return done("FaceDetection", cat_then_astronaut)[0]["TIMESTAMP"]


def test_faces_come_with_the_time_of_their_frame(faces: list[Element]) -> None:
    assert [each["Timestamp"] for each in faces] == [1000, 1500, 2000]


def test_without_a_word_a_face_has_the_five_attributes(faces: list[Element]) -> None:
    for each in faces:
        assert each["Face"].keys() == DEFAULT
        assert len(each["Face"]["Landmarks"]) == 5
        assert each["Face"]["Confidence"] > 99


def test_all_attributes_are_all_but_those_that_no_video_has(astronaut: bytes) -> None:
    request = {"FaceAttributes": "ALL"}
    (face,) = done("FaceDetection", film((astronaut, 500)), request)[0]["TIMESTAMP"]
    assert face["Face"].keys() == ALL
    assert len(face["Face"]["Landmarks"]) == 30
    assert face["Face"]["Smile"]["Value"] is True


def test_one_piece_gives_what_five_pieces_give(
    cat_then_astronaut: bytes, faces: list[Element]
) -> None:
    assert done("FaceDetection", cat_then_astronaut, pieces=5)[0]["TIMESTAMP"] == faces
