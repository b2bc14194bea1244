"""Cuts a turned and scaled square out of a photo, so that each network sees faces as it learnt
them; and brings what it finds back into the photo's pixels.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Points = NDArray[np.float32]


def similarity(source: Points, target: Points) -> NDArray[np.float64]:
    """The turn, scale and shift (2, 3) that bring `source` (n, 2) closest to `target` (n, 2).

    Least squares without mirroring. In the complex plane a similarity is z → a·z + b, so it is
    the regression of one set of numbers on the other.
    """
    z, w = (each[:, 0] + 1j * each[:, 1] for each in (source.astype(float), target.astype(float)))
    centred = z - z.mean()
    a = np.vdot(centred, w - w.mean()) / max(np.vdot(centred, centred).real, 1e-12)
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def square(
    centre: NDArray[np.floating[Any]], side: float, angle: float, size: int
) -> NDArray[np.float64]:
    """(2, 3) from the pixels of a `size`-wide crop to the photo's: a square of `side` photo pixels
    around `centre` (2,), turned clockwise by `angle` radians.
    """
    scale = side / size
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    half = size / 2
    return np.array(
        [
            [cos, -sin, centre[0] - (cos - sin) * half],
            [sin, cos, centre[1] - (sin + cos) * half],
        ]
    )


def inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The way back of a (2, 3) similarity."""
    turn = np.linalg.inv(matrix[:, :2])
    return np.hstack([turn, -turn @ matrix[:, 2:]])


def moved(points: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """(n, 2) points through a (2, 3) matrix."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def cut(pixels: NDArray[np.uint8], matrix: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    """The (size, size, 3) crop whose pixels `matrix` (2, 3) maps into the (h, w, 3) photo.

    Parts outside the photo are black. Large faces are first averaged down by a whole factor:
    bilinear sampling alone would skip pixels and show patterns that are not there.
    """
    corners = moved(np.array([[0, 0], [size, 0], [0, size], [size, size]], np.float32), matrix)
    factor = max(1, int(math.sqrt(abs(np.linalg.det(matrix[:, :2])))))
    limits = (pixels.shape[1], pixels.shape[0])
    low = [min(max(int(c) - factor, 0), m - 1) for c, m in zip(corners.min(0), limits, strict=True)]
    high = [
        min(max(int(c) + factor + 2, start + 1), m)
        for c, start, m in zip(corners.max(0), low, limits, strict=True)
    ]
    region = Image.fromarray(pixels[low[1] : high[1], low[0] : high[0]])
    if factor > 1:
        region = region.reduce(factor)
    local = matrix.copy()
    local[:, 2] -= low
    coefficients = tuple((local / factor).ravel())
    crop = region.transform(
        (size, size), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(crop)


def upright(
    box: NDArray[np.float32], eyes: NDArray[np.float32], share: float, size: int
) -> NDArray[np.float64]:
    """The (2, 3) crop around a box (4,), `share` times its longer side wide, turned so that the
    eyes (2, 2), the picture's left one first, lie level.
    """
    across, down = eyes[1] - eyes[0]
    side = share * float(max(box[2] - box[0], box[3] - box[1]))
    return square((box[:2] + box[2:]) / 2, side, math.atan2(down, across), size)


def mirrored(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(2n, h, w, 3): n images, then the same seen in a mirror."""
    return np.concatenate([images, images[:, :, ::-1]])
