"""Soft transitions: dissolves and fades, in which every frame is a mixture of two pictures.

In between, frames lie on the straight line from one picture to the other, and go along it evenly;
a moving camera leaves the line at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.video.cuts import NEVER, PLAIN, alike, difference, unmoved

Array = NDArray[np.float32]

# Half the frames of the windows in which a mixture is looked for.
HALVES = (2, 3, 5, 8, 12, 18, 26, 36)
# Root mean square change from a window's one end to the other, in levels of 255.
CHANGED = 5.0
# How far the middle frame may be from the line and from its middle, in parts of the way.
OFF_LINE, OFF_MIDDLE = 0.35, 0.2
# A frame belongs to the transition if it goes at least this part of the usual way along the line.
SLOW = 0.3
# How much faster than usual a frame may go: a cut is faster.
FAST = 3.0
# How far the frames of a whole transition may be from its line, in the middle; pictures move.
OFF_WHOLE = 0.45
# Of the change, what a movement does not explain: of pans up to 0.3, of dissolves from 0.7 on.
UNMOVED = 0.5
SHORTEST = 3  # steps from the last frame of one shot to the first of the next
# Pictures differ in parts of their contrast; here they lie further apart in time than at a cut.
DIFFERENT = NEVER + 0.05


@dataclass(frozen=True, slots=True)
class Dissolve:
    """A soft transition.

    Attributes:
        last: the last frame before it.
        first: the first frame after it.
        confidence: 50 to 100.
    """

    last: int
    first: int
    confidence: float


def find_dissolves(pictures: Array, longest: int, begin: int, end: int) -> list[Dissolve]:
    """The soft transitions among pictures (n, 3, 18, 32).

    Args:
        pictures: one after the other.
        longest: steps that a transition may take.
        begin: the first frame that may be the middle of one.
        end: the first that may not.
    """
    flat = pictures.reshape(len(pictures), -1)
    found: list[Dissolve] = []
    for half in HALVES:
        if 2 * half > longest:
            break
        for middle in _middles(flat, half):
            if not begin <= middle < end or any(each.last < middle < each.first for each in found):
                continue
            dissolve = _whole(pictures, flat, middle, half, longest)
            if dissolve is not None:
                found.append(dissolve)
    return found


def _middles(flat: Array, half: int) -> list[int]:
    """The best frame of each run of frames that are in the middle of a mixture."""
    if len(flat) <= 2 * half:
        return []
    way = flat[2 * half :] - flat[: -2 * half]
    gone = flat[half:-half] - flat[: -2 * half]
    length = np.einsum("ij,ij->i", way, way) + 1e-6
    part = np.einsum("ij,ij->i", way, gone) / length
    away = np.einsum("ij,ij->i", gone, gone) / length - part**2
    off = np.sqrt(np.maximum(away, 0))
    mixed = (
        (length >= CHANGED**2 * flat.shape[1])
        & (np.abs(part - 0.5) <= OFF_MIDDLE)
        & (off <= OFF_LINE)
    )
    places = np.flatnonzero(mixed)
    if not len(places):
        return []
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    return [int(run[len(run) // 2]) + half for run in runs]


def _whole(pictures: Array, flat: Array, middle: int, half: int, longest: int) -> Dissolve | None:
    """The transition around a frame, if there is one."""
    last, first = middle - half, middle + half
    for _ in range(2):  # the line is that of a part of the transition at first
        ends = _ends(flat, middle, flat[first] - flat[last], longest)
        if ends is None:
            return None
        last, first = ends
    if first - last < SHORTEST:
        return None
    if alike(pictures[last], pictures[first]) and not _plain(pictures[last], pictures[first]):
        return None
    part = difference(pictures[last], pictures[first])
    off = _off(flat[last : first + 1])
    if part < DIFFERENT or off > OFF_WHOLE or _moves(pictures, last, first):
        return None
    return Dissolve(last, first, 50 + 50 * (1 - off / OFF_WHOLE))


def _ends(flat: Array, middle: int, way: Array, longest: int) -> tuple[int, int] | None:
    """How far the frames go along a line around a frame of it."""
    begin, end = max(0, middle - longest), min(len(flat) - 1, middle + longest)
    speed = np.diff(flat[begin : end + 1] @ way) / float(way @ way + 1e-6)
    at = middle - begin
    usual = float(np.median(speed[max(0, at - 2) : at + 2]))
    if usual <= 0:
        return None
    going = speed >= SLOW * usual
    # A frame that is there twice makes a step of nothing.
    going[1:-1] |= going[:-2] & going[2:]
    stops = np.flatnonzero(~going)
    low = int(stops[stops < at].max(initial=-1)) + 1
    high = int(stops[stops >= at].min(initial=len(going)))
    if high <= low or speed[low:high].max() > FAST * speed[low:high].mean():
        return None
    if high - low > longest:
        return None
    return begin + low, begin + high


def _moves(pictures: Array, last: int, first: int) -> bool:
    """Whether a camera that moves over soft shapes explains the change: in its middle half, which
    is near enough to tell.
    """
    quarter = max(1, (first - last) // 4)
    return unmoved(pictures[last + quarter], pictures[first - quarter]) < UNMOVED


def _plain(first: Array, second: Array) -> bool:
    return bool(min(first[0].std(), second[0].std()) < PLAIN)


def _off(frames: Array) -> float:
    """How far frames are from the line from the first to the last: in parts of the way, the median
    of those in between.
    """
    way = frames[-1] - frames[0]
    length = float(way @ way) + 1e-6
    gone = frames[1:-1] - frames[0]
    part = gone @ way / length
    away = np.einsum("ij,ij->i", gone, gone) / length - part**2
    return float(np.median(np.sqrt(np.maximum(away, 0))))
