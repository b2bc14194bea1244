"""CelebrityRecognition: the people of the operator's gallery in a video, and nobody else."""

from functools import partial
from typing import TYPE_CHECKING

import pytest

from sightline.domain import gallery
from sightline.domain.celebrity_info import celebrity_id
from sightline.domain.gallery import Person
from sightline.vision.faces import FaceAnalyzer
from tests.video.people import LEFT, RIGHT, analysed, eileen, film, grace, merged, scene

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

FPS = 2  # as many frames as are looked at
KIND = "CelebrityRecognition"
EILEEN, GRACE = "Eileen Collins", "Grace Hopper"


@pytest.fixture(scope="module")
def pieces(astronaut: bytes, admiral: bytes) -> list[bytes]:
    """Both for a second, then each alone for a second, hers first."""
    one, other = (eileen(astronaut), LEFT), (grace(admiral), RIGHT)
    scenes = [scene(one, other)] * 2 + [scene(other)] * 2 + [scene(one)] * 2
    return analysed(KIND, film(scenes, FPS))


def enrol(name: str, photo: bytes, gender: str = "Unlisted") -> None:
    person = Person(name, [("photo", partial(bytes, photo))], ("example.com/person",), gender)
    assert gallery.enrol(person).added == 1


@pytest.mark.usefixtures("account")
def test_an_empty_gallery_recognises_nobody(pieces: list[bytes]) -> None:
    assert merged(KIND, pieces) == {"TIMESTAMP": [], "ID": []}


@pytest.mark.usefixtures("account")
def test_a_celebrity_is_told_with_all_that_is_known(pieces: list[bytes], astronaut: bytes) -> None:
    enrol(EILEEN, astronaut, "Female")
    found = merged(KIND, pieces)["TIMESTAMP"]
    assert [each["Timestamp"] for each in found] == [0, 500, 2000, 2500]
    for celebrity in (each["Celebrity"] for each in found):
        face = celebrity.pop("Face")
        assert face.keys() == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
        assert 99 <= celebrity.pop("Confidence") <= 100
        assert celebrity == {
            "Id": celebrity_id(EILEEN),
            "Name": EILEEN,
            "Urls": ["example.com/person"],
            "KnownGender": {"Type": "Female"},
            "BoundingBox": face["BoundingBox"],
        }


@pytest.mark.usefixtures("account")
def test_celebrities_come_by_time_or_by_id(
    pieces: list[bytes], astronaut: bytes, admiral: bytes
) -> None:
    enrol(EILEEN, astronaut)
    enrol(GRACE, admiral)
    orders = merged(KIND, pieces)
    names = {celebrity_id(EILEEN): [0, 500, 2000, 2500], celebrity_id(GRACE): [0, 500, 1000, 1500]}
    by_id = [(each["Celebrity"]["Id"], each["Timestamp"]) for each in orders["ID"]]
    assert by_id == [(name, time) for name in sorted(names) for time in names[name]]
    times = [each["Timestamp"] for each in orders["TIMESTAMP"]]
    assert times == [0, 0, 500, 500, 1000, 1500, 2000, 2500]


def test_photos_are_not_embedded_for_an_empty_gallery(
    rekognition: "RekognitionClient", astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(FaceAnalyzer, "embed")
    answer = rekognition.recognize_celebrities(Image={"Bytes": astronaut})
    assert len(answer["UnrecognizedFaces"]) == 1
