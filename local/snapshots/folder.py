"""The data folder: immutable blobs named by their content, and one manifest that names blobs.

A snapshot is there when the manifest was renamed into place, and not before: whatever kills the
process between two of the steps below leaves the snapshot that was there.

    new blobs: write, sync, rename → sync their folder → manifest: write, sync, rename → sync
    → remove the blobs that the manifest does not name
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

FORMAT = 1
PRIVATE = 0o600  # access keys are in here


class DataFolderError(Exception):
    """Why a data folder cannot be used, in one line."""


class Folder:
    """A data folder that this process holds alone until `close`.

    Raises:
        DataFolderError: another process holds it, it is damaged, not ours or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._blobs = path / "blobs"
        self._manifest = path / "manifest.json"
        self._there = set[str]()
        self._named = set[str]()
        with _explained(path):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, PRIVATE)
            try:
                self._begin()
            except BaseException:
                os.close(self._lock)
                raise

    def _begin(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DataFolderError(
                f"Another server keeps its state in {self.path}. Choose another data folder."
            ) from None
        if not self._manifest.exists():
            strangers = {entry.name for entry in self.path.iterdir()} - {
                "lock",
                "manifest.json.new",
            }
            if strangers:
                raise DataFolderError(
                    f"{self.path} has no manifest.json, but it is not empty: it is damaged or "
                    "was never a data folder. Mend it or choose another."
                )
            self._write_manifest({})
        self._blobs.mkdir(mode=0o700, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let other processes have the folder."""
        os.close(self._lock)

    def manifest(self) -> dict[str, Any]:
        """What the last snapshot named; empty for a new folder.

        Raises:
            DataFolderError: the manifest is not what was written.
        """
        with _explained(self.path):
            checksum, _, text = self._manifest.read_bytes().partition(b"\n")
        if checksum != _digest(text).encode():
            raise DataFolderError(f"{self._manifest} is damaged: its checksum is wrong.")
        document: dict[str, Any] = json.loads(text)
        if document["format"] != FORMAT:
            raise DataFolderError(
                f"{self._manifest} has format {document['format']}, not {FORMAT}: "
                "another version of Sightline wrote it."
            )
        manifest: dict[str, Any] = document["state"]
        return manifest

    def read(self, name: str) -> bytes:
        """A blob's content.

        Raises:
            DataFolderError: it is missing or not what was written.
        """
        try:
            data = (self._blobs / name).read_bytes()
        except FileNotFoundError:
            raise DataFolderError(f"{self.path} is damaged: blob {name} is missing.") from None
        if _digest(data) != name:
            raise DataFolderError(f"{self.path} is damaged: blob {name} is not what was written.")
        self._there.add(name)
        return data

    def put(self, data: bytes) -> str:
        """Write a blob, unless it is there, and return its name. It stays if `commit` names it.

        Raises:
            OSError: the disk is full or fails.
        """
        name = _digest(data)
        if name not in self._there:
            _write(self._blobs / name, data)
            self._there.add(name)
        return name

    def commit(self, manifest: dict[str, Any], named: set[str]) -> None:
        """Make a manifest the snapshot, and remove the blobs that are not among the `named`.

        Raises:
            OSError: the disk is full or fails; the snapshot is still the old one, or, where the
                very last step failed, one of the two.
        """
        _sync(self._blobs)
        self._named |= named  # until it is sure which of the two manifests a crash would leave
        self._write_manifest(manifest)
        self.sweep(named)

    def sweep(self, named: set[str] | None = None) -> None:
        """Remove the blobs that are not among the `named`, or that no manifest may name."""
        self._named = self._named if named is None else named
        for blob in self._blobs.iterdir():
            if blob.name not in self._named:
                with suppress(OSError):  # it is tried again after the next snapshot
                    blob.unlink()
        self._there &= self._named

    def _write_manifest(self, manifest: dict[str, Any]) -> None:
        document = {"format": FORMAT, "state": manifest}
        text = json.dumps(document, separators=(",", ":")).encode()
        _write(self._manifest, _digest(text).encode() + b"\n" + text)
        _sync(self.path)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Put a file into place, whole or not at all."""
    new = path.with_name(path.name + ".new")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataFolderError(f"Cannot keep state in {path}: {error.strerror}.") from None
