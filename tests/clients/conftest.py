"""One real server for all clients, and photos in files as people have them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from tests.local.process import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that keeps nothing."""
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def astronaut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A JPEG with one face."""
    path = tmp_path_factory.mktemp("photos") / "astronaut.jpg"
    pixels: NDArray[np.uint8] = data.astronaut()  # type: ignore[no-untyped-call]
    Image.fromarray(pixels).save(path, quality=95)
    return path
