"""How bright and how sharp a face is, whatever its size in the photo."""

import math

import numpy as np
from numpy.typing import NDArray

from sightline.vision.face import Quality
from sightline.vision.picture import LUMA

# Sharpness is judged at this size of the face's box, so that a face counts as sharp when it shows
# the detail that such a small picture can hold, in a thumbnail as in a large portrait.
SIZE = 64
# Logistic curve over the logarithm of the detail's share: its middle and its steepness.
DETAIL_MIDDLE = -2.0
DETAIL_SLOPE = 2.0


def face_quality(crop: NDArray[np.uint8]) -> Quality:
    """Brightness and sharpness, 0 to 100, of the face in an upright crop (2·64, 2·64, 3) RGB.

    Brightness is the mean luma's square root, which puts an ordinarily lit face where the service
    has it, near 80. Sharpness compares the Laplacian's variance with the picture's own, so that
    contrast and exposure do not count.
    """
    luma = crop @ LUMA
    brightness = 100 * math.sqrt(float(luma.mean()) / 255)
    small = luma.reshape(SIZE, 2, SIZE, 2).mean((1, 3))
    inner = small[1:-1, 1:-1]
    neighbours = small[:-2, 1:-1] + small[2:, 1:-1] + small[1:-1, :-2] + small[1:-1, 2:]
    detail = float((neighbours - 4 * inner).var()) + 1e-6
    share = math.log(detail / (float(inner.var()) + 1))
    sharpness = 100 / (1 + math.exp(-DETAIL_SLOPE * (share - DETAIL_MIDDLE)))
    return Quality(brightness, sharpness)
