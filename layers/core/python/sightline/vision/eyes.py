"""Looks at each eye: how far it is open, and where its iris stands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.vision.align import cut, mirrored, upright
from sightline.vision.session import Session

SIZE = 64
POINTS = 76
MARGIN = 2.3  # crop side over the eye's width, as the network was trained
# Corners of the picture's left and right eye on the face mesh, left one first.
CORNERS = ((33, 133), (362, 263))
# The network's contour: the lower lid from corner to corner, then the upper lid without corners.
LOWER = slice(1, 8)
UPPER = slice(9, 16)
LEFT_CORNER, RIGHT_CORNER = 0, 8
IRIS_CENTRE = 71


@dataclass(frozen=True, slots=True)
class Eyes:
    """What the contours of n eyes say, in widths of the eye.

    Attributes:
        gaps: (n,) mean distance of the lids; closed eyes stay under 0.17, open ones over 0.2.
        irises: (n, 2) the iris' centre from the middle of the corners, right and down positive.
    """

    gaps: NDArray[np.float32]
    irises: NDArray[np.float32]


class EyeReader:
    """Crops of single eyes in, lids and irises out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, images: NDArray[np.uint8]) -> Eyes:
        """The eyes in (n, 64, 64, 3) RGB crops."""
        (points,) = self._session.run(None, {"image": preprocess(images)})
        return postprocess(points)


def crops(pixels: NDArray[np.uint8], mesh: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(2, 64, 64, 3): the picture's left and right eye of a mesh (468, 3), corners level."""
    images = []
    for pair in CORNERS:
        corners = mesh[list(pair), :2]
        width = np.linalg.norm(corners[1] - corners[0])
        middle = corners.mean(0)
        box = np.concatenate([middle - width / 2, middle + width / 2])
        images.append(cut(pixels, upright(box, corners, MARGIN, SIZE), SIZE))
    return np.stack(images)


def preprocess(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 64, 64, 3) RGB to (2n, 3, 64, 64), 0 to 1: each eye and then each mirrored.

    The network knows one eye only; seen both ways, no eye needs to be told which one it is, and
    the mean of the two errs less.
    """
    return np.divide(mirrored(images).transpose(0, 3, 1, 2), 255, dtype=np.float32)


def postprocess(points: NDArray[np.float32]) -> Eyes:
    """The mean of both views from (2n, 228) crop pixels."""
    eyes = points.reshape(2, -1, POINTS, 3)[..., :2]
    corners = eyes[:, :, [LEFT_CORNER, RIGHT_CORNER]]
    widths = np.abs(corners[:, :, 1, 0] - corners[:, :, 0, 0]).clip(1)
    gaps = np.abs(eyes[:, :, LOWER, 1].mean(2) - eyes[:, :, UPPER, 1].mean(2)) / widths
    irises = (eyes[:, :, IRIS_CENTRE] - corners.mean(2)) / widths[..., None]
    irises[1, :, 0] *= -1
    return Eyes(gaps.mean(0), irises.mean(0))
