"""The steps of the service as the measurements use them: one by one, on many photos."""

from functools import cache

import numpy as np

from sightline.vision.detector import FaceDetector
from sightline.vision.locator import FaceLocator, Located
from sightline.vision.mesh import FaceMesher
from sightline.vision.photo import Photo
from sightline.vision.session import open_session


@cache
def locator() -> FaceLocator:
    """The service's own."""
    return FaceLocator(
        FaceDetector(open_session("face_detector")), FaceMesher(open_session("face_mesh"))
    )


def nearest_to_centre(photo: Photo, faces: list[Located]) -> Located | None:
    """The face that LFW names a photo after."""
    height, width = photo.pixels.shape[:2]
    centre = np.array([width, height]) / 2
    return min(
        faces,
        key=lambda face: float(np.abs((face.box[:2] + face.box[2:]) / 2 - centre).max()),
        default=None,
    )


def largest(photo: Photo) -> Located | None:
    """The face that the service would index first."""
    return next(iter(locator().locate(photo.pixels, 1)), None)
