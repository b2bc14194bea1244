"""Where lines of text stand in a picture, told by the letters' strokes alone: for credits and
slates it only matters that there is text, not what it says, and hours have to be looked at.

Letters are narrow strokes of one colour that stand out from what is behind them, close beside each
other in a row with nothing right above and below. That holds for titles in all scripts that are
written in lines.
"""

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.bool_]
Luma = NDArray[np.int16]

# The picture that strokes are looked for in, and the cells of the map that tells where they are.
HEIGHT, WIDTH = 360, 640
CELL_HEIGHT, CELL_WIDTH = 2, 4
ROWS, COLUMNS = HEIGHT // CELL_HEIGHT, WIDTH // CELL_WIDTH
# A stroke differs from some of what is this many pixels beside it, on either side, by this much of
# 255; a whole line, from most of what is around its letters, by more.
BESIDE, STROKE_CONTRAST, LINE_CONTRAST = (2, 4, 6), 40, 90
REACH = max(BESIDE)
# Letters of a line are at most this many cells apart, and a line is at least so many long.
GAP, LENGTH = 4, 8
# Heights of a line, in cells: 2.8 % to 13 % of the picture's. Its width is this many heights.
LOWEST, HIGHEST, ASPECT = 5, 24, 2.5
# Of a line's columns of cells that have a stroke, and of its pixels that are in one.
COVERED, INKED = 0.6, 0.1
# Of the strokes, how many have the colour of the line: less away from its brightest tenth than this
# part of the contrast. Thin letters have soft edges.
ALIKE, TINT = 0.7, 0.38
MOST = 24  # lines of a picture that are kept

# The lines of a picture, (n, 4): top, bottom, left, right, in cells; bottom and right are beyond.
Lines = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Strokes:
    """Narrow marks: `raised`, the picture in which they are bright, and which pixels are in one."""

    raised: Luma
    marks: Map


def lines(luma: Luma) -> Lines:
    """The lines of text in a picture (360, 640), 0 to 255: of bright letters or of dark ones,
    whichever are more.
    """
    bright, dark = (_lines(_strokes(raised)) for raised in (luma, -luma))
    found = bright if len(bright) >= len(dark) else dark
    return np.array(found[:MOST], np.uint8).reshape(-1, 4)


def _strokes(raised: Luma) -> _Strokes:
    """The pixels that are higher than what is on both sides."""
    left, right = (
        reduce(
            np.minimum,
            [raised[:, REACH + side * by : WIDTH - REACH + side * by] for by in BESIDE],
        )
        for side in (-1, 1)
    )
    marks = np.zeros((HEIGHT, WIDTH), bool)
    marks[:, REACH:-REACH] = raised[:, REACH:-REACH] - STROKE_CONTRAST > np.maximum(left, right)
    return _Strokes(raised, marks)


def _lines(found: _Strokes) -> list[list[int]]:
    cells = _joined(_joined(found.marks, CELL_HEIGHT).T, CELL_WIDTH).T
    # Letters without upright strokes, such as a hyphen, must not break a line.
    thick = cells.copy()
    thick[1:] |= cells[:-1]
    thick[:-1] |= cells[1:]
    return [box for box in _components(_words(thick)) if _is_text(found, box)]


def _joined(marks: Map, count: int) -> Map:
    """Each so many rows as one. Slices, for a reduction over short axes takes ten times as long."""
    rows = marks[::count].copy()
    for at in range(1, count):
        rows |= marks[at::count]
    return rows


def _words(cells: Map) -> list[list[tuple[int, int]]]:
    """Of each row, the runs of cells with their gaps closed, each as its first and its end."""
    runs: list[list[tuple[int, int]]] = [[] for _ in range(ROWS)]
    rows, columns = np.nonzero(cells)
    if not len(rows):
        return runs
    breaks = np.flatnonzero((np.diff(rows) != 0) | (np.diff(columns) > GAP))
    firsts = np.concatenate([[0], breaks + 1])
    lasts = np.concatenate([breaks, [len(rows) - 1]])
    long = columns[lasts] - columns[firsts] >= LENGTH - 1
    for first, last in zip(firsts[long].tolist(), lasts[long].tolist(), strict=True):
        runs[rows[first]].append((int(columns[first]), int(columns[last]) + 1))
    return runs


def _components(runs: list[list[tuple[int, int]]]) -> list[list[int]]:
    """Boxes around runs that touch each other from row to row, from top to bottom."""
    boxes: dict[int, list[int]] = {}
    above: list[tuple[int, int, int]] = []
    count = 0
    for row, here in enumerate(runs):
        now: list[tuple[int, int, int]] = []
        for first, end in here:
            name, box = count, [row, row + 1, first, end]
            count += 1
            for touched in {at for start, stop, at in above if start < end and first < stop}:
                other = boxes.pop(touched)
                box = [
                    min(box[0], other[0]),
                    row + 1,
                    min(box[2], other[2]),
                    max(box[3], other[3]),
                ]
                above = [(a, b, name if at == touched else at) for a, b, at in above]
                now = [(a, b, name if at == touched else at) for a, b, at in now]
            boxes[name] = box
            now.append((first, end, name))
        above = now
    return sorted(boxes.values())


def _is_text(found: _Strokes, box: list[int]) -> bool:
    top, bottom, left, right = box
    height, width = (bottom - top) * CELL_HEIGHT, (right - left) * CELL_WIDTH
    if not LOWEST <= bottom - top <= HIGHEST or width < ASPECT * height:
        return False
    place = (
        slice(top * CELL_HEIGHT, bottom * CELL_HEIGHT),
        slice(left * CELL_WIDTH, right * CELL_WIDTH),
    )
    marks, raised = found.marks[place], found.raised[place]
    covered = marks.any(0).reshape(-1, CELL_WIDTH).any(1).mean()
    if covered < COVERED or marks.mean() < INKED:
        return False
    peaks = marks.copy()
    peaks[:, 1:] &= raised[:, 1:] >= raised[:, :-1]
    peaks[:, :-1] &= raised[:, :-1] >= raised[:, 1:]
    values = raised[peaks]
    brightest = float(np.percentile(values, 90))
    contrast = brightest - float(np.median(raised[~marks]))
    alike = float((values > brightest - TINT * contrast).mean())
    return alike >= ALIKE and contrast >= LINE_CONTRAST
