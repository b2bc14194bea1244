"""What stands in the models' folder is whole and is what the manifest lists."""

import hashlib
import os
from pathlib import Path
from typing import NoReturn

import pytest

from layers.models import packages
from layers.models.build import BuildError, build_all
from layers.models.builders import BUILDERS
from layers.models.manifest import FOLDER, Model, Source, read_manifest

WEIGHTS = b"weights"
BUILT = b"built from weights"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache that already holds the one source."""
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / sha256(WEIGHTS)).write_bytes(WEIGHTS)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The models' folder, with what an older version built."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "tiny.onnx").write_bytes(b"older")
    return folder


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setitem(BUILDERS, "prefix", lambda _, files: b"built from " + files[0])
    source = Source("https", "https://example.com/weights", "", sha256(WEIGHTS))
    return Model("tiny", "tiny.onnx", sha256(BUILT), source, (), "prefix", {}, "MIT", "a test")


def test_an_outdated_file_is_built_anew(model: Model, folder: Path, cache: Path) -> None:
    (row,) = build_all([model], folder, cache)

    assert (row.status, row.size) == ("built", len(BUILT))
    assert (folder / "tiny.onnx").read_bytes() == BUILT
    assert [row.status for row in build_all([model], folder, cache)] == ["present"]


def test_another_result_than_the_listed_one_is_refused(
    model: Model, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BUILDERS, "prefix", lambda *_: b"something else")

    with pytest.raises(BuildError, match="tiny") as raised:
        list(build_all([model], folder, cache))

    assert sha256(BUILT) in str(raised.value)
    assert sha256(b"something else") in str(raised.value)
    assert (folder / "tiny.onnx").read_bytes() == b"older"


def test_an_interrupted_build_leaves_no_half_file(
    model: Model, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)

    with pytest.raises(KeyboardInterrupt):
        list(build_all([model], folder, cache))

    assert [path.name for path in folder.iterdir()] == ["tiny.onnx"]
    assert (folder / "tiny.onnx").read_bytes() == b"older"


def test_a_second_run_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Source, _: Path) -> NoReturn:
        pytest.fail(f"asked for {source}")

    for ecosystem in packages.CLIENTS:
        monkeypatch.setitem(packages.CLIENTS, ecosystem, refuse)

    report = list(build_all(read_manifest(), FOLDER, tmp_path / "no cache"))

    assert {row.status for row in report} == {"present"}
    assert not (tmp_path / "no cache").exists()
