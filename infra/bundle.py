"""Builds the folders of the layers without Docker: pip takes the wheels of the platform that the
layer is for, whatever machine it runs on, and what never runs there is stripped.

A folder is kept in `layers/runtime/.cache` by a hash of all that went into it, so that a second
build is a look at the disk. It gets its name when it is whole: a half-built one never counts.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra import stripping
from infra.stripping import files
from layers.models import manifest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "layers" / "core" / "python" / "sightline"
REQUIREMENTS = ROOT / "layers" / "runtime"
CACHE = REQUIREMENTS / ".cache"
MODELS = ROOT / "layers" / "models"

# Networks that are used together lie together: a function takes a layer whole.
MODEL_LAYERS: dict[str, tuple[str, ...]] = {
    "models-faces": (
        "face_detector",
        "face_mesh",
        "iris",
        "face_features",
        "emotion",
        "age_gender",
        "expression",
        "face_embedding",
    ),
    "models-scenes": ("objects", "scenes", "nudity", "body_pose"),
    "models-text": ("text_detector", "text_recognizer"),
}
WHEELED = ("base", "inference", "search")
LAYERS = (*WHEELED, *MODEL_LAYERS)
MISSING = (
    "Without it Lambda compiles the modules of these layers at each cold start, 0.5 s for a "
    "function that runs no model, and who has it would replace all of them. Install it and repeat."
)
KEPT = 8  # folders of one layer and platform: those of the last builds


class BundleError(RuntimeError):
    """A layer could not be built."""


@dataclass(frozen=True, slots=True)
class Platform:
    """Where a layer runs.

    Attributes:
        name: part of the folders' names; without dots, after which CDK sees a file's kind.
        python: major and minor version.
        tags: of the wheels that run there; empty where pip's own Python is the one.
    """

    name: str
    python: str
    tags: tuple[str, ...] = ()


RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
# Amazon Linux 2023 has glibc 2.34. pip takes a tag by its name alone, so all older ones stand here.
LAMBDA = Platform(
    "lambda-arm64-python313",
    "3.13",
    (*(f"manylinux_2_{minor}_aarch64" for minor in range(34, 16, -1)), "manylinux2014_aarch64"),
)
HERE = Platform(f"{sysconfig.get_platform()}-python{RUNNING}".replace(".", ""), RUNNING)


def build(layer: str, platform: Platform = LAMBDA) -> Path:
    """The folder of a layer, as Lambda unpacks it under `/opt`; built if it is not there yet.

    Raises:
        BundleError: a package cannot be had, or a model is not built.
        StrippingError: a package has not what is stripped of it.
    """
    if layer in MODEL_LAYERS:
        return _models(layer)
    return _base(platform) if layer == "base" else wheels(layer, platform)


def _models(layer: str) -> Path:
    listed = {model.name: model for model in manifest.read_manifest()}
    chosen = [listed[name] for name in MODEL_LAYERS[layer]]
    source = MODELS / "manifest.toml"

    def fill(folder: Path) -> None:
        (folder / "models").mkdir()
        # Whole in each of these layers: Lambda lays them over each other.
        shutil.copyfile(source, folder / "models" / source.name)
        for model in chosen:
            copied = folder / "models" / model.file
            try:
                shutil.copyfile(MODELS / model.file, copied)
            except FileNotFoundError as error:
                raise BundleError(f"{error.filename} is missing: run `make models`") from error
            if hashlib.sha256(copied.read_bytes()).hexdigest() != model.sha256:
                raise BundleError(f"{model.file} is not what is listed: run `make models`")

    return cached(layer, [*MODEL_LAYERS[layer], source.read_text()], fill)


def _base(platform: Platform) -> Path:
    base = wheels("base", platform)

    def fill(folder: Path) -> None:
        shutil.copytree(base, folder, copy_function=os.link, dirs_exist_ok=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CORE, folder / "python" / CORE.name, ignore=ignored)
        _compile(folder, platform)

    return cached(f"{platform.name}-base", [base.name, digest(sources(CORE))], fill)


def wheels(layer: str, platform: Platform) -> Path:
    """A layer's dependencies; apart from our own code, whose changes then need no network."""
    requirements = REQUIREMENTS / f"{layer}.txt"
    rules = stripping.RULES[layer]

    def fill(folder: Path) -> None:
        _install(requirements, folder / "python", platform)
        stripping.strip(folder / "python", rules)
        _compile(folder, platform)

    made_of = [platform, compiler(platform.python) is None, rules, requirements.read_text()]
    return cached(f"{platform.name}-{layer}-wheels", [repr(made_of)], fill)


