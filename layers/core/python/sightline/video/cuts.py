"""Cuts: a frame that has nothing to do with the one before.

A frame is compared with the one before it as a whole and in quarters that may have moved, so that a
moving camera is no cut; with how fast the picture changes anyway around it; and with the frames
that follow, so that a flash is none.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float32]

# How far a quarter of the picture may have moved, in cells of the thumbnail: an eighth of its
# width, a sixth of its height.
ACROSS, DOWN = 4, 3
# Differences in levels of 255. Below the first no cut is looked for: that is less than a change of
# light. The second is added to the contrast of the two pictures, to which a difference is compared.
SMALLEST, NOISE = 6.0, 8.0
# A difference in parts of the contrast of both pictures that is surely none, and surely a cut.
# Moving cameras reach 0.22, cuts between the likest scenes 0.4.
NEVER, SURE = 0.26, 0.5
# How many times what else changes from frame to frame nearby.
STANDS_OUT = 1.5
AROUND = 6  # frames on each side that are nearby
OUTLIERS = 2  # of those frames, other cuts
# A picture that is back within this time was only hidden by a flash.
FLASH = 0.2  # seconds
# Correlation of two pictures from which on they are one in different light, if they have contrast
# enough to tell, and the light changes by no more than so many times that.
SAME, PLAIN, SHIFT = 0.9, 6.0, 2.0


@dataclass(frozen=True, slots=True)
class Cut:
    """The first frame of a new picture; confidence 50 to 100."""

    frame: int
    confidence: float


def changes(pictures: Array) -> Array:
    """(n - 1,) How much each of (n, 3, 18, 32) differs from the next: the mean over the picture of
    the differences of its three components' sum.
    """
    found: Array = np.abs(np.diff(pictures, axis=0)).sum(1).mean((1, 2))
    return found


def difference(first: Array, second: Array) -> float:
    """Of two pictures (3, 18, 32), in parts of their contrasts' sum; what has moved within a
    quarter of the picture counts as little as it can.
    """
    return _moved(first, second) / float(first[0].std() + second[0].std() + NOISE)


def alike(first: Array, second: Array) -> bool:
    """Whether two pictures differ in their light alone. Plain ones have nothing to tell that by."""
    one, other = (each[0] - each[0].mean() for each in (first, second))
    contrast = float(one.std() * other.std())
    least = min(one.std(), other.std())
    light = abs(float(first[0].mean() - second[0].mean()))
    if least < PLAIN or light > SHIFT * least or _tinted(first, second) > NOISE:
        return False
    return float((one * other).mean()) / contrast >= SAME


def _tinted(first: Array, second: Array) -> float:
    """By how many levels the colour of two pictures differs beyond being paler or stronger."""
    one, other = (each[1:].mean((1, 2)) - 128 for each in (first, second))
    stronger = max(0.0, float(one @ other) / (float(one @ one) + 1e-6))
    return float(np.abs(other - stronger * one).max())


def unmoved(first: Array, second: Array) -> float:
    """The part, 0 to 1, of the difference between two pictures that no movement of its quarters
    takes away.
    """
    return _moved(first, second) / (float(np.abs(first - second).sum(0).mean()) + 1e-6)


def find_cuts(pictures: Array, rate: float, begin: int, end: int) -> list[Cut]:
    """The cuts among pictures (n, 3, 18, 32).

    Args:
        pictures: one after the other.
        rate: of frames, per second.
        begin: the first of them that may be a cut.
        end: the first that may not.
    """
    changed = np.concatenate([[0.0], changes(pictures)])
    found = []
    for frame in np.flatnonzero(changed >= SMALLEST).tolist():
        if not max(begin, 1) <= frame < end:
            continue
        nearby = np.concatenate(
            [
                changed[max(frame - AROUND, 1) : frame],
                changed[frame + 1 : frame + AROUND + 1],
            ]
        )
        usual = float(np.sort(nearby)[-OUTLIERS - 1]) if len(nearby) > OUTLIERS else 0.0
        if changed[frame] < STANDS_OUT * usual:
            continue
        confidence = _confidence(pictures, frame, usual, max(3, round(FLASH * rate)))
        if confidence is not None:
            found.append(Cut(frame, confidence))
    return found


def _confidence(pictures: Array, frame: int, usual: float, flash: int) -> float | None:
    before, after = pictures[frame - 1], pictures[frame]
    moved = _moved(before, after)
    part = moved / float(before[0].std() + after[0].std() + NOISE)
    if part < NEVER or moved < STANDS_OUT * usual or alike(before, after):
        return None
    for later in range(frame + 1, min(frame + flash + 1, len(pictures))):
        if _same(before, pictures[later]):
            return None
    for earlier in range(max(0, frame - 1 - flash), frame - 1):
        if _same(pictures[earlier], after):
            return None
    return 50 + 50 * min(1.0, (part - NEVER) / (SURE - NEVER))


def _same(first: Array, second: Array) -> bool:
    return difference(first, second) < NEVER / 2 or alike(first, second)


def _moved(first: Array, second: Array) -> float:
    """The mean difference in levels, each quarter of `second` set against the place in `first`
    that fits best.
    """
    rows, columns = first.shape[1:]
    padded = np.pad(first, ((0, 0), (DOWN, DOWN), (ACROSS, ACROSS)), mode="edge")
    shifted = sliding_window_view(padded, (rows, columns), axis=(1, 2))
    away = np.abs(shifted - second[:, None, None]).sum(0)
    quarters = away.reshape(-1, 2, rows // 2, 2, columns // 2).mean((2, 4))
    return float(quarters.min(0).mean())
