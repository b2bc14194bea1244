"""How layer folders are made: of what is locked, for their platform, whole, once."""

import ast
import marshal
import re
import struct
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import bundle, stripping
from infra.bundle import HERE, LAMBDA, BundleError
from infra.stripping import Rule, StrippingError, files, strip
from sightline.store import aws

ROOT = bundle.ROOT
LOCKED = (*bundle.WHEELED, "video")  # the last one in an image
# glibc and what comes with GCC and Python: there in Lambda's image.
SYSTEM = {
    "ld-linux-aarch64.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
    "libstdc++.so.6",
    "libz.so.1",
}


def pins(lock: Path) -> set[tuple[str, str]]:
    found = re.findall(r"^([\w.-]+)==(\S+)(?: ; (.*?))? \\$", lock.read_text(), re.MULTILINE)
    return {(name, version) for name, version, _ in found}


@pytest.mark.parametrize("layer", LOCKED)
def test_a_layer_takes_versions_that_the_project_is_tested_with(layer: str) -> None:
    lock = bundle.REQUIREMENTS / f"{layer}.txt"
    assert pins(lock)
    assert pins(lock) <= pins(ROOT / "requirements.lock")
    assert " ; " not in lock.read_text()  # pip asks its own Python, not the one that is built for


def test_the_layers_take_what_the_core_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [
        line
        for layer in LOCKED
        for line in (bundle.REQUIREMENTS / f"{layer}.in").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert sorted(asked) == sorted(re.split(r"[<>=]", each)[0] for each in project["dependencies"])


def test_the_services_that_the_store_speaks_to_stay() -> None:
    calls = (
        node
        for node in ast.walk(ast.parse(Path(aws.__file__).read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_shared"
    )
    spoken = {ast.literal_eval(call.args[0]) for call in calls}
    assert spoken | {"rekognition"} == set(stripping.SERVICES)
    for layer, platform in (("base", LAMBDA), ("base", HERE)):
        data = bundle.build(layer, platform) / "python" / "botocore" / "data"
        assert {path.name for path in data.iterdir() if path.is_dir()} == set(stripping.SERVICES)


def test_every_model_lies_in_one_layer() -> None:
    listed = [name for names in bundle.MODEL_LAYERS.values() for name in names]
    assert sorted(listed) == sorted(
        tomllib.loads((bundle.MODELS / "manifest.toml").read_text())["model"]
    )


@pytest.mark.parametrize("layer", bundle.WHEELED)
def test_nothing_of_the_machine_that_built_a_layer_is_in_it(layer: str) -> None:
    folder = bundle.build(layer, LAMBDA)
    assert not list(folder.rglob("RECORD"))
    for path in files(folder):
        content = path.read_bytes()
        assert str(ROOT).encode() not in content, path
        assert sys.prefix.encode() not in content, path


def test_bytecode_says_where_lambda_has_the_modules() -> None:
    compiled = next(bundle.build("base", HERE).glob("python/sightline/__pycache__/settings.*.pyc"))
    data = compiled.read_bytes()
    assert struct.unpack("<I", data[4:8]) == (0b01,)  # a hash, which is not compared
    assert marshal.loads(data[16:]).co_filename == "/opt/python/sightline/settings.py"  # noqa: S302


@pytest.mark.parametrize("layer", bundle.WHEELED)
def test_every_shared_library_of_lambdas_layers_is_there(layer: str) -> None:
    folder = bundle.build(layer, LAMBDA)
    there = {path.name for path in files(folder)} | SYSTEM
    for path in files(folder):
        content = path.read_bytes()
        if content.startswith(b"\x7fELF"):
            assert struct.unpack_from("<H", content, 18) == (183,), path  # EM_AARCH64
            assert set(libraries(content)) <= there, path


def libraries(elf: bytes) -> Iterator[str]:
    """The names under DT_NEEDED of a 64-bit little-endian ELF file."""
    sections, size, count = *struct.unpack_from("<Q", elf, 40), *struct.unpack_from("<HH", elf, 58)
    headers = [struct.unpack_from("<IIQQQQIIQQ", elf, sections + i * size) for i in range(count)]
    for header in headers:
        if header[1] == 6:  # SHT_DYNAMIC; its link is the section of names
            names = headers[header[6]][4]
            for tag, value in struct.iter_unpack("<QQ", elf[header[4] : header[4] + header[5]]):
                if tag == 1:  # DT_NEEDED
                    yield elf[names + value : elf.index(b"\0", names + value)].decode()


def test_stripping_takes_what_a_rule_names_and_keeps_the_rest(tmp_path: Path) -> None:
    for name in ("a/data/s3/x.json", "a/data/ec2/y.json", "a/data/all.json", "a/data/ec2.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("four")
    saved = strip(tmp_path, [Rule("others", ("a/data/*/*",), keep=("a/data/s3/*",))])
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert left == {
        "a",
        "a/data",
        "a/data/s3",
        "a/data/s3/x.json",
        "a/data/all.json",
        "a/data/ec2.py",
    }
    assert saved == {"others": 4}


def test_a_rule_that_takes_nothing_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "kept.py").touch()
    with pytest.raises(StrippingError, match="tests of the package"):
        strip(tmp_path, [Rule("tests of the package", ("*/tests/*",))])


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """An empty cache, own sources, and no pip: what it was asked to install."""
    asked: list[str] = []

    def install(requirements: Path, folder: Path, platform: bundle.Platform) -> None:
        asked.append(requirements.name)
        folder.mkdir()
        (folder / "package.py").touch(0o600)

    core = tmp_path / "sightline"
    core.mkdir()
    (core / "settings.py").write_text("A = 1\n")
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    monkeypatch.setattr(bundle, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(bundle, "CORE", core)
    monkeypatch.setattr(bundle, "_install", install)
    monkeypatch.setattr(stripping, "RULES", dict.fromkeys(bundle.WHEELED, ()))
    return asked


def test_a_second_build_looks_at_the_disk_and_changed_code_needs_no_network(
    installs: list[str],
) -> None:
    first = bundle.build("base")
    assert bundle.build("base") == first
    (bundle.CORE / "settings.py").write_text("A = 2\n")
    second = bundle.build("base")
    assert second != first
    assert (second / "python" / "sightline" / "settings.py").read_text() == "A = 2\n"
    assert (second / "python" / "package.py").exists()
    assert installs == ["base.txt"]


def test_lambda_may_read_what_only_its_maker_could(installs: list[str]) -> None:
    folder = bundle.build("inference")
    assert (folder / "python" / "package.py").stat().st_mode & 0o777 == 0o644
    assert (folder / "python").stat().st_mode & 0o777 == 0o755


def test_what_a_broken_build_left_never_counts(
    installs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bundle._install

    def breaks(requirements: Path, folder: Path, platform: bundle.Platform) -> None:
        whole(requirements, folder, platform)
        raise BundleError("no network")

    monkeypatch.setattr(bundle, "_install", breaks)
    with pytest.raises(BundleError, match="no network"):
        bundle.build("inference")
    assert list(bundle.CACHE.iterdir()) == []
    monkeypatch.setattr(bundle, "_install", whole)
    assert (bundle.build("inference") / "python" / "package.py").exists()


def test_of_two_builds_at_once_one_stays(
    installs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bundle._install

    def overtaken(requirements: Path, folder: Path, platform: bundle.Platform) -> None:
        monkeypatch.setattr(bundle, "_install", whole)
        bundle.build("inference")
        whole(requirements, folder, platform)

    monkeypatch.setattr(bundle, "_install", overtaken)
    folder = bundle.build("inference")
    assert [path.name for path in bundle.CACHE.iterdir()] == [folder.name]
    assert len(installs) == 2


def test_folders_of_older_code_go(installs: list[str]) -> None:
    for number in range(2 * bundle.KEPT):
        (bundle.CORE / "settings.py").write_text(f"A = {number}\n")
        last = bundle.build("base")
    left = [path.name for path in bundle.CACHE.iterdir()]
    assert len(left) == bundle.KEPT + 1  # and the wheels
    assert last.name in left


def test_pip_tells_why_it_has_not_what_is_locked(tmp_path: Path) -> None:
    lock = tmp_path / "base.txt"
    lock.write_text(f"-e {tmp_path / 'nowhere'}\n")
    with pytest.raises(BundleError, match="nowhere"):
        bundle._install(lock, tmp_path / "python", HERE)


def test_a_model_that_is_not_built_is_told_of(
    installs: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    manifest = (bundle.MODELS / "manifest.toml").read_text()
    (tmp_path / "manifest.toml").write_text(manifest)
    monkeypatch.setattr(bundle, "MODELS", tmp_path)
    with pytest.raises(BundleError, match=r"text_detector\.onnx is missing: run `make models`"):
        bundle.build("models-text")
    (tmp_path / "text_detector.onnx").write_bytes(b"another")
    with pytest.raises(BundleError, match=r"text_detector\.onnx is not what is listed"):
        bundle.build("models-text")


@pytest.mark.parametrize("found", [None, "python3.13"])
def test_the_table_says_which_python_is_missing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    found: str | None,
) -> None:
    monkeypatch.setattr(bundle, "build", lambda *_: tmp_path)
    monkeypatch.setattr(bundle, "compiler", {LAMBDA.python: found, HERE.python: "python"}.get)
    bundle.main()
    said = " ".join(capsys.readouterr().out.split())
    assert (f"Missing: python{LAMBDA.python} on PATH" in said) is (found is None)


def test_a_python_that_does_not_run_compiles_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in = tmp_path / "python9.9"
    stand_in.write_text("#!/bin/sh\nexit 127\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert subprocess.run([stand_in], check=False).returncode == 127
    assert bundle.compiler("9.9") is None
    assert bundle.compiler(bundle.RUNNING) == sys.executable
