"""Text over time: what stands still, what rolls, and for how long, among the lines of text that are
found in single frames.
"""

from dataclasses import dataclass

import numpy as np

from sightline.video.lettering import CELL_HEIGHT, HEIGHT, Lines
from sightline.video.series import Sample

# A line is the same in the next sample if its ends are within so many cells of where they were.
SHIFT = 2
# A line that rolls moves by at least this many cells, and at most by this part of the picture.
ROLLS, FARTHEST = 2, 0.35
TOGETHER = 0.5  # of the lines of a picture roll alike
# A title stands for so many samples, of which it may be overlooked in one between two, and is at
# least so wide, in cells of 160. What is behind it may move one end of its box, but half is common.
STANDS, OVERLOOKED, WIDE, COMMON = 3, 1, 14, 0.5


@dataclass(frozen=True, slots=True)
class Title:
    """A line that stands in samples number `first` to `last`."""

    first: int
    last: int
    box: tuple[int, ...]


def rolling(before: Lines, after: Lines) -> bool:
    """Whether the lines of a picture have moved up or down together in another."""
    if not len(before) or not len(after):
        return False
    ends = np.abs(before[:, None, 2:].astype(int) - after[None, :, 2:]).max(2) <= SHIFT
    moved = (after[None, :, 1].astype(int) - before[:, None, 1])[ends]
    moved = moved[np.abs(moved) <= FARTHEST * HEIGHT / CELL_HEIGHT]
    still = int((np.abs(moved) < ROLLS).sum())
    moved = moved[np.abs(moved) >= ROLLS]
    if not len(moved):
        return False
    alike = int((np.abs(moved[:, None] - moved) <= 1).sum(1).max())
    return alike > still and alike >= TOGETHER * min(len(before), len(after))


def standing(before: Lines, after: Lines) -> int:
    """How many lines of a picture are in another at the same place."""
    if not len(before) or not len(after):
        return 0
    away = np.abs(before[:, None].astype(int) - after[None]).max(2)
    return int((away.min(1) <= SHIFT).sum())


def titles(samples: list[Sample]) -> list[Title]:
    """The lines that stand still for a while, by when they come."""
    going: list[Title] = []
    done: list[Title] = []
    for number, sample in enumerate(samples):
        ended = [each for each in going if number - each.last > OVERLOOKED + 1]
        done += ended
        going = [each for each in going if each not in ended]
        for line in sample.lines:
            box = tuple(int(end) for end in line)
            older = next((each for each in going if _same(each.box, box)), None)
            if older is not None:
                going.remove(older)
                going.append(Title(older.first, number, box))
            elif box[3] - box[2] >= WIDE:
                going.append(Title(number, number, box))
    stood = [each for each in done + going if each.last - each.first + 1 >= STANDS]
    return sorted(stood, key=lambda each: (each.first, each.box))


def _same(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    end = min(abs(one[2] - other[2]), abs(one[3] - other[3]))
    return end <= SHIFT and _common(one, other) >= COMMON


def _common(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Of two boxes, what both cover in parts of what either does."""
    high = min(one[1], other[1]) - max(one[0], other[0])
    wide = min(one[3], other[3]) - max(one[2], other[2])
    both = max(0, high) * max(0, wide)
    areas = ((each[1] - each[0]) * (each[3] - each[2]) for each in (one, other))
    return both / (sum(areas) - both)
