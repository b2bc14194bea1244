"""The steps of reading text, each on arrays whose answer is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from skimage.measure import label

from sightline.vision.text import believable
from sightline.vision.text_crops import LineCutter, corners, grown, oriented
from sightline.vision.text_detector import postprocess, preprocess
from sightline.vision.text_order import reading_order
from sightline.vision.text_outlines import hull, mean_inside, regions, smallest_rectangle
from sightline.vision.text_recognizer import MARGIN, MOST_WIDTH, Reading, batches, decoded
from sightline.vision.text_words import stretches


def tilted(rectangle: list[float], size: int = 120) -> NDArray[np.bool_]:
    """A mask (size, size) of the pixels whose middle lies in a rectangle."""
    x, y, angle, length, thickness = rectangle
    across = np.arange(size) + 0.5 - x
    down = (np.arange(size) + 0.5 - y)[:, None]
    along = np.abs(across * math.cos(angle) + down * math.sin(angle)) <= length / 2
    beside = np.abs(down * math.cos(angle) - across * math.sin(angle)) <= thickness / 2
    return np.asarray(along & beside)


@settings(deadline=None)
@given(arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_regions_are_the_connected_ones(mask: NDArray[np.bool_]) -> None:
    labels, count = label(mask, connectivity=2, return_num=True)  # type: ignore[no-untyped-call]
    expected = []
    for number in range(1, count + 1):
        rows, columns = np.nonzero(labels == number)
        expected.append((rows.min(), rows.max(), columns.min(), columns.max() + 1))

    found = [
        (top, top + len(sides) - 2, sides[:, 0].min(), sides[:, 1].max())
        for top, sides in regions(mask)
    ]

    assert sorted(found) == sorted(expected)


@settings(deadline=None)
@given(arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_a_hull_and_its_rectangle_hold_their_region(mask: NDArray[np.bool_]) -> None:
    found = np.zeros(mask.shape, int)
    for top, sides in regions(mask):
        outline = hull(top, sides)
        x, y, angle, length, thickness = smallest_rectangle(outline)
        away = outline - [x, y]
        along = away @ [math.cos(angle), math.sin(angle)]
        across = away @ [-math.sin(angle), math.cos(angle)]
        assert np.abs(along).max() == pytest.approx(length / 2)
        assert np.abs(across).max() == pytest.approx(thickness / 2)
        found[top : top + len(sides) - 1] += 1
    assert (found.astype(bool).any(1) >= mask.any(1)).all()


@pytest.mark.parametrize("degrees", [-80, -45, -10, 0, 25, 60, 89])
def test_the_smallest_rectangle_is_the_one_that_was_drawn(degrees: int) -> None:
    drawn = [60.0, 58.0, math.radians(degrees), 70.0, 20.0]
    ((top, sides),) = regions(tilted(drawn))

    x, y, _, *sizes = found = smallest_rectangle(hull(top, sides))

    assert (x, y) == pytest.approx((60, 58), abs=1)
    assert sorted(sizes) == pytest.approx([20, 70], abs=2.5)
    ((_, _, angle, length, _),) = oriented(found[None])
    assert length == pytest.approx(70, abs=2.5)
    assert math.remainder(angle - drawn[2], math.pi) == pytest.approx(0, abs=0.03)


def test_the_mean_inside_counts_the_pixels_of_the_rectangle_alone() -> None:
    drawn = [60.0, 58.0, math.radians(30), 70.0, 20.0]
    values = tilted(drawn).astype(np.float32)

    assert mean_inside(values, np.array(drawn)) == 1
    assert mean_inside(values, np.array([60, 58, math.radians(30), 70, 40])) == pytest.approx(
        0.5, abs=0.03
    )
    assert mean_inside(values, np.array([500.0, 500, 0, 4, 4])) == 0


def test_cores_come_back_in_pixels_of_the_photo() -> None:
    heat = np.zeros((64, 128), np.float32)
    heat[20:30, 16:96] = 0.9
    heat[50:52, 4:100] = 0.9  # too thin
    heat[40:48, 100:120] = 0.2  # too uncertain

    cores = postprocess(heat, scale=0.5)

    assert cores.rectangles[:, [0, 1, 3, 4]].round(3).tolist() == [[112, 50, 160, 20]]
    assert cores.scores == pytest.approx([0.9])


def test_the_detectors_input_is_scaled_and_filled_up() -> None:
    tensor = preprocess(np.full((100, 200, 3), 255, np.uint8), 0.5)

    assert tensor.shape == (1, 3, 64, 128)
    assert (tensor[:, :, :50, :100] == 1).all()
    assert (tensor[:, :, 50:] == 0).all()


def test_a_square_takes_after_the_long_rectangles() -> None:
    long = [50, 50, math.radians(60), 90, 10]
    square = [90, 20, math.radians(-30), 12, 11]

    found = oriented(np.array([long, square], float))

    assert np.degrees(found[:, 2]) == pytest.approx([60, 60])
    assert found[1, 3:].tolist() == [11, 12]


def test_a_crop_is_level_and_shows_the_inside_of_its_rectangle() -> None:
    drawn = [60.0, 60.0, math.radians(-40), 60.0, 24.0]
    pixels = np.repeat(tilted(drawn)[..., None], 3, 2).astype(np.uint8) * 255

    crop = LineCutter(pixels).cut(np.array(drawn))

    assert crop.shape == (48, 120, 3)
    assert crop[4:-4, 4:-4].min() > 200
    assert LineCutter(pixels).cut(grown(np.array(drawn), 2)).mean() < 160


def test_a_large_line_is_reduced_before_it_is_cut() -> None:
    stripes = np.zeros((400, 800, 3), np.uint8)
    stripes[:, ::2] = 255

    crop = LineCutter(stripes).cut(np.array([400, 200, 0, 700, 384], float))

    assert crop.std() < 10  # grey, not one of the stripes


def test_corners_begin_at_the_texts_own_top_left() -> None:
    upwards = corners(np.array([50, 50, -math.pi / 2, 40, 10]))

    assert upwards.round(3).tolist() == [[45, 70], [45, 30], [55, 30], [55, 70]]


def test_rows_turn_with_the_page() -> None:
    turn = math.radians(30)
    # Two rows of two, in the page's own axes.
    page = np.array([[100, 0], [0, 40], [0, 1], [100, 41]], float)
    cos, sin = math.cos(turn), math.sin(turn)
    centres = page @ np.array([[cos, sin], [-sin, cos]])
    lines = np.column_stack([centres, np.full(4, turn), np.full(4, 80), np.full(4, 20)])

    assert reading_order(lines) == [2, 0, 1, 3]
    assert reading_order(np.empty((0, 5))) == []


def test_repeated_steps_are_one_character_unless_something_is_between() -> None:
    codes = np.array([0, *map(ord, "aa"), 0, ord("a"), ord("b"), 0], np.float32)
    scores = np.linspace(0.1, 0.7, 7, dtype=np.float32)

    reading = decoded(codes, scores, np.zeros(7, np.float32))

    assert reading.text == "aab"
    assert reading.scores == pytest.approx([0.2, 0.5, 0.6])
    assert reading.places.tolist() == [12, 36, 44]
    assert decoded(codes[:1], scores[:1], codes[:1]).score == 0


@settings(deadline=None)
@given(st.lists(st.integers(16, 2400), max_size=40))
def test_every_crop_is_in_one_batch_and_no_batch_is_too_large(widths: list[int]) -> None:
    groups = list(batches(widths))

    assert sorted(index for group in groups for index in group) == list(range(len(widths)))
    for group in groups:
        assert (
            len(group) == 1 or len(group) * (max(widths[i] for i in group) + MARGIN) <= MOST_WIDTH
        )


def read(text: str, places: list[float], spaces: dict[int, float] | None = None) -> Reading:
    weights = np.zeros(40, np.float32)
    for step, weight in (spaces or {}).items():
        weights[step] = weight
    return Reading(text, np.full(len(text), 0.9, np.float32), np.array(places), weights)


def inked(*stretches: tuple[int, int], width: int = 320) -> NDArray[np.uint8]:
    crop = np.full((48, width, 3), 255, np.uint8)
    for left, right in stretches:
        crop[12:36:2, left:right] = 0
    return crop


def test_words_end_where_the_ink_does() -> None:
    crop = inked((10, 60), (90, 200))

    one, two = stretches(read("ab cd", [20, 44, 76, 108, 180]), crop)

    assert (one.text, one.left, one.right) == ("ab", None, 60)
    assert (two.text, two.left, two.right) == ("cd", 90, None)
    assert one.score == pytest.approx(0.9)


def test_a_space_that_is_only_likely_parts_words_too() -> None:
    crop = inked((10, 60), (90, 200))

    parted = stretches(read("abcd", [20, 44, 108, 180], {9: 0.4}), crop)
    whole = stretches(read("abcd", [20, 44, 108, 180], {9: 0.05}), crop)

    assert [word.text for word in parted] == ["ab", "cd"]
    assert [word.text for word in whole] == ["abcd"]


def test_pictograms_are_no_text_and_end_words() -> None:
    crop = inked((10, 60), (90, 130), (150, 250))

    (word,) = stretches(read("ab→", [20, 44, 108]), crop)

    assert (word.text, word.left, word.right) == ("ab", None, 60)
    assert stretches(read("→ ☺", [20, 50, 80]), crop) == []


@pytest.mark.parametrize(
    ("text", "score", "detected", "page", "expected"),
    [
        ("word", 0.7, 0.9, False, True),
        ("word", 0.5, 0.9, False, False),
        ("word", 0.7, 0.5, False, False),  # the detector is unsure
        ("7", 0.85, 0.9, False, False),  # might be a window
        ("7", 0.85, 0.9, True, True),  # an amount on a page
        ("", 1.0, 0.9, True, False),
    ],
)
def test_what_is_believed(
    text: str, score: float, detected: float, page: bool, expected: bool
) -> None:
    scores = np.full(len(text), score, np.float32)
    reading = Reading(text, scores, np.zeros(len(text)), scores)

    assert believable(reading, detected, page) is expected
