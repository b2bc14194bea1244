"""Measures a face on its mesh: the mouth's form, the brows' height, the eyes' opening."""

import numpy as np
from numpy.typing import NDArray

from sightline.vision.landmarks import EYE_LEFT, EYE_RIGHT

MOUTH_LEFT, MOUTH_RIGHT = 61, 291
LIP_TOP, LIP_INNER_TOP, LIP_INNER_BOTTOM, LIP_BOTTOM = 0, 13, 14, 17
NOSE_BASE, CHIN = 2, 152
BROWS_MIDDLE, BROWS_INNER = [105, 334], [107, 336]
CHEEKS = [50, 280]
LIDS_TOP, LIDS_BOTTOM = [159, 386], [145, 374]


def levelled(mesh: NDArray[np.float32]) -> NDArray[np.float32]:
    """(468, 2) of a mesh (468, 3), eyes level, in units of the eyes' distance from their middle."""
    points = mesh[:, :2]
    left, right = points[list(EYE_LEFT)].mean(0), points[list(EYE_RIGHT)].mean(0)
    across = right - left
    distance = np.hypot(*across).clip(1e-6)
    cos, sin = across / distance
    turned = (points - (left + right) / 2) @ np.array([[cos, -sin], [sin, cos]])
    level: NDArray[np.float32] = (turned / distance).astype(np.float32)
    return level


def mouth_gap(mesh: NDArray[np.float32]) -> float:
    """Distance of the lips' inner edges, in distances of the eyes; shut mouths stay near 0."""
    points = levelled(mesh)
    return float(points[LIP_INNER_BOTTOM, 1] - points[LIP_INNER_TOP, 1])


def expression_shape(mesh: NDArray[np.float32]) -> NDArray[np.float32]:
    """(12,) distances that change with the expression, in distances of the eyes."""
    x, y = levelled(mesh).T
    corners = (y[MOUTH_LEFT] + y[MOUTH_RIGHT]) / 2
    return np.array(
        [
            x[MOUTH_RIGHT] - x[MOUTH_LEFT],
            y[LIP_INNER_BOTTOM] - y[LIP_INNER_TOP],
            y[LIP_BOTTOM] - y[LIP_TOP],
            (y[LIP_INNER_TOP] + y[LIP_INNER_BOTTOM]) / 2 - corners,
            y[NOSE_BASE] - corners,
            y[LIP_TOP] - y[NOSE_BASE],
            y[CHIN] - y[LIP_BOTTOM],
            y[BROWS_MIDDLE].mean(),
            y[BROWS_INNER].mean(),
            x[BROWS_INNER[1]] - x[BROWS_INNER[0]],
            (y[LIDS_BOTTOM] - y[LIDS_TOP]).mean(),
            y[CHEEKS].mean(),
        ],
        np.float32,
    )
