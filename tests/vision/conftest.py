"""Photos as arrays, and the service's analyzer."""

from io import BytesIO

import pytest
from PIL import Image

from sightline.vision.faces import FaceAnalyzer, face_analyzer
from sightline.vision.photo import Photo, decode


@pytest.fixture(scope="session")
def analyzer() -> FaceAnalyzer:
    return face_analyzer()


@pytest.fixture(scope="session")
def portrait(astronaut: bytes) -> Image.Image:
    """The astronaut, to be changed by a test."""
    return Image.open(BytesIO(astronaut)).convert("RGB")


def photo(image: Image.Image) -> Photo:
    """An image as the service decodes it."""
    data = BytesIO()
    image.save(data, "PNG")
    return decode(data.getvalue())
