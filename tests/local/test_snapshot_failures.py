"""A data folder is whole after a failure at any step, and never silently empty."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from local.snapshots import folder as folder_module
from local.snapshots.folder import DataFolderError, Folder
from tests.local.state import client_of, fill, life, put_thing, tables_of, visible_state


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "damage", [_flip, Path.unlink, lambda path: path.write_bytes(b"")], ids=["bit", "gone", "empty"]
)
def test_damage_is_told_and_not_taken_for_emptiness(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    with life(tmp_path) as keeper:
        fill()
        assert keeper.save()
    files = [tmp_path / "manifest.json", *(tmp_path / "blobs").iterdir()]
    for file in files:
        whole = file.read_bytes()
        if not whole and damage is not Path.unlink:
            continue
        damage(file)
        with pytest.raises(DataFolderError, match=r"damaged"), life(tmp_path):
            pass
        file.write_bytes(whole)
    with life(tmp_path):
        assert tables_of()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(DataFolderError, match="not empty"), life(tmp_path):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"letter.txt", "lock"}


def test_a_newer_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "FORMAT", 99)
    with life(tmp_path) as keeper:
        assert keeper.save()
    monkeypatch.undo()
    with pytest.raises(DataFolderError, match="format 99"), life(tmp_path):
        pass


def test_two_servers_do_not_share_a_folder(tmp_path: Path) -> None:
    with Folder(tmp_path), pytest.raises(DataFolderError, match="Another server"):
        Folder(tmp_path)
    with Folder(tmp_path):
        pass


def _prepare(path: Path) -> None:
    with life(path) as keeper:
        fill()
        assert keeper.save()


class _Killed(BaseException):
    """Stands for the end of the process: nothing of its own runs after it."""


class _Faults:
    """Counts the steps that touch the disk, and raises at one of them."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, at: int, error: Callable[[], BaseException]
    ) -> None:
        self.steps, self._at, self._error = 0, at, error
        for owner, name in (
            (os, "open"), (os, "fdopen"), (os, "fsync"), (Path, "replace"), (Path, "unlink"),
        ):  # fmt: skip
            monkeypatch.setattr(owner, name, self._step(getattr(owner, name)))

    def _step(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            self.steps += 1
            if self.steps == self._at:
                raise self._error()
            return function(*args, **kwargs)

        return step


def _change() -> None:
    """Changes of every kind that belong together."""
    put_thing(1, After={"BOOL": True})
    client_of("s3").put_object(Bucket="plain", Key="new", Body=b"after")
    client_of("secretsmanager").put_secret_value(SecretId="keys/AKIA1", SecretString="mended")
    client_of("s3").delete_object(Bucket="plain", Key="ä b/c.jpg")


def _mark(state: dict[str, Any]) -> tuple[bool, bool, bool]:
    """Whether a state has the changes, of each kind."""
    return (
        "After" in state["tables"]["things"][2][0],
        "new" in {version["Key"] for version, *_ in state["buckets"]["plain"][1]},
        state["secrets"]["keys/AKIA1"] == "mended",
    )


def test_a_death_at_any_step_leaves_the_old_state_or_the_new(tmp_path: Path) -> None:
    seen = set()
    _prepare(tmp_path / "0")
    for at in range(1, 200):
        path = shutil.copytree(tmp_path / "0", tmp_path / str(at))
        with life(path) as keeper:
            _change()
            with pytest.MonkeyPatch.context() as patch:
                faults = _Faults(patch, at, _Killed)
                with suppress(_Killed):
                    keeper.save()
        with life(path) as keeper:
            mark = _mark(visible_state())
            assert mark in {(False,) * 3, (True,) * 3}
            seen.add(mark)
            assert keeper.save()
        if faults.steps < at:
            break
    assert faults.steps < at > 20
    assert len(seen) == 2


def _full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_at_any_step_stops_nothing(tmp_path: Path) -> None:
    _prepare(tmp_path / "0")
    for at in range(1, 200):
        path = shutil.copytree(tmp_path / "0", tmp_path / str(at))
        with life(path) as keeper:
            _change()
            with pytest.MonkeyPatch.context() as patch:
                faults = _Faults(patch, at, _full)
                saved = keeper.save()
            with _life_beside(path, tmp_path / f"{at}-copy") as state:
                assert _mark(state) in {(False,) * 3, (True,) * 3}
                assert _mark(state) == (True,) * 3 or not saved
            assert keeper.save()
            newest = visible_state()
        with life(path):
            assert visible_state() == newest
        if faults.steps < at:
            break
    assert faults.steps < at > 20


@contextmanager
def _life_beside(path: Path, copy: Path) -> Iterator[dict[str, Any]]:
    """What a copy of the folder holds, read while the folder's own account goes on."""
    (copy / "blobs").mkdir(parents=True)
    for file in [path / "manifest.json", *(path / "blobs").iterdir()]:
        (copy / file.relative_to(path)).write_bytes(file.read_bytes())
    with Folder(copy) as folder:
        yield _read(folder)


def _read(folder: Folder) -> dict[str, Any]:
    """Just enough of a snapshot for `_mark`, read without moto."""
    manifest = folder.manifest()
    item: dict[str, Any] = {}
    for _, _, definition, segments in manifest["dynamodb"]:
        for blob, *_ in segments if definition["name"] == "things" else []:
            for line in folder.read(blob).splitlines():
                sign, keys, *attributes = json.loads(line)
                if sign == "+" and keys[1] == {"S": "0001"}:
                    item = attributes[0]
    buckets = manifest["s3"][0][3]
    lists = {definition["name"]: folder.read(blob) for definition, blob in buckets}
    names = [json.loads(line)[0] for line in lists["plain"].splitlines()]
    secret = "mended" if b"mended" in folder.read(manifest["secretsmanager"]) else "before"
    return {
        "tables": {"things": (None, None, [item])},
        "buckets": {"plain": (None, [({"Key": name},) for name in names])},
        "secrets": {"keys/AKIA1": secret},
    }
