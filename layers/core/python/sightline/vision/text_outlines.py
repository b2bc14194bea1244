"""From the text detector's map to rectangles: connected regions, their convex hulls, the smallest
rectangle around each. Pure arithmetic on arrays, in place of an image library's.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


def regions(mask: NDArray[np.bool_]) -> Iterator[tuple[int, Points]]:
    """The connected regions of an (h, w) mask, diagonal neighbours counted in.

    Yields:
        The region's top row, and (k + 1, 2) its left and right end on the upper edge of each of its
        k rows and on the lower edge of the last one.
    """
    starts, ends = _runs(mask)
    pitch = mask.shape[1] + 1
    labels = _joined(starts, ends, pitch)
    order = np.argsort(labels, kind="stable")  # rows stay in order within a region
    row, left = np.divmod(starts[order], pitch)
    right = left + (ends - starts)[order]
    bounds = np.flatnonzero(np.diff(labels[order])) + 1
    for first, last in zip([0, *bounds], [*bounds, len(order)], strict=True):
        if first < last:
            top, height = row[first], row[last - 1] - row[first] + 1
            sides = np.stack([np.full(height + 1, np.inf), np.full(height + 1, -np.inf)], 1)
            for edge in (row[first:last] - top, row[first:last] - top + 1):
                np.minimum.at(sides[:, 0], edge, left[first:last])
                np.maximum.at(sides[:, 1], edge, right[first:last])
            yield int(top), sides


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and ends of the runs along the rows, as places in rows that are one pixel longer: the
    empty pixel at the end keeps a run from going on in the next row."""
    height, width = mask.shape
    flat = np.zeros(height * (width + 1) + 1, bool)
    flat[1:].reshape(height, width + 1)[:, :width] = mask
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    return changes[::2], changes[1::2]


def _joined(starts: NDArray[np.int64], ends: NDArray[np.int64], pitch: int) -> NDArray[np.int64]:
    """For each run the number of the first run of its region."""
    low = np.searchsorted(ends, starts + pitch, "left")
    touching = (np.searchsorted(starts, ends + pitch, "right") - low).clip(0)
    above = np.repeat(np.arange(len(starts)), touching)
    # Within each group of `touching`, count up from `low`.
    offset = np.arange(len(above)) - np.repeat(np.cumsum(touching) - touching, touching)
    below = np.repeat(low, touching) + offset
    labels = np.arange(len(starts))
    while True:
        least = np.minimum(labels[above], labels[below])
        before = labels.copy()
        np.minimum.at(labels, before[above], least)
        np.minimum.at(labels, before[below], least)
        labels = labels[labels]
        if np.array_equal(labels, before):
            return labels


def hull(top: int, sides: Points) -> Points:
    """(n, 2) corners x, y of the convex hull of a region as `regions` yields it."""
    left = _chain([(float(x), float(top + y)) for y, x in enumerate(sides[:, 0])], 1)
    right = _chain([(float(x), float(top + y)) for y, x in enumerate(sides[:, 1])], -1)
    return np.array(left + right[::-1])


def _chain(points: list[tuple[float, float]], sign: int) -> list[tuple[float, float]]:
    """The points that a string pulled tight from the other side (sign 1: left) still touches."""
    kept: list[tuple[float, float]] = []
    for x, y in points:
        while len(kept) > 1:
            (ax, ay), (bx, by) = kept[-2:]
            if sign * ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) < 0:
                break
            kept.pop()
        kept.append((x, y))
    return kept


def smallest_rectangle(corners: Points) -> Points:
    """(5,): centre x and y, angle in radians, length along that angle and thickness of the
    rectangle of least area around a convex polygon (n, 2).

    One of its sides lies on a side of the polygon (Freeman and Shapira, 1975).
    """
    sides = np.roll(corners, -1, 0) - corners
    angles = np.arctan2(sides[:, 1], sides[:, 0])
    axes = np.stack([np.cos(angles), np.sin(angles)])
    along = corners @ axes
    across = corners @ np.stack([-axes[1], axes[0]])
    length, thickness = np.ptp(along, 0), np.ptp(across, 0)
    best = int(np.argmin(length * thickness))
    x = (along[:, best].max() + along[:, best].min()) / 2
    y = (across[:, best].max() + across[:, best].min()) / 2
    cos, sin = axes[:, best]
    centre = (x * cos - y * sin, x * sin + y * cos)
    return np.array([*centre, angles[best], length[best], thickness[best]])


def mean_inside(values: NDArray[np.float32], rectangle: Points) -> float:
    """The mean of an (h, w) array over the pixels whose middle lies in a rectangle (5,)."""
    x, y, angle, length, thickness = rectangle
    cos, sin = np.cos(angle), np.sin(angle)
    reach_x = (abs(cos) * length + abs(sin) * thickness) / 2
    reach_y = (abs(sin) * length + abs(cos) * thickness) / 2
    left, top = max(int(x - reach_x), 0), max(int(y - reach_y), 0)
    window = values[top : int(y + reach_y) + 1, left : int(x + reach_x) + 1]
    across = np.arange(window.shape[1]) + (left + 0.5 - x)
    down = (np.arange(window.shape[0]) + (top + 0.5 - y))[:, None]
    inside = np.abs(across * cos + down * sin) <= length / 2
    inside &= np.abs(down * cos - across * sin) <= thickness / 2
    return float(window[inside].mean()) if inside.any() else 0.0
