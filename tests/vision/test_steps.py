"""The pure halves of the steps: arrays in, arrays out, no model."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.vision import detector, embedder, eyes, mesh
from sightline.vision.align import cut, inverse, mirrored, moved, similarity, square, upright
from sightline.vision.attributes import age_range, eye_direction, gender_of, judged
from sightline.vision.detector import Detections, FaceDetector, certainty, scales, suppressed
from sightline.vision.expression import CLASSES, postprocess
from sightline.vision.eyes import Eyes
from sightline.vision.landmarks import MESH_POINTS, named_points
from sightline.vision.locator import FaceLocator
from sightline.vision.mesh import FaceMesher
from sightline.vision.pose import LEAN, head_pose
from sightline.vision.quality import face_quality

Maps = list[NDArray[np.float32]]


def maps(
    cells: dict[tuple[int, int], float], height: float, width: float, shape: tuple[int, int]
) -> Maps:
    """What CenterFace says when it sees faces of one size at these cells (row, column)."""
    heat = np.zeros((1, 1, *shape), np.float32)
    for at, score in cells.items():
        heat[0, 0][at] = score
    size = np.empty((1, 2, *shape), np.float32)
    size[0, 0], size[0, 1] = math.log(height / 4), math.log(width / 4)
    landmarks = np.zeros((1, 10, *shape), np.float32)
    landmarks[0, 0::2], landmarks[0, 1::2] = 0.25, 0.75
    return [heat, size, np.zeros((1, 2, *shape), np.float32), landmarks]


class Answers:
    """A session that gives the same maps for every input of their size, else empty ones."""

    def __init__(self, answer: Maps) -> None:
        self.answer = answer
        self.inputs: list[tuple[int, ...]] = []

    def run(self, _: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /) -> Maps:
        shape = inputs["image"].shape
        self.inputs.append(shape)
        cells = (shape[2] // 4, shape[3] // 4)
        return self.answer if self.answer[0].shape[2:] == cells else maps({}, 8, 8, cells)


@pytest.mark.parametrize(
    ("scale", "frame", "left", "top"), [(1, 0, 32, 12), (0.5, 0, 64, 24), (1, 10, 22, 2)]
)
def test_detection_is_decoded(scale: float, frame: int, left: float, top: float) -> None:
    found = detector.postprocess(maps({(8, 10): 0.9}, 44, 20, (20, 20)), scale, frame, 0.4)
    assert found.scores.tolist() == pytest.approx([0.9])
    assert found.boxes[0].tolist() == pytest.approx(
        [left, top, left + 20 / scale, top + 44 / scale], abs=1e-3
    )
    assert found.points[0, 0].tolist() == pytest.approx(
        [left + 15 / scale, top + 11 / scale], abs=1e-3
    )


def test_cells_under_the_bar_are_left_out() -> None:
    found = detector.postprocess(maps({(8, 10): 0.39, (3, 3): 0.4}, 20, 20, (20, 20)), 1, 0, 0.4)
    assert len(found.scores) == 1


@pytest.mark.parametrize(
    ("side", "expected"), [(80, [160]), (200, [160]), (640, [160, 640]), (4000, [160, 1280])]
)
def test_scales_follow_the_photo(side: int, expected: list[int]) -> None:
    assert scales(side) == expected


def test_input_is_padded_to_whole_strides_and_framed_in_grey() -> None:
    pixels = np.full((50, 100, 3), 200, np.uint8)
    plain = detector.preprocess(pixels, 1, 0)
    assert plain.shape == (1, 3, 64, 128)
    assert plain[0, :, :50, :100].min() == 200
    assert plain[0, :, 50:].max() == 0
    framed = detector.preprocess(pixels, 0.5, 30)
    assert framed.shape == (1, 3, 96, 128)
    assert framed[0, :, :30].max() == detector.FRAME_GREY


def test_an_empty_photo_is_looked_at_again_from_afar() -> None:
    session = Answers(maps({(24, 24): 0.8}, 40, 40, (48, 48)))
    step = FaceDetector(session)
    pixels = np.zeros((400, 400, 3), np.uint8)
    assert step.detect(pixels).scores.size == 0
    found = step.look_again(pixels)
    assert [shape[2:] for shape in session.inputs] == [(160, 160), (416, 416), (192, 192)]
    # the centre, 98 of 192, lies 34 of 64 into the photo
    assert found.boxes[0].tolist() == pytest.approx([87.5, 87.5, 337.5, 337.5], abs=1)


class Flags:
    """A mesh session with one opinion."""

    def __init__(self, flag: float) -> None:
        self.flag = flag

    def run(self, _: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /) -> Maps:
        count = len(inputs["image"])
        return [np.ones((count, 1404), np.float32), np.full((count, 1), self.flag, np.float32)]


@pytest.mark.parametrize(("flag", "count"), [(0.9, 1), (0.1, 0)])
def test_what_only_the_second_look_finds_needs_the_meshs_word(flag: float, count: int) -> None:
    finder = FaceDetector(Answers(maps({(24, 24): 0.8}, 40, 40, (48, 48))))
    faces = FaceLocator(finder, FaceMesher(Flags(flag)))
    assert len(faces.locate(np.zeros((400, 400, 3), np.uint8), 100)) == count


def test_one_face_is_one_detection() -> None:
    boxes = np.array(
        [[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 40, 40], [22, 22, 28, 28]], np.float32
    )
    scores = np.array([0.7, 0.9, 0.8, 0.6], np.float32)
    kept = suppressed(Detections(boxes, scores, np.zeros((4, 5, 2), np.float32)))
    assert kept.scores.tolist() == pytest.approx([0.9, 0.8])


def test_certainty_grows_with_the_score() -> None:
    values = [certainty(score) for score in (0, 0.4, 0.5, 0.7, 0.9, 1)]
    assert values == sorted(values)
    assert values[0] < 0.01
    assert values[-1] > 0.99


@pytest.mark.parametrize("degrees", [0, 30, -75, 180])
@pytest.mark.parametrize("scale", [0.2, 1, 7])
def test_similarity_is_found_again(degrees: float, scale: float) -> None:
    angle = math.radians(degrees)
    turn = scale * np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    matrix = np.hstack([turn, [[5.0], [-3.0]]])
    points = np.array([[0, 0], [10, 1], [4, 8]], np.float32)
    assert similarity(points, moved(points, matrix)) == pytest.approx(matrix, abs=1e-4)
    there_and_back = moved(moved(points, matrix), inverse(matrix))
    assert there_and_back == pytest.approx(points, abs=1e-4)


def test_crop_is_levelled_and_centred() -> None:
    eyes_ = np.array([[40, 40], [60, 60]], np.float32)
    matrix = upright(np.array([30, 30, 70, 70], np.float32), eyes_, 1.5, 100)
    left, right, centre = moved(np.vstack([eyes_, [[50, 50]]]).astype(np.float32), inverse(matrix))
    assert left[1] == pytest.approx(right[1], abs=1e-3)
    assert left[0] < right[0]
    assert centre.tolist() == pytest.approx([50, 50], abs=1e-3)
    assert np.linalg.norm(right - left) == pytest.approx(math.hypot(20, 20) * 100 / 60, abs=1e-2)


@pytest.mark.parametrize("factor", [1, 4])
def test_cut_takes_the_pixels_of_its_square(factor: int) -> None:
    pixels = np.zeros((400, 400, 3), np.uint8)
    pixels[:, 200:] = 255
    side = 50 * factor
    crop = cut(pixels, square(np.array([200.0, 200.0]), side, 0, 50), 50)
    assert crop.shape == (50, 50, 3)
    assert crop[:, :24].max() == 0
    assert crop[:, 26:].min() == 255


def test_cut_outside_the_photo_is_black() -> None:
    pixels = np.full((100, 100, 3), 255, np.uint8)
    crop = cut(pixels, square(np.array([0.0, 50.0]), 40, 0, 40), 40)
    assert crop[20, :19].max() == 0
    assert crop[20, 21:].min() == 255
    assert cut(pixels, square(np.array([900.0, -900.0]), 40, 0, 40), 40).max() <= 255


def test_mirrored_doubles() -> None:
    images = np.arange(2 * 2 * 3 * 3, dtype=np.uint8).reshape(2, 2, 3, 3)
    both = mirrored(images)
    assert both.shape == (4, 2, 3, 3)
    assert np.array_equal(both[2:, :, ::-1], images)


def head(yaw: float, pitch: float, roll: float) -> NDArray[np.float32]:
    """A mesh whose points lie on a head turned by these angles, in degrees."""
    flat = np.zeros((mesh.POINTS, 3))
    flat[[234, 33], 0], flat[[454, 263], 0] = -1, 1
    flat[10, 1], flat[152, 1] = -1, 1
    y, p, r = (math.radians(each) for each in (yaw, pitch, roll))
    nod = np.array([[1, 0, 0], [0, math.cos(p), math.sin(p)], [0, -math.sin(p), math.cos(p)]])
    shake = np.array([[math.cos(y), 0, -math.sin(y)], [0, 1, 0], [math.sin(y), 0, math.cos(y)]])
    tilt = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    turned: NDArray[np.float32] = (flat @ (tilt @ shake @ nod).T).astype(np.float32)
    return turned


@pytest.mark.parametrize("yaw", [-40, 0, 25])
@pytest.mark.parametrize("pitch", [-20, 0, 15])
@pytest.mark.parametrize("roll", [-120, 0, 45])
def test_pose_is_found_again(yaw: float, pitch: float, roll: float) -> None:
    found = head_pose(head(yaw, pitch, roll))
    assert (found.yaw, found.roll) == pytest.approx((yaw, roll), abs=0.1)
    assert found.pitch - LEAN == pytest.approx(pitch, abs=0.1)


def test_every_landmark_of_the_service_has_its_points() -> None:
    points = named_points(np.zeros((mesh.POINTS, 3), np.float32))
    assert len(points) == 30
    assert list(points) == list(MESH_POINTS)


def test_quality_knows_dark_from_bright_and_blurred_from_sharp() -> None:
    stripes = np.arange(128) // 8 % 2 * 200 + 20
    sharp = np.tile(stripes[None, :, None], (128, 1, 3)).astype(np.uint8)
    soft = np.mean([np.roll(sharp, step, 1) for step in range(7)], axis=0).astype(np.uint8)
    assert face_quality(soft).sharpness < face_quality(sharp).sharpness - 5
    assert face_quality(sharp // 3).brightness < face_quality(sharp).brightness - 20
    assert face_quality(np.zeros((128, 128, 3), np.uint8)).brightness == 0
    assert face_quality(np.full((128, 128, 3), 255, np.uint8)).brightness == pytest.approx(100)


def test_eyes_are_the_mean_of_both_views() -> None:
    points = np.zeros((2, eyes.POINTS, 3), np.float32)
    points[:, eyes.LEFT_CORNER, 0], points[:, eyes.RIGHT_CORNER, 0] = 10, 50
    points[:, eyes.UPPER, 1] = -10
    points[0, eyes.IRIS_CENTRE, 0], points[1, eyes.IRIS_CENTRE, 0] = 34, 26
    found = eyes.postprocess(points.reshape(2, -1))
    assert found.gaps.tolist() == pytest.approx([0.25])
    assert found.irises[0].tolist() == pytest.approx([0.1, 0])


@pytest.mark.parametrize(("across", "sign"), [(0.1, 1), (-0.1, -1)])
def test_gaze_has_the_poses_signs(across: float, sign: int) -> None:
    irises = np.array([[across, -0.2], [across, -0.2]], np.float32)
    found = eye_direction(Eyes(np.array([0.3, 0.3], np.float32), irises))
    assert math.copysign(1, found.yaw) == sign
    assert found.pitch > 0
    assert 50 < found.confidence <= 100


def test_vectors_have_length_one_and_both_networks_count() -> None:
    dice = np.random.default_rng(0)
    identities = dice.normal(size=(4, 128)).astype(np.float32)
    features = dice.random((2, 1024), np.float32)
    projected = embedder.projection()
    vectors = embedder.postprocess(identities, features, projected)
    assert vectors.shape == (2, 128)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
    other = embedder.postprocess(identities, features[::-1], projected)
    assert float((vectors[0] * other[0]).sum()) < 0.999


def test_expression_networks_speak_of_the_same_classes() -> None:
    happy = np.full((4, 7), 1e-3, np.float32)
    happy[:, CLASSES.index("HAPPY")] = 0.99
    others = np.full((4, 7), 1e-3, np.float32)
    others[:, 1] = 0.99  # the second network's place for happy
    logs = postprocess(happy, others)
    assert logs[:7].argmax() == logs[7:].argmax() == CLASSES.index("HAPPY")


@pytest.mark.parametrize(
    ("chance", "value", "confidence"), [(0.9, True, 90), (0.5, True, 50), (0.02, False, 98)]
)
def test_confidence_speaks_of_the_value(chance: float, value: bool, confidence: float) -> None:
    found = judged(chance)
    assert found.value is value
    assert found.confidence == pytest.approx(confidence)


@pytest.mark.parametrize("years", [-3, 0, 5, 30, 100])
def test_age_range_is_never_empty(years: float) -> None:
    found = age_range(years)
    assert 0 <= found.low < found.high
    assert found.high - found.low <= 16


def test_gender_follows_the_odds() -> None:
    assert gender_of(4.0).value == "Male"
    assert gender_of(-4.0).value == "Female"
    assert 50 <= gender_of(0.2).confidence < gender_of(4.0).confidence <= 100
