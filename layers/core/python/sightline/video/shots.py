"""Shots: where one picture follows another at once, and where one turns into the other slowly.

Cuts and soft transitions are told from the thumbnails of the frames around them. The series is read
in blocks that overlap, so that hours of it need little memory; blocks are counted in frames from
the video's start, so that it does not matter how the video was cut into pieces.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sightline.video.cuts import Cut, find_cuts
from sightline.video.dissolves import Dissolve, find_dissolves

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]

BLOCK = 2000  # frames
SLOWEST = 3.0  # seconds of the longest transition that is found
MARGIN = 16  # frames more
# Black between two fades belongs to the transition if it is shorter than this.
HELD, BLACK = 0.5, 0.95  # seconds; share of black pixels
PARTED = 0.12  # seconds between two parts of one transition
# Shares of pixels that are not black: on a black picture there is nothing, or there is text.
NOTHING, SOMETHING = 0.0005, 0.002
STEADY, FRAMES = 1.5, 5  # text that is there at once stays about as much for so many frames
TEXT_CONFIDENCE = 90.0


@dataclass(frozen=True, slots=True)
class Shot:
    """A run of frames, both ends included; confidence 50 to 100."""

    first: int
    last: int
    confidence: float


class Thumbnails(Protocol):
    """Reads the thumbnails of a piece of the video: (n, 18, 32) and (n, 2, 9, 16)."""

    def __call__(self) -> tuple[Bytes, Bytes]: ...


def find_shots(pieces: Sequence[Thumbnails], dark: Array, rate: float) -> list[Shot]:
    """The shots of a video, in its order.

    Args:
        pieces: its thumbnails.
        dark: (n,) the share of black pixels of all its frames.
        rate: of frames, per second.
    """
    if not len(dark):
        return []
    longest = max(4, round(SLOWEST * rate))
    borders = [_border(each) for each in _appearances(dark)]
    soft: list[Dissolve] = []
    for start, number, block in _blocks(pieces, longest + MARGIN):
        begin = number - start
        end = min(begin + BLOCK, len(block))
        borders += [
            Dissolve(each.frame - 1 + start, each.frame + start, each.confidence)
            for each in find_cuts(block, rate, begin, end)
        ]
        soft += [
            Dissolve(each.last + start, each.first + start, each.confidence)
            for each in find_dissolves(block, longest, begin, end)
        ]
    return _between(_joined(_sorted_out(borders, soft), dark, rate), len(dark))


def _blocks(pieces: Sequence[Thumbnails], margin: int) -> Iterator[tuple[int, int, Array]]:
    """The number of the first frame of each block, that of the first frame that it is about, and
    its pictures (n, 3, 18, 32).
    """
    start = number = 0
    luma, chroma = np.empty((0, 18, 32), np.uint8), np.empty((0, 2, 9, 16), np.uint8)
    for piece, read in enumerate(pieces):
        more = read()
        luma, chroma = np.concatenate([luma, more[0]]), np.concatenate([chroma, more[1]])
        last = piece == len(pieces) - 1
        while len(luma) >= (ready := number + BLOCK + margin - start) or (
            last and len(luma) > number - start
        ):
            yield start, number, _pictures(luma[:ready], chroma[:ready])
            number += BLOCK
            dropped = max(0, number - margin - start)
            start += dropped
            luma, chroma = luma[dropped:], chroma[dropped:]


def _pictures(luma: Bytes, chroma: Bytes) -> Array:
    large = chroma.repeat(2, axis=2).repeat(2, axis=3)
    return np.concatenate([luma[:, None], large], axis=1).astype(np.float32)


def _appearances(dark: Array) -> list[Cut]:
    """Where text is suddenly there on a black picture, or gone: too little for thumbnails."""
    bright = 1.0 - dark
    cuts = []
    for frame in range(1, len(bright)):
        before, after = bright[frame - 1], bright[frame]
        if before <= NOTHING and after >= SOMETHING:
            stays = bright[frame : frame + FRAMES]
        elif before >= SOMETHING and after <= NOTHING:
            stays = bright[max(0, frame - FRAMES) : frame]
        else:
            continue
        if stays.max() <= STEADY * stays.min() and stays.max() <= 1 - BLACK:
            cuts.append(Cut(frame, TEXT_CONFIDENCE))
    return cuts


def _border(cut: Cut) -> Dissolve:
    return Dissolve(cut.frame - 1, cut.frame, cut.confidence)


def _sorted_out(cuts: list[Dissolve], soft: list[Dissolve]) -> list[Dissolve]:
    """All borders in order. Of soft transitions that overlap the surest stays, and none has a cut
    in it.
    """
    kept: list[Dissolve] = []
    for each in sorted(soft, key=lambda one: (-one.confidence, one.last)):
        if all(each.first <= other.last or other.first <= each.last for other in kept):
            kept.append(each)
    hard = {
        cut.first: cut
        for cut in cuts
        if all(cut.first <= each.last or cut.last >= each.first for each in kept)
    }
    return sorted([*kept, *hard.values()], key=lambda one: one.first)


def _joined(borders: list[Dissolve], dark: Array, rate: float) -> list[Dissolve]:
    """Borders with short black between them, of which one is a fade, as one; and the parts of a
    transition in which something else moved.
    """
    made: list[Dissolve] = []
    for each in borders:
        if made:
            before = made[-1]
            soft = (before.first - before.last > 1) + (each.first - each.last > 1)
            between = dark[before.first : each.last + 1]
            black = len(between) == 0 or between.mean() >= BLACK
            if (soft and black and len(between) < HELD * rate) or (
                soft == 2 and len(between) <= PARTED * rate
            ):
                confidence = min(before.confidence, each.confidence)
                made[-1] = Dissolve(before.last, each.first, confidence)
                continue
        made.append(each)
    return made


def _between(borders: list[Dissolve], count: int) -> list[Shot]:
    """The shots that borders leave; a shot is as sure as the less sure of its ends."""
    firsts = [(0, 100.0), *((each.first, each.confidence) for each in borders)]
    lasts = [*((each.last, each.confidence) for each in borders), (count - 1, 100.0)]
    return [
        Shot(first, last, min(one, other))
        for (first, one), (last, other) in zip(firsts, lasts, strict=True)
        if first <= last
    ]
