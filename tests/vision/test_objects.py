"""From the object network's maps to boxes, without the network."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sightline.vision import objects
from sightline.vision.objects import CLASSES, ObjectDetector, certainty, postprocess
from sightline.vision.photo import Photo

Array = NDArray[np.float32]
CAT, DOG = CLASSES.index("cat"), CLASSES.index("dog")


def maps(
    cells: dict[tuple[int, int, int], float], reach: float = 40, size: tuple[int, int] = (40, 60)
) -> tuple[Array, Array]:
    """The maps with these scores by class, row and column, every box as far as `reach` around."""
    heat = np.zeros((1, len(CLASSES), *size), np.float32)
    for cell, score in cells.items():
        heat[0][cell] = score
    return heat, np.full((1, 4, *size), reach, np.float32)


class Answers:
    """A session that sees the same in every picture."""

    def __init__(self, cells: dict[tuple[int, int, int], float]) -> None:
        self.cells = cells
        self.runs: list[tuple[int, ...]] = []

    def run(self, _: Sequence[str] | None, inputs: Mapping[str, Array], /) -> list[Array]:
        shape = inputs["image"].shape
        self.runs.append(shape)
        return list(maps(self.cells, size=(shape[2] // 4, shape[3] // 4)))


def test_a_cell_and_its_distances_become_a_box() -> None:
    heat, sides = maps({(CAT, 10, 20): 0.5})
    sides[0, :, 10, 20] = [10, 20, 30, 40]
    kinds, scores, boxes = postprocess(heat, sides)
    assert (kinds.tolist(), scores.tolist()) == ([CAT], [0.5])
    assert boxes.tolist() == [[82 - 10, 42 - 20, 82 + 30, 42 + 40]]


def test_only_peaks_count_per_class() -> None:
    heat, sides = maps(
        {(CAT, 10, 20): 0.5, (CAT, 11, 21): 0.4, (CAT, 10, 22): 0.3, (DOG, 11, 21): 0.2}, 400
    )
    kinds, scores, _ = postprocess(heat, sides)
    # The dog's box is the cat's: it would be the same thing under another name.
    assert (kinds.tolist(), scores.tolist()) == ([CAT], [0.5])


@pytest.mark.parametrize(("apart", "kept"), [(1, 1), (4, 1), (12, 2)])
def test_boxes_of_one_class_that_overlap_are_one(apart: int, kept: int) -> None:
    heat, sides = maps({(CAT, 10, 20): 0.5, (CAT, 10, 20 + apart): 0.4})
    assert len(postprocess(heat, sides)[0]) == kept


def test_best_first_and_no_more_than_a_hundred() -> None:
    cells = {
        (kind, row + kind, column): 0.1 + kind / 100
        for kind in range(4)
        for row in range(0, 36, 5)
        for column in range(0, 60, 5)
    }
    _, scores, _ = postprocess(*maps(cells, reach=1))
    assert len(scores) == 100
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)


@pytest.mark.parametrize("shape", [(480, 640), (1600, 400), (80, 80), (80, 1600)])
def test_the_input_has_the_photos_shape_and_boxes_stay_inside(shape: tuple[int, int]) -> None:
    session = Answers({(CAT, 1, 1): 0.9})
    (cat,) = ObjectDetector(session).detect(np.zeros((*shape, 3), np.uint8))
    _, channels, height, width = session.runs[0]
    assert channels == 3
    assert height % 32 == width % 32 == 0
    assert width / height == pytest.approx(shape[1] / shape[0], rel=0.2)
    assert cat.name == "cat"
    assert min(cat.box.left, cat.box.top) == 0
    assert max(cat.box.left + cat.box.width, cat.box.top + cat.box.height) <= 1


def test_nothing_to_see() -> None:
    assert ObjectDetector(Answers({})).detect(np.zeros((100, 100, 3), np.uint8)) == []


def test_a_better_score_is_a_higher_confidence() -> None:
    scores = np.linspace(0, 1, 101).tolist()
    chances = [certainty(score) for score in scores]
    assert chances == sorted(chances)
    assert 0 < chances[0] < 0.001
    assert 0.999 < chances[-1] < 1
    assert certainty(0.366) == pytest.approx(0.55, abs=0.01)


def test_a_photo_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Answers({(CAT, 10, 10): 0.9})
    monkeypatch.setattr(objects, "open_session", lambda _: session)
    photo = Photo(np.asarray(Image.new("RGB", (200, 200))), 200, 200)
    assert objects.find_objects(photo) == objects.find_objects(photo)
    assert len(session.runs) == 1
