"""All frames of a video, as few figures each as fit into memory for six hours of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.video.lettering import Lines

# Levels of 255 within which cells of a thumbnail are one ground.
ONE_GROUND = 12
# A frame whose edge is as even as this, in levels, stands on a plain ground; what stands on it
# differs by so much, in at least this part of the cells.
EVEN_EDGE, EMBLEM, EMBLEM_CELLS = 6.0, 24, 0.01


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame that was searched for text.

    Attributes:
        frame: its number.
        lines: of text.
        ground: the share of the picture that has one brightness.
        emblem: whether something stands on a plain ground and does not reach the edge.
    """

    frame: int
    lines: Lines
    ground: float
    emblem: bool


@dataclass(frozen=True, slots=True)
class Series:
    """A video of n frames.

    Attributes:
        rate: frames per second.
        milliseconds: (n,) from the video's start.
        dark: (n,) the share of black pixels.
        bars: (n,) whether a frame is colour bars.
        loud: (n,) the greatest root mean square of the sound during each, 0 to 1.
        samples: of some frames, more; in order.
    """

    rate: float
    milliseconds: NDArray[np.int32]
    dark: NDArray[np.float32]
    bars: NDArray[np.bool_]
    loud: NDArray[np.float32]
    samples: list[Sample]


@dataclass(frozen=True, slots=True)
class Run:
    """Frames from `start` on and before `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """In frames."""
        return self.end - self.start


def runs(mask: NDArray[np.bool_]) -> list[Run]:
    """The stretches of frames that are true."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0)).tolist()
    return [Run(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def closed(mask: NDArray[np.bool_], gap: float) -> NDArray[np.bool_]:
    """The same, with gaps of at most so many frames filled; not those at the ends."""
    filled = mask.copy()
    for each in runs(~mask):
        if each.length <= gap and each.start > 0 and each.end < len(mask):
            filled[each.start : each.end] = True
    return filled


def ground(luma: NDArray[np.uint8]) -> float:
    """The share of a thumbnail's cells (18, 32) that are as bright as the most are."""
    counts = np.bincount(luma.ravel(), minlength=256 + 2 * ONE_GROUND)
    sums = np.cumsum(np.concatenate([[0], counts]))
    width = 2 * ONE_GROUND
    return float((sums[width:] - sums[:-width]).max() / luma.size)


def has_emblem(luma: NDArray[np.uint8]) -> bool:
    """Whether something stands on a plain ground, in a thumbnail (18, 32)."""
    edge = np.concatenate([luma[:2].ravel(), luma[-2:].ravel(), luma[:, :2].ravel()])
    edge = np.concatenate([edge, luma[:, -2:].ravel()]).astype(np.float64)
    differs = np.abs(luma[2:-2, 2:-2] - edge.mean()) >= EMBLEM
    return bool(edge.std() <= EVEN_EDGE and differs.mean() >= EMBLEM_CELLS)


def loudness(
    milliseconds: NDArray[np.int32], steps: NDArray[np.float32], step: int
) -> NDArray[np.float32]:
    """(n,) the greatest loudness during each of n frames, of that of steps of time."""
    if not len(steps):
        return np.zeros(len(milliseconds), np.float32)
    starts = np.minimum(milliseconds // step, len(steps) - 1)
    found: NDArray[np.float32] = np.maximum.reduceat(steps, starts)
    return found
