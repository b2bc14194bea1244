"""Lines and words as the service knows them, made of what was read in a rectangle of the photo."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import Point
from sightline.vision.text_crops import CROP, OUTLINE, corners, grown
from sightline.vision.text_recognizer import Reading
from sightline.vision.text_words import Stretch, stretches

# A gap this many times as wide as the line is high ends the line: the service's lines end "when
# there is a large gap between words".
WIDEST_GAP = 1.25
# Pixels of the crop, half its height, from the middle of the first and the last character to the
# line's ends at most: what lies beyond is no text.
END_REACH = 24
MIN_WORD_SCORE = 0.4  # under this a word of a line that is well read is a stain or an ornament


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a space between them.

    Attributes:
        text: as read.
        confidence: 0 to 100, the mean probability of its characters.
        polygon: four points, from the text's own top left clockwise.
    """

    text: str
    confidence: float
    polygon: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand on one line, at least one, in reading order."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words, with a space between each two."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """0 to 100, the mean of the words'."""
        return sum(word.confidence for word in self.words) / len(self.words)

    @property
    def polygon(self) -> tuple[Point, ...]:
        """Four points around all words, from the text's own top left clockwise."""
        first, last = self.words[0].polygon, self.words[-1].polygon
        return (first[0], last[1], last[2], first[3])


@dataclass(frozen=True, slots=True)
class ReadRectangle:
    """A core's rectangle (5,), oriented, with the crop around it and what was read there."""

    rectangle: NDArray[np.float64]
    crop: NDArray[np.uint8]
    reading: Reading

    def lines(self, width: int, height: int) -> Iterator[Line]:
        """The lines that stand in it, one or more, of a photo's array of this size."""
        whole, outline = grown(self.rectangle, CROP), grown(self.rectangle, OUTLINE)
        scale = whole[3] / self.crop.shape[1]
        margin = (whole[3] - outline[3]) / 2
        ends = self.reading.places[[0, -1]] + [-END_REACH, END_REACH]
        first, last = max(margin, ends[0] * scale), min(whole[3] - margin, ends[1] * scale)
        spans = [
            (
                first if word.left is None else word.left * scale,
                last if word.right is None else word.right * scale,
                word,
            )
            for word in stretches(self.reading, self.crop)
            if word.score >= MIN_WORD_SCORE
        ]

        def polygon(left: float, right: float) -> tuple[Point, ...]:
            centre = (left + right - whole[3]) / 2
            along = np.array([math.cos(outline[2]), math.sin(outline[2])])
            part = np.array(
                [*(outline[:2] + centre * along), outline[2], max(right - left, 1), outline[4]]
            )
            ratios = (corners(part) / [width, height]).clip(0, 1)
            return tuple(Point(float(x), float(y)) for x, y in ratios)

        for group in _divided(spans, WIDEST_GAP * float(outline[4])):
            yield Line(
                tuple(
                    Word(word.text, 100 * word.score, polygon(left, right))
                    for left, right, word in group
                )
            )


Span = tuple[float, float, Stretch]


def _divided(spans: Sequence[Span], widest: float) -> list[list[Span]]:
    """Words with their left and right end in groups, apart by gaps wider than `widest`."""
    groups: list[list[Span]] = []
    for span in spans:
        if not groups or span[0] - groups[-1][-1][1] > widest:
            groups.append([])
        groups[-1].append(span)
    return groups
