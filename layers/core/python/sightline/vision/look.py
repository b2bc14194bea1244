"""What somebody looks like at a glance, by colours alone: enough to notice that the one who is in a
place now is not who was there before, at a thousandth of what an embedding costs.

Histograms are kept as roots of their shares, of which the cosine is Bhattacharyya's coefficient.
"""

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import BoundingBox
from sightline.vision.locator import Located
from sightline.vision.photo import Photo

FACE_LEVELS, BODY_LEVELS = 8, 4  # of each colour channel
FACE_LOOK, BODY_LOOK = 2 * FACE_LEVELS**3, 3 * BODY_LEVELS**3  # numbers
SURROUNDINGS = 3  # sides of the region around a face, in sides of its box
MOST_SIDE = 64  # samples along a side of a region
INNER = 0.15  # of a body's box that is left away at each side, where there is more wall than coat


def face_look(photo: Photo, face: Located) -> NDArray[np.uint8]:
    """(1024,) of a face, upright, and of what is around it."""
    middle, half = (face.box[:2] + face.box[2:]) / 2, (face.box[2:] - face.box[:2]).max() / 2
    left, top = middle - SURROUNDINGS * half
    right, bottom = middle + SURROUNDINGS * half
    around = _region(photo.pixels, left, top, right, bottom)
    return _joined([face.mesh.inner, around], FACE_LEVELS)


def body_look(photo: Photo, box: BoundingBox) -> NDArray[np.uint8]:
    """(192,) of the upper and the lower half of a person's box, and of the whole picture."""
    height, width = photo.pixels.shape[:2]
    left = (box.left + INNER * box.width) * width
    right = (box.left + (1 - INNER) * box.width) * width
    top, bottom = box.top * height, (box.top + box.height) * height
    halves = [
        _region(photo.pixels, left, top, right, (top + bottom) / 2),
        _region(photo.pixels, left, (top + bottom) / 2, right, bottom),
    ]
    return _joined([*halves, photo.pixels], BODY_LEVELS)


def _region(
    pixels: NDArray[np.uint8], left: float, top: float, right: float, bottom: float
) -> NDArray[np.uint8]:
    """What lies inside the photo, one pixel of it at least."""
    height, width = pixels.shape[:2]
    first, above = (
        round(min(max(each, 0), most - 1)) for each, most in ((left, width), (top, height))
    )
    return pixels[above : max(round(bottom), above + 1), first : max(round(right), first + 1)]


def _joined(regions: list[NDArray[np.uint8]], levels: int) -> NDArray[np.uint8]:
    return np.concatenate([_roots(each, levels) for each in regions])


def _roots(pixels: NDArray[np.uint8], levels: int) -> NDArray[np.uint8]:
    """(levels³,) roots of the shares of colours in (h, w, 3), 255 for all of one colour."""
    height, width = pixels.shape[:2]
    sampled = pixels[:: -(-height // MOST_SIDE), :: -(-width // MOST_SIDE)].reshape(-1, 3)
    steps = sampled.astype(np.int64) * levels // 256
    counts = np.bincount(steps @ [levels * levels, levels, 1], minlength=levels**3)
    return np.round(255 * np.sqrt(counts / len(steps))).astype(np.uint8)
