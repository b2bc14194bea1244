"""TextDetection: what is written in a video's frames, as far as the filters let it through."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from sightline.domain.video.kinds import Element
from tests.video.making import Make, Pixels, video
from tests.video.work import done


def card(*lines: str) -> Pixels:
    """A frame with lines of text on grey."""
    page = Image.new("RGB", (480, 270), (70, 70, 70))
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(44)
    for number, line in enumerate(lines):
        draw.text((40, 40 + 110 * number), line, "white", font)
    return np.asarray(page)


@cache
def titles() -> bytes:
    """A second of one title, a second of another."""
    return video([card("HELLO WORLD")] * 4 + [card("THE END", "Boston")] * 4, Make(fps=4))


def found(request: dict[str, Any] | None = None, pieces: int = 1) -> list[Element]:
    lists, merged = done("TextDetection", titles(), request, pieces)
    assert merged.answer == {"TextModelVersion": "3.0"}
    return lists["TIMESTAMP"]


def texts(elements: list[Element], kind: str) -> list[tuple[int, str]]:
    return [
        (each["Timestamp"], each["TextDetection"]["DetectedText"])
        for each in elements
        if each["TextDetection"]["Type"] == kind
    ]


def test_lines_and_words_come_with_the_time_of_their_frame() -> None:
    elements = found()
    assert texts(elements, "LINE") == [
        (0, "HELLO WORLD"),
        (500, "HELLO WORLD"),
        (1000, "THE END"),
        (1000, "Boston"),
        (1500, "THE END"),
        (1500, "Boston"),
    ]
    assert texts(elements, "WORD")[:2] == [(0, "HELLO"), (0, "WORLD")]
    ids = [(each["Timestamp"], each["TextDetection"]["Id"]) for each in elements]
    assert ids == [(time, n) for time in (0, 500) for n in range(3)] + [
        (time, n) for time in (1000, 1500) for n in range(5)
    ]


def test_one_piece_gives_what_four_pieces_give() -> None:
    assert found(pieces=4) == found()


def test_words_outside_the_regions_are_left_out() -> None:
    lower = {"BoundingBox": {"Left": 0, "Top": 0.5, "Width": 1, "Height": 0.5}}
    elements = found({"Filters": {"RegionsOfInterest": [lower]}})
    assert texts(elements, "WORD") == [(1000, "Boston"), (1500, "Boston")]


@pytest.mark.parametrize("bar", [{"MinBoundingBoxWidth": 0.9}, {"MinConfidence": 100}])
def test_words_under_the_bar_are_left_out(bar: dict[str, float]) -> None:
    assert found({"Filters": {"WordFilter": bar}}) == []
