"""Pages of text drawn by the tests, whose words' places are known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A word on a page; `corners` (4, 2) in pixels, from its own top left clockwise.

    It is as high as its line: from the highest ascender to the lowest descender.
    """

    text: str
    corners: NDArray[np.float64]


def page(
    lines: Sequence[tuple[int, int, str]], size: tuple[int, int] = (900, 600), height: int = 36
) -> tuple[Image.Image, list[Drawn]]:
    """A white page with lines at (left, top), and its words."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(FONT), height)
    words = []
    for left, top, line in lines:
        draw.text((left, top), line, "black", font)
        _, y0, _, y1 = draw.textbbox((left, top), line, font)
        place = 0
        for word in line.split():
            place = line.index(word, place)
            start = left + draw.textlength(line[:place], font)
            x0, _, x1, _ = draw.textbbox((start, top), word, font)
            words.append(Drawn(word, np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)))
            place += len(word)
    return image, words


def turned(
    image: Image.Image, words: Sequence[Drawn], degrees: float
) -> tuple[Image.Image, list[Drawn]]:
    """A page and its words turned clockwise around the middle; the page grows to hold them."""
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    rotated = image.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    middle, centre = np.array(image.size) / 2, np.array(rotated.size) / 2
    return rotated, [Drawn(word.text, (word.corners - middle) @ turn.T + centre) for word in words]
