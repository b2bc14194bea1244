"""Lays a mesh of 468 points in three dimensions over a face; pose, landmarks, crops and most
judgements start from it.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.vision.align import cut, moved, upright
from sightline.vision.session import Session

SIZE = 192
POINTS = 468
MARGIN = 1.5  # crop side over the box's longer side, as the network was trained


@dataclass(frozen=True, slots=True)
class Mesh:
    """One face's mesh.

    Attributes:
        points: (468, 3) x and y in pixels of the photo's array, z in the same unit relative to
            the head's middle, smaller is nearer. x and y are turned with the photo, z never is.
        flag: the network's own opinion of whether there is a face, 0 to 1.
        crop: (192, 192, 3) RGB, the upright face that the network saw; its inner two thirds are
            the face's box.
    """

    points: NDArray[np.float32]
    flag: float
    crop: NDArray[np.uint8]

    @property
    def inner(self) -> NDArray[np.uint8]:
        """(128, 128, 3) RGB: the part of the crop that the face's box covers."""
        edge = round(SIZE * (1 - 1 / MARGIN) / 2)
        return self.crop[edge : SIZE - edge, edge : SIZE - edge]


class FaceMesher:
    """Photo pixels, boxes and eyes in, meshes out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def meshes(
        self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32], eyes: NDArray[np.float32]
    ) -> list[Mesh]:
        """One mesh per face.

        Args:
            pixels: (h, w, 3) RGB.
            boxes: (n, 4) left, top, right, bottom in pixels.
            eyes: (n, 2, 2) x, y of the picture's left and right eye in pixels.
        """
        if not len(boxes):
            return []
        crops = [upright(*face, MARGIN, SIZE) for face in zip(boxes, eyes, strict=True)]
        images = np.stack([cut(pixels, each, SIZE) for each in crops])
        points, flags = self._session.run(None, {"image": preprocess(images)})
        return postprocess(points, flags, crops, images)


def preprocess(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 192, 192, 3) RGB to (n, 3, 192, 192), 0 to 1."""
    return np.divide(images.transpose(0, 3, 1, 2), 255, dtype=np.float32)


def postprocess(
    points: NDArray[np.float32],
    flags: NDArray[np.float32],
    crops: list[NDArray[np.float64]],
    images: NDArray[np.uint8],
) -> list[Mesh]:
    """Meshes in photo pixels from (n, 1404) crop pixels and (n, 1) flags."""
    meshes = []
    for values, flag, crop, image in zip(
        points.reshape(-1, POINTS, 3), flags, crops, images, strict=True
    ):
        placed = values * np.float32(math.sqrt(np.linalg.det(crop[:, :2])))
        placed[:, :2] = moved(values[:, :2], crop)
        meshes.append(Mesh(placed, float(flag[0]), image))
    return meshes
