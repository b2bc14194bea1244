"""No session is opened from a file that is not the one that the manifest lists."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sightline.settings import settings
from sightline.vision.session import open_session
from sightline.vision.weights import WeightsError, read_weights

DATA = b"a network"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A models' folder with one good file."""
    sha256 = hashlib.sha256(DATA).hexdigest()
    (tmp_path / "manifest.toml").write_text(
        f'[model.tiny]\nfile = "tiny.onnx"\nsha256 = "{sha256}"\n'
    )
    (tmp_path / "tiny.onnx").write_bytes(DATA)
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_the_listed_file_is_read(folder: Path) -> None:
    assert read_weights("tiny") == DATA


def test_a_missing_file_tells_what_to_do(folder: Path) -> None:
    (folder / "tiny.onnx").unlink()
    with pytest.raises(WeightsError, match=r"tiny\.onnx is missing: run `make models`"):
        read_weights("tiny")


@pytest.mark.parametrize("data", [DATA[:-1], DATA + b"\0", b""])
def test_a_corrupt_file_tells_what_to_do(folder: Path, data: bytes) -> None:
    (folder / "tiny.onnx").write_bytes(data)
    with pytest.raises(WeightsError, match=r"tiny\.onnx is corrupt.*run `make models`"):
        open_session("tiny")


def test_an_unlisted_model_is_named(folder: Path) -> None:
    with pytest.raises(WeightsError, match="huge"):
        read_weights("huge")


def test_a_folder_without_manifest_is_named(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path / "elsewhere"))
    settings.cache_clear()
    with pytest.raises(WeightsError, match="elsewhere"):
        read_weights("tiny")


def test_a_session_is_opened_once_and_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_session("emotion")
    monkeypatch.setattr("sightline.vision.session.read_weights", None)
    assert open_session("emotion") is session

    (emotion,) = session.run(["emotion"], {"image": np.zeros((2, 1, 64, 64), np.float32)})

    assert emotion.shape == (2, 7)
    np.testing.assert_allclose(emotion.sum(axis=1), 1, rtol=1e-5)
