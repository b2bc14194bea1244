"""Hands out a model's file, and only the one that the manifest lists: a session never runs weights
that a broken build or a half copied layer left behind."""

import hashlib
import tomllib
from functools import cache
from pathlib import Path

from sightline.settings import settings


class WeightsError(RuntimeError):
    """A model's file is missing or is not what the manifest says."""


def read_weights(name: str) -> bytes:
    """The ONNX file of the model `name`.

    Raises:
        WeightsError: the manifest does not list the model, or its file is missing or corrupt.
    """
    folder = settings().models
    entry = _entries(folder).get(name)
    if entry is None:
        raise WeightsError(f"there is no model called {name} in {folder / 'manifest.toml'}")
    path = folder / entry["file"]
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise WeightsError(f"{path} is missing: run `make models`") from error
    found = hashlib.sha256(data).hexdigest()
    if found != entry["sha256"]:
        raise WeightsError(
            f"{path} is corrupt or of another version: run `make models`"
            f" (sha256 expected {entry['sha256']}, found {found})"
        )
    return data


@cache
def _entries(folder: Path) -> dict[str, dict[str, str]]:
    try:
        with (folder / "manifest.toml").open("rb") as file:
            return dict(tomllib.load(file)["model"])
    except FileNotFoundError as error:
        raise WeightsError(f"there is no manifest.toml in {folder}") from error
