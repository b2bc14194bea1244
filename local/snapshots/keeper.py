"""When snapshots are taken and of what: every few seconds if something changed, and at the end.

The view of the state is taken while no request runs, so it holds no half transaction; writing it
out, which takes longer, stops nobody.
"""

import threading
from pathlib import Path
from typing import Any, Protocol, Self

from moto import __version__ as moto_version

from local import gate
from local.snapshots import plain
from local.snapshots.folder import DataFolderError, Folder
from local.snapshots.objects import Objects
from local.snapshots.secrets import Secrets
from local.snapshots.tables import Tables
from sightline.telemetry import logger, where

INTERVAL = 5.0  # seconds


class _Source(Protocol):
    """One service's part of a snapshot: view under the gate's lock, write without it."""

    def view(self) -> Any: ...
    def write(self, view: Any, folder: Folder) -> tuple[Any, set[str], Any]: ...
    def keep(self, memory: Any) -> None: ...
    def load(self, part: Any, folder: Folder) -> set[str]: ...


class Keeper:
    """Loads moto's state from a data folder, and saves it there from then on.

    Raises:
        DataFolderError: the folder cannot be used.
    """

    def __init__(self, path: Path, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._sources: dict[str, _Source] = {
            "dynamodb": Tables(),
            "s3": Objects(),
            "secretsmanager": Secrets(),
        }
        self._parts: dict[str, tuple[Any, set[str]]] = {}  # of the manifest, and blobs it names
        self._saved: dict[str, int] = {}  # the counts of changes that the snapshot has
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)
        self._folder = Folder(path)
        try:
            self._load()
        except BaseException:
            self._folder.close()
            raise

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._folder.close()

    def save(self) -> bool:
        """Take a snapshot if anything changed; whether the folder now holds the newest state.

        A disk that fails is logged; the snapshot before stays.
        """
        with gate.LOCK:
            changes = gate.changes()
            views = {
                name: source.view()
                for name, source in self._sources.items()
                if changes[name] != self._saved.get(name)
            }
        if not views:
            return True
        try:
            self._write(views)
        except OSError as error:
            logger.error("snapshot failed", extra={"error": error.strerror, "where": where(error)})
            self._folder.sweep()
            return False
        self._saved = changes
        return True

    def _write(self, views: dict[str, Any]) -> None:
        parts, memories = dict(self._parts), {}
        for name, view in views.items():
            part, named, memories[name] = self._sources[name].write(view, self._folder)
            parts[name] = part, named
        manifest = {name: part for name, (part, _) in parts.items()}
        every = set[str]().union(*(named for _, named in parts.values()))
        self._folder.commit({"moto": moto_version, **manifest}, every)
        self._parts = parts
        for name, memory in memories.items():
            self._sources[name].keep(memory)

    def _load(self) -> None:
        manifest, named = self._folder.manifest(), set[str]()
        if manifest:
            try:
                for name, source in self._sources.items():
                    named |= source.load(manifest[name], self._folder)
            except (plain.Unreadable, KeyError, TypeError, ValueError) as error:
                raise DataFolderError(
                    f"{self._folder.path} cannot be read: it was written with moto "
                    f"{manifest.get('moto')}, this is {moto_version} ({error})."
                ) from error
        self._folder.sweep(named)

    def _run(self) -> None:
        while not self._stopping.wait(self._interval):
            self._attempt()
        self._attempt()

    def _attempt(self) -> None:
        try:
            self.save()
        except Exception as error:  # the next attempt may succeed; the old snapshot stays
            logger.error(
                "snapshot failed", extra={"error": type(error).__name__, "where": where(error)}
            )
