"""Finds lines of text: PP-OCR's detector (differentiable binarisation, Liao et al., 2020), which
marks the core of each line, and the rectangles around those cores.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightline.vision.session import Session
from sightline.vision.text_outlines import hull, mean_inside, regions, smallest_rectangle

ALIGNMENT = 32  # the input's sides are multiples of the network's deepest stride
# Enlarging finds the small lettering of street photos; beyond this only blur grows.
MOST_ENLARGED = 2.0
# A core begins at this probability (the network's authors' value), and counts if its rectangle
# holds this much on average: less than their 0.5, for the recogniser judges what comes of it.
MIN_PROBABILITY = 0.3
MIN_SCORE = 0.4
SURE = 0.7  # from this score on a core is text, most likely
# From this ratio of length to thickness on, a core's long side is the way its text runs.
LONG = 1.5
MIN_THICKNESS = 2.5  # of a core, in input pixels; thinner ones are scratches


@dataclass(frozen=True, slots=True)
class TextCores:
    """The cores of lines, in pixels of the photo's array.

    Attributes:
        rectangles: (n, 5) centre x and y, angle in radians, length along it, thickness. Angles are
            those of any side: which way the text runs is not known yet.
        scores: (n,) mean probability in the rectangle, 0 to 1.
    """

    rectangles: NDArray[np.float64]
    scores: NDArray[np.float64]


class TextDetector:
    """Photo pixels in, cores of lines out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def detect(self, pixels: NDArray[np.uint8], area: int) -> TextCores:
        """The lines of an (h, w, 3) RGB array, seen in an input of about `area` pixels.

        The network takes large letters that stand above each other for words of their own. So where
        most of what it finds does not run across the photo, it is shown the photo on its side too,
        and the look in which more text runs across counts.
        """
        level = self._look(pixels, area)
        across, length = _lengths(level)
        if across >= length / 2:
            return level
        turned = self._look(np.rot90(pixels), area)
        if _lengths(turned)[0] <= across:
            return level
        x, y, angle, length, thickness = turned.rectangles.T
        back = [pixels.shape[1] - y, x, angle + math.pi / 2, length, thickness]
        return TextCores(np.stack(back, 1), turned.scores)

    def _look(self, pixels: NDArray[np.uint8], area: int) -> TextCores:
        height, width = pixels.shape[:2]
        scale = min(math.sqrt(area / (height * width)), MOST_ENLARGED)
        (heat,) = self._session.run(None, {"image": preprocess(pixels, scale)})
        return postprocess(heat[0, 0], scale)


def _lengths(cores: TextCores) -> tuple[float, float]:
    """How much text runs across the photo, within 45 degrees, and how much there is: sums of
    lengths. Cores that the detector is not sure of may be anything and are left out."""
    _, _, angle, length, thickness = cores.rectangles[cores.scores >= SURE].T
    longer = np.maximum(length, thickness)
    upright = np.abs(np.sin(angle)) > math.sqrt(0.5)
    across = (length >= thickness) != upright
    clear = longer >= LONG * np.minimum(length, thickness)
    return float(longer[across & clear].sum()), float(longer.sum())


def preprocess(pixels: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
    """(1, 3, h, w), -1 to 1: a scaled (h, w, 3) RGB array, filled up with grey at the right and
    below to sides of whole multiples of 32."""
    height, width = (max(round(side * scale), 1) for side in pixels.shape[:2])
    image = pixels
    if (height, width) != pixels.shape[:2]:
        resized = Image.fromarray(pixels).resize(
            (width, height), Image.Resampling.BILINEAR, reducing_gap=2.0
        )
        image = np.asarray(resized)
    sides = (-(-side // ALIGNMENT) * ALIGNMENT for side in (height, width))
    tensor = np.zeros((1, 3, *sides), np.float32)
    tensor[0, :, :height, :width] = image.transpose(2, 0, 1)
    tensor[0, :, :height, :width] /= 127.5
    tensor[0, :, :height, :width] -= 1
    return tensor


def postprocess(heat: NDArray[np.float32], scale: float) -> TextCores:
    """The cores in a map (h, w) of probabilities, in pixels of the array before scaling."""
    found = []
    for top, sides in regions(heat >= MIN_PROBABILITY):
        rectangle = smallest_rectangle(hull(top, sides))
        if min(rectangle[3:]) >= MIN_THICKNESS:
            score = mean_inside(heat, rectangle)
            if score >= MIN_SCORE:
                found.append((*rectangle, score))
    cores = np.array(found).reshape(-1, 6)
    return TextCores(cores[:, :5] / [scale, scale, 1, scale, scale], cores[:, 5])
