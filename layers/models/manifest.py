"""Reads `manifest.toml`, the one list of weights, into plain records."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Source:
    """A published archive, pinned by version and hash.

    `package` is a name in the ecosystem's registry; for https it is the address itself, for the
    repository a file below this folder.
    """

    ecosystem: Literal["pypi", "npm", "https", "repository"]
    package: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Model:
    """One network: where its weights come from, how its file is made, and what it is for."""

    name: str
    file: str
    sha256: str  # of the built file
    source: Source
    paths: tuple[str, ...]  # inside the archive, in the order that the builder takes them
    builder: str
    outputs: Mapping[str, str]  # of a graph model: names in the ONNX file to nodes of the graph
    licence: str
    use: str


def read_manifest(path: Path = FOLDER / "manifest.toml") -> list[Model]:
    """The models of a manifest, in its order.

    Raises:
        KeyError: a model names a source that is not listed.
        TypeError: an entry lacks a field or has an unknown one.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    sources = {name: Source(**entry) for name, entry in document["source"].items()}
    return [_model(name, entry, sources) for name, entry in document["model"].items()]


def _model(name: str, entry: dict[str, Any], sources: dict[str, Source]) -> Model:
    fields = {"outputs": {}} | entry
    source = sources[fields.pop("source")]
    paths = tuple(fields.pop("paths"))
    return Model(name=name, source=source, paths=paths, **fields)
