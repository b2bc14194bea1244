"""Text on pages whose words, places and turn are known."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import skimage
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sightline.vision.photo import Photo, decode
from sightline.vision.session import Session, open_session
from sightline.vision.text import TextReader, glance_text, read_text
from sightline.vision.text_lines import Word
from tests.vision.conftest import photo
from tests.vision.drawn import FONT, Drawn, page, turned

PAGE = Path(skimage.__file__).parent / "data" / "page.png"
LINES = [
    (60, 60, "Wherever letters stand"),
    (120, 160, "in a picture they are found"),
    (60, 260, "with 4,980 words or 17"),
    (60, 360, "and narrow ill fitting ones"),
]


def places(words: tuple[Word, ...], seen: Photo) -> list[Drawn]:
    size = [seen.width, seen.height]
    return [Drawn(word.text, np.array(word.polygon) * size) for word in words]


def overlap(one: Drawn, other: Drawn) -> float:
    """Intersection over union of two words' places, sampled on a fine grid."""
    points = np.concatenate([one.corners, other.corners])
    axes = [np.linspace(points[:, axis].min(), points[:, axis].max(), 160) for axis in (0, 1)]
    grid = np.stack(np.meshgrid(*axes), -1)
    inside = []
    for word in (one, other):
        sides = np.roll(word.corners, -1, 0) - word.corners
        away = grid[..., None, :] - word.corners
        inside.append((sides[:, 0] * away[..., 1] - sides[:, 1] * away[..., 0] >= 0).all(-1))
    return float((inside[0] & inside[1]).sum() / (inside[0] | inside[1]).sum())


@pytest.mark.parametrize("degrees", [-90, -60, -30, 0, 30, 60, 90])
def test_words_and_their_places_are_found_whatever_the_turn(degrees: int) -> None:
    image, drawn = turned(*page(LINES), degrees)
    seen = photo(image)

    lines = list(read_text(seen))

    assert [line.text for line in lines] == [text for _, _, text in LINES]
    found = [word for line in lines for word in places(line.words, seen)]
    overlaps = [overlap(*pair) for pair in zip(found, drawn, strict=True)]
    assert np.median(overlaps) > 0.7
    assert min(overlaps) > 0.5


def test_a_printed_page_is_read_from_top_to_bottom() -> None:
    lines = list(read_text(photo(Image.open(PAGE).convert("RGB"))))

    assert [line.text for line in lines][:3] == [
        "Region-based segmentation",
        "Let us first determine markers of the coins and the",
        "background. These markers are pixels that we can label",
    ]
    assert all(80 < line.confidence <= 100 for line in lines)


def test_columns_are_lines_of_their_own_and_a_row_is_read_from_the_left() -> None:
    image, _ = page(
        [(60, 60, "Apples"), (600, 64, "12.50"), (60, 140, "Pears"), (600, 140, "3.75")]
    )

    assert [line.text for line in read_text(photo(image))] == ["Apples", "12.50", "Pears", "3.75"]


@pytest.mark.parametrize("scale", [0.4, 3.0])
def test_small_and_large_letters_are_read(scale: float) -> None:
    image, _ = page([(20, 20, "Platform 9"), (20, 80, "to London")], (300, 220))
    size = (round(300 * scale), round(220 * scale))

    lines = read_text(photo(image.resize(size, Image.Resampling.LANCZOS)))

    assert [line.text for line in lines] == ["Platform 9", "to London"]


def test_a_picture_without_text_has_no_lines(cat: bytes) -> None:
    assert list(read_text(decode(cat))) == []
    assert list(read_text(photo(Image.new("RGB", (80, 80), "white")))) == []


def test_a_glance_sees_the_eight_largest_lines() -> None:
    lines = [(60, 20 + 60 * row, f"row number {row}") for row in range(12)]
    image, _ = page(lines, (600, 900))
    ImageDraw.Draw(image).text((60, 760), "HEADLINE", "black", ImageFont.truetype(str(FONT), 90))

    glanced = [line.text for line in glance_text(photo(image))]

    assert len(glanced) == 8
    assert glanced[-1] == "HEADLINE"


def test_a_photo_is_read_once() -> None:
    seen = photo(page([(60, 60, "once")])[0])

    assert read_text(seen) is read_text(seen)
    assert list(read_text(seen)) == list(read_text(seen))
    assert len(list(read_text(seen))) == 1


def test_who_stops_early_waits_for_fewer_lines() -> None:
    runs: list[int] = []

    class Counting:
        def __init__(self, name: str) -> None:
            self.name, self.session = name, open_session(name)

        def run(
            self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /
        ) -> list[NDArray[np.float32]]:
            if self.name == "text_recognizer":
                runs.append(len(inputs["image"]))
            return self.session.run(outputs, inputs)

    def counting(name: str) -> Session:
        return Counting(name)

    written = [(40, 20 + 40 * row, f"{row} lines of some length stand here") for row in range(30)]
    seen = photo(page(written, (700, 1250), height=24)[0])
    lines = TextReader(counting).read(seen)
    first = [next(lines) for _ in range(5)]

    assert [line.text for line in first] == [text for _, _, text in written[:5]]
    assert sum(runs) < 20
    assert [*first, *lines] == list(read_text(seen))
    assert sum(runs) == 30


@pytest.mark.parametrize("degrees", [-90, 90])
def test_what_reads_well_on_its_head_follows_the_rest_of_the_photo(degrees: int) -> None:
    lines = [(60, 60, "floor 06"), (60, 160, "06"), (60, 260, "90"), (60, 360, "SOS 909")]
    image, drawn = turned(*page(lines, (400, 440)), degrees)

    read = read_text(photo(image))

    assert [word.text for line in read for word in line.words] == [word.text for word in drawn]
