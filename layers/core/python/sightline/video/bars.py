"""Colour bars: the test pictures of SMPTE (EG 1, RP 219) and the EBU (Tech 3325), told by what they
have in common: upright stripes of yellow, cyan, green, magenta, red and blue, in this order.
"""

import numpy as np
from numpy.typing import NDArray

Chroma = NDArray[np.uint8]
Row = NDArray[np.uint8] | NDArray[np.float64]

# In all these pictures the stripes stand here, whatever is above and below; shares of the height.
UPPER, LOWER = 0.2, 0.5
# Directions in the plane of Cb and Cr of the six colours, in degrees: halfway between those of
# BT.601 and BT.709, which are at most 12 degrees apart. Saturation does not change them.
DIRECTIONS = np.array([173.1, 287.3, 225.8, 49.8, 104.6, 351.1])
NEAR = 20.0  # degrees
COLOURED = 25.0  # from neutral grey; stripes of 75 % have 80 and more
# Of the pixels between those heights, how many have the colour of their column.
EVEN, TOLERANCE = 0.85, 10
# A stripe's share of the width: a seventh of three quarters at least, with a margin; at most an
# eighth of the whole with one.
NARROWEST, WIDEST = 0.06, 0.2
EDGE = 3  # columns between two stripes whose colour is neither's


def are_bars(u: Chroma, v: Chroma) -> bool:
    """Whether a picture is colour bars, by its chroma planes (h, w) of equal size, 8 bits."""
    rows = slice(int(UPPER * u.shape[0]), max(int(LOWER * u.shape[0]), 1))
    middle = (u.shape[0] * 2) // 5
    if _coloured(u[middle], v[middle]).mean() < len(DIRECTIONS) * NARROWEST:
        return False  # which is nearly every picture
    columns = []
    for plane in (u[rows].astype(np.int16), v[rows].astype(np.int16)):
        column = np.median(plane, axis=0)
        if (np.abs(plane - column) <= TOLERANCE).mean() < EVEN:
            return False
        columns.append(column)
    return _in_order(_named(columns[0], columns[1]))


def _coloured(u: Row, v: Row) -> NDArray[np.bool_]:
    return np.hypot(u - 128.0, v - 128.0) >= COLOURED


def _named(u: Row, v: Row) -> NDArray[np.int64]:
    """Which of the six colours each column has; -1 where it is grey, -2 where it is another."""
    away = np.degrees(np.arctan2(v - 128.0, u - 128.0))[:, None] - DIRECTIONS
    away = np.abs((away + 180) % 360 - 180)
    names = np.where(away.min(1) <= NEAR, away.argmin(1), -2)
    return np.where(_coloured(u, v), names, -1)


def _in_order(names: NDArray[np.int64]) -> bool:
    """Whether the columns are the six stripes and around them nothing but grey."""
    starts = np.flatnonzero(np.diff(names, prepend=-3))
    widths = np.diff(np.append(starts, len(names)))
    stripes = [
        (int(names[start]), int(width))
        for start, width in zip(starts, widths, strict=True)
        if width > EDGE and names[start] != -1
    ]
    # SMPTE HD's pillars are grey; between the stripes there is no grey.
    return [name for name, _ in stripes] == list(range(len(DIRECTIONS))) and all(
        NARROWEST <= width / len(names) <= WIDEST for _, width in stripes
    )
