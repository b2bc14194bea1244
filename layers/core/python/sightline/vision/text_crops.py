"""Cuts lines of text out of a photo, level and 48 pixels high, as the recogniser reads them."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightline.vision.text_detector import LONG

Rectangles = NDArray[np.float64]

HEIGHT = 48  # of the recogniser's input
MIN_WIDTH, MAX_WIDTH = 16, 2400  # a line that would be longer is squeezed
# How far text reaches around its core, in units of core area over half its perimeter. The
# detector's training shrinks outlines by 0.84 of that unit; on the street photos and receipts of
# the benchmark the outlines drawn by people lie at 1.0 (median), and the recogniser, which learnt
# on looser ones, reads best at 1.5.
OUTLINE, CROP = 1.0, 1.5


def grown(rectangle: Rectangles, share: float) -> Rectangles:
    """A core's rectangle (5,), let out on all sides by `share` units (see `OUTLINE`)."""
    length, thickness = rectangle[3:]
    larger = rectangle.copy()
    larger[3:] += share * length * thickness / (length + thickness)
    return larger


def oriented(rectangles: Rectangles) -> Rectangles:
    """(n, 5) rectangles whose angle, -90 to 90 degrees, is the way in which the text runs.

    The long side tells it; a rectangle that is nearly square takes after the long ones of the
    photo.
    """
    x, y, angle, length, thickness = rectangles.T
    tall = length < thickness
    angle = angle + tall * (math.pi / 2)
    longer, shorter = np.maximum(length, thickness), np.minimum(length, thickness)
    clear = longer >= LONG * shorter
    # Angles double so that a direction and its opposite are one.
    main = np.angle(np.sum(np.exp(2j * angle[clear]) * longer[clear])) / 2 if clear.any() else 0.0
    across = np.abs(wrapped(angle - main)) > math.pi / 4
    turned = ~clear & across
    angle = wrapped(angle + turned * (math.pi / 2))
    sides = np.where(turned, shorter, longer), np.where(turned, longer, shorter)
    return np.stack([x, y, angle, *sides], 1)


def wrapped(angle: Rectangles) -> Rectangles:
    """The same directions without sense, -90 to 90 degrees, in radians."""
    half = math.pi / 2
    same: Rectangles = np.remainder(angle + half, math.pi) - half
    return same


def corners(rectangle: Rectangles) -> Rectangles:
    """(4, 2): x, y from the text's own top left clockwise."""
    angle, length, thickness = rectangle[2:]
    along = np.array([math.cos(angle), math.sin(angle)]) * length / 2
    down = np.array([-math.sin(angle), math.cos(angle)]) * thickness / 2
    offsets = np.array([-along - down, along - down, along + down, down - along])
    placed: Rectangles = rectangle[:2] + offsets
    return placed


class LineCutter:
    """Cuts lines out of one photo, and keeps the reduced copies that large lettering needs."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._sizes = {1: Image.fromarray(pixels)}

    def cut(self, rectangle: Rectangles) -> NDArray[np.uint8]:
        """(48, w, 3) RGB: the inside of a rectangle (5,); what lies beyond the photo is grey."""
        length, thickness = rectangle[3:]
        # Resampling takes 4 × 4 pixels: from a photo much larger than the crop it would skip most.
        factor = max(1, int(thickness / HEIGHT))
        width = int(min(max(math.ceil(HEIGHT * length / thickness), MIN_WIDTH), MAX_WIDTH))
        (left, top), (right, upper), _, (lower, bottom) = corners(rectangle) / factor
        matrix = (
            *((right - left) / width, (lower - left) / HEIGHT, left),
            *((upper - top) / width, (bottom - top) / HEIGHT, top),
        )
        crop = self._reduced(factor).transform(
            (width, HEIGHT),
            Image.Transform.AFFINE,
            tuple(float(each) for each in matrix),
            Image.Resampling.BICUBIC,
            fillcolor=(128, 128, 128),
        )
        return np.asarray(crop)

    def _reduced(self, factor: int) -> Image.Image:
        if factor not in self._sizes:
            self._sizes[factor] = self._sizes[1].reduce(factor)
        return self._sizes[factor]
