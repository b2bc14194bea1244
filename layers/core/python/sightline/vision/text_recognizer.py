"""Reads lines of text: PP-OCR's recogniser (CTC, Graves et al., 2006), with the place of each
character along the line.

It knows Latin letters with their accents, Greek, Chinese and Japanese; no Cyrillic, no Arabic.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.vision.session import Session

STEP = 8  # pixels of the crop for each of the network's steps
# Grey pixels after every line: the network learnt on lines filled up to one width, and without any
# one receipt's character in 700 more is wrong.
MARGIN = 64
# Pixels along all lines of one run, filled up to the longest. The network gains nothing from more,
# and each takes 10 kB of memory for its probabilities.
MOST_WIDTH = 1280


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in one crop.

    Attributes:
        text: its characters, spaces counted in.
        scores: (k,) probability of each character, 0 to 1.
        places: (k,) where each begins to be seen, in pixels from the crop's left edge.
        spaces: (t,) probability of a space at each step of `STEP` pixels.
    """

    text: str
    scores: NDArray[np.float32]
    places: NDArray[np.float64]
    spaces: NDArray[np.float32]

    @property
    def score(self) -> float:
        """Mean probability of the characters; 0 where there is none."""
        return float(self.scores.mean()) if self.text else 0.0


class TextRecognizer:
    """Crops of lines (48, w, 3) RGB in, readings out, each read when it is first asked for.

    A run reads all crops of its batch. Which these are depends on all crops, not on what is asked
    for, and with it how a line is filled up: a reading is always the same.
    """

    def __init__(self, session: Session, crops: Sequence[NDArray[np.uint8]]) -> None:
        self._session = session
        self._crops = crops
        self._batches = {
            index: batch for batch in batches([crop.shape[1] for crop in crops]) for index in batch
        }
        self._readings: dict[int, Reading] = {}

    def read(self, index: int) -> Reading:
        """What stands in the crop at this place."""
        if index not in self._readings:
            batch = self._batches[index]
            image = preprocess([self._crops[each] for each in batch])
            answers = self._session.run(None, {"image": image})
            for each, characters, scores, spaces in zip(batch, *answers, strict=True):
                self._readings[each] = decoded(characters, scores, spaces)
        return self._readings[index]


def batches(widths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of crops of these widths, shortest first, in groups for one run each."""
    group: list[int] = []
    for index in sorted(range(len(widths)), key=widths.__getitem__):
        if group and (len(group) + 1) * (widths[index] + MARGIN) > MOST_WIDTH:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def preprocess(crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """(n, 3, 48, w), -1 to 1: n crops side by side, filled up with grey to one width."""
    width = -(-(max(crop.shape[1] for crop in crops) + MARGIN) // STEP) * STEP
    tensor = np.zeros((len(crops), 3, crops[0].shape[0], width), np.float32)
    for line, crop in zip(tensor, crops, strict=True):
        line[:, :, : crop.shape[1]] = crop.transpose(2, 0, 1)
        line[:, :, : crop.shape[1]] /= 127.5
        line[:, :, : crop.shape[1]] -= 1
    return tensor


def decoded(
    characters: NDArray[np.float32], scores: NDArray[np.float32], spaces: NDArray[np.float32]
) -> Reading:
    """A reading from each step's likeliest code point (0 for none), its probability, and the
    probability of a space, (t,) each.

    A character on successive steps is one; a step of none between them makes it two.
    """
    first = np.concatenate([[True], characters[1:] != characters[:-1]])
    steps = np.flatnonzero((characters != 0) & first)
    return Reading(
        text="".join(chr(int(code)) for code in characters[steps]),
        scores=scores[steps],
        places=np.add(steps, 0.5, dtype=np.float64) * STEP,
        spaces=spaces,
    )
