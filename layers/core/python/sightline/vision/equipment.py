"""Tells whether a head wears a helmet and whether a mask covers a face."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sightline.vision import body, features
from sightline.vision.align import cut, mirrored, square
from sightline.vision.features import FaceDescriber
from sightline.vision.heads import heads
from sightline.vision.locator import Located
from sightline.vision.photo import Photo
from sightline.vision.session import Session

MARGIN = 1.1  # of the head box's longer side
CELLS = 8  # colours are read in so many rows and columns
# From a face's middle to the sides of the head, a helmet included, in widths and heights of the
# face's box: a little tighter than the medians of the helmet set's generous boxes.
HEAD_AROUND_FACE = np.array([-0.85, -1.2, 0.85, 0.78], np.float32)


class EquipmentReader:
    """Photo and boxes in, probabilities of a cover out."""

    def __init__(self, session: Callable[[str], Session]) -> None:
        self._session = session

    def helmet(self, pixels: NDArray[np.uint8], head: NDArray[np.float32]) -> float:
        """The probability of a helmet on a head (4,): left, top, right, bottom in pixels."""
        return heads()["helmet"].chance(helmet_inputs(self._session, pixels, head))

    def mask(self, photo: Photo, face: Located) -> float:
        """The probability of a mask over mouth and nose."""
        describer = FaceDescriber(self._session("face_features"))
        return heads()["mask"].chance(np.sqrt(describer.describe_face(photo, face)))


def helmet_inputs(
    session: Callable[[str], Session], pixels: NDArray[np.uint8], head: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(3008,) what a head (4,) looks like to two networks, and its colours; each the mean of the
    head and the same seen in a mirror.
    """
    face, person = (_views(pixels, head, size) for size in (features.SIZE, body.SIZE))
    roots = np.sqrt(FaceDescriber(session("face_features")).describe_images(face)).mean(0)
    return np.concatenate([roots, colours(face), body.describe(session("body_pose"), person)])


def _views(pixels: NDArray[np.uint8], head: NDArray[np.float32], size: int) -> NDArray[np.uint8]:
    side = MARGIN * float((head[2:] - head[:2]).max())
    return mirrored(cut(pixels, square((head[:2] + head[2:]) / 2, side, 0, size), size)[None])


def colours(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(256,) mean red, green, blue and chroma, 0 to 1, in 8 × 8 cells of (n, h, w, 3) images."""
    count, side = len(images), images.shape[1] // CELLS
    cells = images.reshape(count, CELLS, side, CELLS, side, 3).mean((0, 2, 4)) / 255
    chroma = cells.max(2, keepdims=True) - cells.min(2, keepdims=True)
    return np.concatenate([cells, chroma], axis=2).astype(np.float32).ravel()


def head_around(face: Located) -> NDArray[np.float32]:
    """(4,) the head of a face, in pixels of the photo's array."""
    width, height = face.box[2:] - face.box[:2]
    middle = (face.box[:2] + face.box[2:]) / 2
    sizes = np.array([width, height, width, height], np.float32)
    around: NDArray[np.float32] = (np.tile(middle, 2) + HEAD_AROUND_FACE * sizes).astype(np.float32)
    return around
