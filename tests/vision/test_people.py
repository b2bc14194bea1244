"""Whose face and whose hands they are, and what a helmet head sees; with made-up bodies."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.vision import people, protection
from sightline.vision.body import JOINTS, Joint, describe
from sightline.vision.equipment import colours, head_around
from sightline.vision.face import ALL_ATTRIBUTES
from sightline.vision.faces import FaceAnalyzer
from sightline.vision.locator import Located
from sightline.vision.mesh import Mesh
from sightline.vision.photo import Photo, decode
from sightline.vision.session import Session, open_session

SIDES = np.array([0, 0, 400, 400], np.float32)


def face_at(x: float, y: float, size: float = 20) -> Located:
    mesh = Mesh(np.zeros((468, 3), np.float32), 1.0, np.zeros((192, 192, 3), np.uint8))
    half = size / 2
    return Located(np.array([x - half, y - half, x + half, y + half], np.float32), 0.9, mesh)


def body_at(
    left: float, top: float, right: float, bottom: float, **seen: tuple[float, float]
) -> people._Body:
    joints = {name: Joint(np.zeros(2, np.float32), 0.0) for name in JOINTS}
    for name, point in seen.items():
        joints[name] = Joint(np.array(point, np.float32), 0.9)
    return people._Body(np.array([left, top, right, bottom], np.float32), 90.0, joints)


def test_a_face_belongs_to_the_body_whose_head_it_is_at() -> None:
    behind = body_at(0, 0, 200, 300, nose=(150, 40))
    before = body_at(20, 20, 180, 300, nose=(60, 60))
    faces = [face_at(62, 58), face_at(149, 42), face_at(390, 390)]
    assert people.joined([behind, before], faces) == {0: 1, 1: 0}


def test_a_face_far_from_the_head_is_somebody_elses() -> None:
    body = body_at(0, 0, 200, 300, nose=(150, 40))
    assert people.joined([body], [face_at(60, 200)]) == {}


def test_one_face_has_one_body() -> None:
    bodies = [body_at(0, 0, 100, 200, nose=(50, 30)), body_at(0, 0, 110, 200, nose=(52, 30))]
    assert people.joined(bodies, [face_at(52, 30)]) == {1: 0}


def test_a_hand_lies_past_the_wrist() -> None:
    body = body_at(
        0, 0, 200, 300, left_shoulder=(100, 60), left_elbow=(100, 100), left_wrist=(100, 140)
    )
    hand = people._hand(body.joints, "left", SIDES)
    assert hand is not None
    assert hand.box.tolist() == pytest.approx([84, 138.8, 116, 170.8])
    assert people._hand(body.joints, "right", SIDES) is None


def test_a_hand_outside_the_photo_is_not_seen() -> None:
    body = body_at(
        0, 0, 200, 300, left_shoulder=(100, 300), left_elbow=(100, 350), left_wrist=(100, 395)
    )
    assert people._hand(body.joints, "left", SIDES) is None


def test_a_head_without_a_face_lies_around_its_joints() -> None:
    seen = {"nose": (100.0, 50.0), "left_ear": (110.0, 50.0), "right_ear": (90.0, 50.0)}
    shoulders = {"left_shoulder": (130.0, 100.0), "right_shoulder": (70.0, 100.0)}
    head = people._head_of_joints(body_at(0, 0, 200, 300, **seen, **shoulders).joints)
    assert head is not None
    assert head.box.tolist() == pytest.approx([60, -5, 140, 92.5])
    assert people._head_of_joints(body_at(0, 0, 200, 300, **seen).joints) is None


def test_a_head_is_larger_than_its_face() -> None:
    face = face_at(100, 100, 40)
    head = head_around(face)
    assert (head[:2] < face.box[:2]).all()
    assert (head[2:] > face.box[2:]).all()


def test_a_mask_reaches_as_far_forward_as_the_face() -> None:
    face = face_at(100, 100, 80)
    face.mesh.points[protection.MASKED, :2] = [
        *((80, 90), (90, 95), (160, 95), (95, 120), (150, 120), (100, 135))
    ]
    assert protection.mask_around(face).tolist() == [60, 90, 160, 140]


def test_boxes_are_cut_at_the_edges() -> None:
    photo = Photo(np.zeros((100, 200, 3), np.uint8), 200, 100)
    box = protection.ratios(np.array([-20, 50, 100, 120], np.float32), photo)
    assert (box.left, box.top, box.width, box.height) == pytest.approx((0, 0.5, 0.5, 0.5))


def test_colours_are_read_cell_by_cell() -> None:
    image = np.zeros((1, 16, 16, 3), np.uint8)
    image[0, :2, :2] = (255, 0, 0)
    seen = colours(image).reshape(8, 8, 4)
    assert seen[0, 0].tolist() == pytest.approx([1, 0, 0, 1])
    assert not seen[1:].any()


class Halves:
    """A network whose features tell the upper from the lower half."""

    def run(
        self, _: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /
    ) -> list[NDArray[np.float32]]:
        found = np.zeros((len(inputs["image"]), 3, 6, 6), np.float32)
        found[:, :, :3] = 2
        return [found]


def test_features_of_whole_upper_and_lower_half() -> None:
    seen = describe(Halves(), np.zeros((2, 192, 192, 3), np.uint8))
    assert seen.tolist() == [1, 1, 1, 2, 2, 2, 0, 0, 0]


def test_a_face_is_described_once_however_many_ask(astronaut: bytes) -> None:
    runs = []

    class Counting:
        def __init__(self, name: str) -> None:
            self.name, self.session = name, open_session(name)

        def run(
            self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /
        ) -> list[NDArray[np.float32]]:
            runs.append(self.name)
            return self.session.run(outputs, inputs)

    def counting(name: str) -> Session:
        return Counting(name)

    analyzer = FaceAnalyzer(counting)
    photo = decode(astronaut)
    faces = analyzer.analyze(photo, ALL_ATTRIBUTES)
    analyzer.embed(photo, faces)
    assert runs.count("face_features") == len(faces) == 1