def _install(requirements: Path, folder: Path, platform: Platform) -> None:
    options = ["--no-deps", "--no-compile", "--require-hashes", "--only-binary=:all:"]
    options += ["--quiet", "--disable-pip-version-check", "--target", str(folder)]
    for tag in platform.tags:
        options += ["--platform", tag]
    if platform.tags:
        options += ["--implementation", "cp", "--python-version", platform.python]
    command = [sys.executable, "-m", "pip", "install", *options, "-r", str(requirements)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise BundleError(f"{requirements.name}:\n{error.stderr.strip()}") from error


@cache
def compiler(version: str) -> str | None:
    """A Python of this version, which alone can make the bytecode that it reads; None without one.

    Lambda cannot write bytecode beside a layer's modules and would compile them at each cold start,
    which takes 0.5 s for a function that runs no model.
    """
    found = sys.executable if version == RUNNING else shutil.which(f"python{version}")
    # What is found may be a version switcher's stand-in for a Python that is not switched on.
    works = (
        found and not subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode
    )
    return found if works else None


def _compile(folder: Path, platform: Platform) -> None:
    """Writes bytecode that is never compared with its source, whose dates Lambda changes."""
    python = compiler(platform.python)
    if python is not None:
        where = ["-s", str(folder), "-p", "/opt", str(folder / "python")]
        options = ["-qq", "--invalidation-mode", "unchecked-hash"]
        subprocess.run([python, "-m", "compileall", *options, *where], check=True)


def cached(name: str, made_of: Iterable[str], fill: Callable[[Path], None]) -> Path:
    """The folder that `fill` fills, by a hash of what it is made of; filled if it is not there."""
    folder = CACHE / f"{name}-{hashlib.sha256(repr(list(made_of)).encode()).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".") as scratch:
        made = Path(scratch, "layer")
        made.mkdir()
        fill(made)
        for path in (made, *made.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)  # Lambda runs as another user
        now = time.time_ns()
        os.utime(made, ns=(now, now))  # what was copied into it brought an older date along
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster, with the same content
                raise
    _sweep(name)
    return folder


def _sweep(name: str) -> None:
    kin = [path for path in CACHE.glob(f"{name}-*") if len(path.name) == len(name) + 17]
    for path in sorted(kin, key=lambda each: each.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


def sources(folder: Path) -> list[Path]:
    """The files of a folder of code, but what Python made of them."""
    return [path for path in files(folder) if "__pycache__" not in path.parts]


def digest(paths: Iterable[Path]) -> str:
    """A hash of files below the repository, with their names."""
    found = hashlib.sha256()
    for path in paths:
        found.update(f"{path.relative_to(ROOT).as_posix()}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def size(folder: Path) -> int:
    """Bytes of all files, which is what Lambda counts."""
    return sum(path.stat().st_size for path in files(folder))


def main() -> None:
    """Builds all layers, for Lambda and for this machine's tests, and prints their sizes."""
    table = Table("layer", "platform", "bytecode", "MB")
    for platform in (LAMBDA, HERE):
        bytecode = "yes" if compiler(platform.python) else f"no Python {platform.python} here"
        for layer in WHEELED:
            megabytes = f"{size(build(layer, platform)) / 1e6:.1f}"
            table.add_row(layer, platform.name, bytecode, megabytes)
    for layer in MODEL_LAYERS:
        table.add_row(layer, "any", "", f"{size(build(layer)) / 1e6:.1f}")
    console = Console()
    console.print(table)
    if compiler(LAMBDA.python) is None:
        console.print(f"[bold]Missing:[/] python{LAMBDA.python} on PATH. {MISSING}")


if __name__ == "__main__":
    main()
