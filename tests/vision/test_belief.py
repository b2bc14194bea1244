"""Who is a person, where the faces and the object network say different things; with made-up finds
on a grey photo.
"""

from collections.abc import Sequence

import numpy as np
import pytest

from sightline.geometry import BoundingBox
from sightline.vision import people, protection
from sightline.vision.belief import lonely, supported
from sightline.vision.body import JOINTS, Joint
from sightline.vision.face import Face, Pose, Quality
from sightline.vision.locator import Located
from sightline.vision.mesh import Mesh
from sightline.vision.objects import FoundObject
from sightline.vision.people import SeenPerson, find_people
from sightline.vision.photo import Photo
from sightline.vision.protection import look_for_equipment

SIDE = 400
WHOLE = BoundingBox(0.1, 0.1, 0.4, 0.8)
HEAD = BoundingBox(0.25, 0.15, 0.1, 0.15)
ELSEWHERE = BoundingBox(0.7, 0.15, 0.1, 0.15)


def face(box: BoundingBox, confidence: float) -> Face:
    mesh = Mesh(np.zeros((468, 3), np.float32), 1.0, np.zeros((192, 192, 3), np.uint8))
    sides = [box.left, box.top, box.left + box.width, box.top + box.height]
    located = Located(np.array(sides, np.float32) * SIDE, confidence / 100, mesh)
    return Face(box, confidence, {}, Pose(0, 0, 0), Quality(50, 50), located=located)


def person(confidence: float, box: BoundingBox = WHOLE) -> FoundObject:
    return FoundObject("person", box, confidence, 0.5)


@pytest.fixture
def grey(monkeypatch: pytest.MonkeyPatch) -> Photo:
    """A photo of nothing, on which no joint is seen and every head wears a helmet."""

    class Unseeing:
        def __init__(self, *_: object) -> None: ...

        def read(self, *_: object) -> dict[str, Joint]:
            return {name: Joint(np.zeros(2, np.float32), 0.0) for name in JOINTS}

        def helmet(self, *_: object) -> float:
            return 0.9

        def mask(self, *_: object) -> float:
            return 0.1

    for module, name in ((people, "BodyReader"), (protection, "EquipmentReader")):
        monkeypatch.setattr(module, name, Unseeing)
    return Photo(np.full((SIDE, SIDE, 3), 128, np.uint8), SIDE, SIDE)


def seen(
    monkeypatch: pytest.MonkeyPatch,
    photo: Photo,
    bodies: Sequence[FoundObject],
    faces: Sequence[Face],
) -> list[SeenPerson]:
    class Analyzer:
        def analyze(self, _: Photo) -> Sequence[Face]:
            return faces

    monkeypatch.setattr(people, "find_objects", lambda _: bodies)
    monkeypatch.setattr(people, "face_analyzer", Analyzer)
    return find_people(photo)


def test_a_face_alone_has_to_be_very_sure(monkeypatch: pytest.MonkeyPatch, grey: Photo) -> None:
    doubtful, sure = face(HEAD, 86.7), face(ELSEWHERE, 99)

    (found,) = seen(monkeypatch, grey, [], [doubtful, sure])

    assert found.face is not None
    assert found.face.box == ELSEWHERE
    assert found.confidence == pytest.approx(lonely(99))


def test_a_face_and_a_box_that_are_both_doubtful_make_a_person(
    monkeypatch: pytest.MonkeyPatch, grey: Photo
) -> None:
    (found,) = seen(monkeypatch, grey, [person(44.2)], [face(HEAD, 45.9)])

    assert found.face is not None
    assert found.face.confidence == pytest.approx(supported(45.9, 44.2))
    assert 60 < found.face.confidence < 70
    assert found.box.tolist() == pytest.approx([40, 18, 200, 360])  # and all of the head


def test_a_face_on_the_body_of_another_is_not_alone(
    monkeypatch: pytest.MonkeyPatch, grey: Photo
) -> None:
    before = BoundingBox(0.38, 0.2, 0.1, 0.15)

    found = seen(monkeypatch, grey, [person(90)], [face(HEAD, 99), face(before, 60)])

    assert sorted(each.confidence for each in found) == pytest.approx(
        [supported(60, 90), supported(99, 90)]
    )


@pytest.mark.parametrize(
    ("bodies", "faces"),
    [
        ([], [face(HEAD, 53.8)]),
        ([person(12.5)], [face(HEAD, 29.3)]),
        ([person(49.9)], []),
        ([person(4.9)], [face(HEAD, 80)]),
    ],
)
def test_nobody_is_answered_with_less_than_fifty(
    monkeypatch: pytest.MonkeyPatch,
    grey: Photo,
    bodies: Sequence[FoundObject],
    faces: Sequence[Face],
) -> None:
    assert seen(monkeypatch, grey, bodies, faces) == []


def test_no_part_is_answered_with_less_than_fifty(
    monkeypatch: pytest.MonkeyPatch, grey: Photo
) -> None:
    bodies = [person(40.8), person(97, BoundingBox(0.6, 0.1, 0.3, 0.8))]
    seen(monkeypatch, grey, bodies, [face(HEAD, 25.7), face(ELSEWHERE, 30)])

    first, second = sorted(look_for_equipment(grey), key=lambda each: each.confidence)

    assert first.confidence == pytest.approx(supported(40.8, 25.7))
    assert first.parts == ()
    assert [(part.name, part.confidence > 75) for part in second.parts] == [
        ("FACE", True),
        ("HEAD", True),
    ]
    assert second.parts[1].covers[0].type == "HEAD_COVER"


@pytest.mark.parametrize("confidence", [0.0, 20.0, 50.0, 99.0, 100.0])
def test_belief_stays_a_percentage(confidence: float) -> None:
    assert supported(confidence, 0) == pytest.approx(confidence)
    assert lonely(confidence) <= confidence <= supported(confidence, 100) <= 100
