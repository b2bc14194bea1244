"""The order in which people read lines of text."""

import numpy as np
from numpy.typing import NDArray

# A line whose middle is no further below that of its row's first than this share of its thickness
# stands in the same row.
SAME_ROW = 0.5


def reading_order(rectangles: NDArray[np.float64]) -> list[int]:
    """Indices of lines (n, 5: centre x and y, angle, length, thickness), from top to bottom, and
    from left to right within a row.

    Top and left are the page's: where most of the text is turned, rows turn with it.
    """
    x, y, angle, length, thickness = rectangles.T
    main = np.angle(np.sum(np.exp(1j * angle) * length))
    along = x * np.cos(main) + y * np.sin(main)
    down = y * np.cos(main) - x * np.sin(main)
    order: list[int] = []
    row: list[int] = []
    for index in map(int, np.argsort(down, kind="stable")):
        if row and down[index] - down[row[0]] > SAME_ROW * thickness[index]:
            order += sorted(row, key=along.__getitem__)
            row = []
        row.append(index)
    return order + sorted(row, key=along.__getitem__)
