"""Describes a face by 1,024 numbers that were learnt to tell people, ages and genders apart
(human's faceres, a MobileNet); the heads for attributes and the embedding build on them.
"""

import numpy as np
from numpy.typing import NDArray

from sightline.vision.align import cut
from sightline.vision.locator import Located
from sightline.vision.photo import Photo
from sightline.vision.session import Session

SIZE = 224
MARGIN = 1.3  # of the box's longer side; tells people apart better than the 1.1 of the original
MEAN = np.array([103.939, 116.779, 123.68], np.float32)  # BGR, of the network's training set


class FaceDescriber:
    """Photo pixels and upright crops in, features out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def describe(
        self, pixels: NDArray[np.uint8], crops: list[NDArray[np.float64]]
    ) -> NDArray[np.float32]:
        """(n, 1024), none negative.

        Args:
            pixels: (h, w, 3) RGB.
            crops: n times (2, 3), from `align.upright` with this module's MARGIN and SIZE.
        """
        return self.describe_images(np.stack([cut(pixels, each, SIZE) for each in crops]))

    def describe_images(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, 1024) of crops (n, 224, 224, 3) RGB."""
        (features,) = self._session.run(["features"], {"image": preprocess(images)})
        return features

    def describe_face(self, photo: Photo, face: Located) -> NDArray[np.float32]:
        """(1024,) of one face of a photo; the network looks once, however many ask."""

        def look() -> NDArray[np.float32]:
            described: NDArray[np.float32]
            (described,) = self.describe(photo.pixels, [face.crop(MARGIN, SIZE)])
            return described

        return photo.once(("face features", face.box.tobytes()), look)


def preprocess(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 224, 224, 3) RGB to (n, 3, 224, 224) BGR, 0 to 255, minus the mean."""
    return (images[..., ::-1] - MEAN).transpose(0, 3, 1, 2)
