"""Divides a read line into words, each with its own place along the line."""

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sightline.vision.text_recognizer import STEP, Reading

# A space that is not the likeliest character at any step, but has this probability at one, still
# parts the characters on both sides.
SPACE = 0.1
# Columns with less than this share of the strongest contrast around them belong to a gap.
EMPTY = 0.3
MIDDLE = slice(8, 40)  # rows of the crop in which every letter has ink


@dataclass(frozen=True, slots=True)
class Stretch:
    """A word on its line.

    Attributes:
        text: without spaces.
        score: mean probability of its characters, 0 to 1.
        left: where it begins, in pixels of the crop; None where the line begins.
        right: where it ends; None where the line ends.
    """

    text: str
    score: float
    left: float | None
    right: float | None


def stretches(reading: Reading, crop: NDArray[np.uint8]) -> list[Stretch]:
    """The words of a reading of `crop` (48, w, 3), from left to right.

    Pictograms (arrows, faces, ornaments) are no text; they only part words.
    """
    inked = [index for index, each in enumerate(reading.text) if each != " "]
    gaps: dict[int, tuple[float, float]] = {}  # before a character, where they part words
    for before, after in pairwise(inked):
        if _parted(reading, before, after):
            gaps[after] = _gap(crop, *reading.places[[before, after]])
    words: list[list[int]] = []
    for index in inked:
        if index in gaps or not words:
            words.append([])
        words[-1].append(index)
    bounds = [None, *gaps.values(), None]
    return [
        Stretch(
            text="".join(reading.text[index] for index in word),
            score=float(reading.scores[word].mean()),
            left=left and left[1],
            right=right and right[0],
        )
        for word, left, right in zip(words, bounds, bounds[1:], strict=False)
        if not is_pictogram(reading.text[word[0]])
    ]


def is_pictogram(character: str) -> bool:
    """Whether a character is a drawing: arrows, dingbats, emoji and their like."""
    return unicodedata.category(character) == "So" or "\u2190" <= character <= "\u2bff"


def _parted(reading: Reading, before: int, after: int) -> bool:
    """Whether a word ends between two characters that follow each other but for spaces."""
    if after > before + 1:
        return True
    if is_pictogram(reading.text[before]) or is_pictogram(reading.text[after]):
        return True
    first, last = (int(place // STEP) for place in reading.places[[before, after]])
    return bool(reading.spaces[first + 1 : last].max(initial=0) > SPACE)


def _gap(crop: NDArray[np.uint8], left: float, right: float) -> tuple[float, float]:
    """The widest stretch without ink between the middles of two characters, in pixels."""
    start, stop = int(left), int(np.ceil(right))
    contrast = crop[MIDDLE, start:stop].mean(2).std(0)
    if contrast.size == 0:
        return left, right
    low, high = contrast.min(), contrast.max()
    empty = np.concatenate([[False], contrast <= low + EMPTY * (high - low), [False]])
    changes = np.flatnonzero(empty[1:] != empty[:-1]).reshape(-1, 2)
    widest = changes[np.argmax(changes[:, 1] - changes[:, 0])]
    return float(start + widest[0]), float(start + widest[1])
