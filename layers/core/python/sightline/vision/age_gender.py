"""Estimates age and gender: face-api's Tiny Xception."""

import numpy as np
from numpy.typing import NDArray

from sightline.vision.align import cut, mirrored
from sightline.vision.locator import Located
from sightline.vision.session import Session

SIZE = 112
# Of the box's longer side. The network looks four times, at two crops and at both mirrored;
# tighter or wider ones are worse at once.
MARGINS = (0.9, 1.0)
MEAN = np.array([122.782, 117.001, 104.298], np.float32)  # RGB, of the network's training set


class AgeGenderEstimator:
    """Photo pixels and a face in, age and chance of being male out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def estimate(self, pixels: NDArray[np.uint8], face: Located) -> tuple[float, float]:
        """Age in years, and the log odds of male."""
        images = np.stack([cut(pixels, face.crop(margin, SIZE), SIZE) for margin in MARGINS])
        ages, genders = self._session.run(None, {"image": preprocess(mirrored(images))})
        return postprocess(ages, genders)


def preprocess(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 112, 112, 3) RGB to (n, 3, 112, 112), minus the mean, over 255."""
    return ((images - MEAN) / np.float32(255)).transpose(0, 3, 1, 2)


def postprocess(ages: NDArray[np.float32], genders: NDArray[np.float32]) -> tuple[float, float]:
    """Mean age and mean log odds of male from (n, 1) years and (n, 2) male and female shares."""
    male, female = np.log(genders.clip(1e-6)).T
    return float(ages.mean()), float((male - female).mean())
