"""The image of functions that decode videos: its Dockerfile, its files, and handlers that start
with exactly these.
"""

import re
from pathlib import Path

import pytest

from infra import bundle, image
from infra.bundle import HERE
from infra.functions import FOLDER, Function, functions
from infra.needs import needs
from infra.stripping import files
from infra.unpacked import Unpacked, start
from layers.models import manifest

IMAGES = [pytest.param(each, id=each.module) for each in functions() if needs(each).image]
PROGRAM = """
import importlib, json
importlib.import_module(sys.argv[3]).handler
from sightline.domain.video.kinds import KINDS
[kind.work for kind in KINDS.values()]
files = {getattr(each, "__file__", None) for each in sys.modules.values()}
print(json.dumps(sorted(each for each in files if each)))
"""


def instructions() -> list[tuple[str, str]]:
    """Each with its arguments, lines that go on joined."""
    text = re.sub(r"\\\n\s*", "", image.DOCKERFILE.read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_dockerfile_takes_what_is_pinned_and_nothing_from_elsewhere() -> None:
    words = [word for word, _ in instructions()]
    assert words[0] == "FROM"
    assert words.count("FROM") == 1
    assert set(words) == {"FROM", "COPY", "RUN"}  # no ADD of an address, no ENV with a secret
    (base,) = (rest for word, rest in instructions() if word == "FROM")
    version = bundle.LAMBDA.python
    assert re.fullmatch(rf"[a-z0-9./-]+:{re.escape(version)}-arm64", base)
    (run,) = (rest for word, rest in instructions() if word == "RUN")
    install = run.split("&&")[0].split()
    assert {"--require-hashes", "--only-binary=:all:", "--no-deps", "--no-cache-dir"} <= {*install}
    locks = re.findall(r"-r /tmp/requirements/(\S+)\.txt", run)
    assert tuple(locks) == image.REQUIREMENTS


def test_each_file_of_the_folder_gets_into_the_image_and_no_other_is_asked_for() -> None:
    folder = image.context()
    copied = [rest.split() for word, rest in instructions() if word == "COPY"]
    assert all(len(each) == 2 and each[0].endswith("/") for each in copied)
    sources = {each[0].rstrip("/") for each in copied}
    assert {path.name for path in folder.iterdir()} == sources | {image.DOCKERFILE.name}
    targets = {source.rstrip("/"): target for source, target in copied}
    assert targets["models"] == "/opt/models/"  # where `sightline.settings` looks for them
    assert targets["python"] == "${LAMBDA_TASK_ROOT}/"


def test_the_folder_holds_the_code_the_locks_and_all_networks() -> None:
    folder = image.context()
    code = {path.relative_to(folder / "python").as_posix() for path in files(folder / "python")}
    assert code == {
        *(f"functions/{path.relative_to(FOLDER).as_posix()}" for path in bundle.sources(FOLDER)),
        *(
            f"sightline/{path.relative_to(bundle.CORE).as_posix()}"
            for path in bundle.sources(bundle.CORE)
        ),
    }
    assert {path.name for path in files(folder / "models")} == {
        "manifest.toml",
        *(model.file for model in manifest.read_manifest()),
    }
    assert {path.stem for path in files(folder / "requirements")} == {*image.REQUIREMENTS}


def test_a_change_of_the_code_makes_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image.context()
    monkeypatch.setattr(bundle, "digest", lambda _: "other")
    assert image.context() != before


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """What the Dockerfile makes, with this machine's wheels in place of the platform's."""
    root = tmp_path_factory.mktemp("image")
    opt = root / "opt"
    opt.mkdir()
    (opt / "models").symlink_to(image.context() / "models")
    for name in image.REQUIREMENTS:
        wheels = bundle.wheels(name, HERE)
        for file in files(wheels):
            path = opt / file.relative_to(wheels)
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.symlink_to(file)
    task = root / "task"
    task.symlink_to(image.context() / "python")
    return Unpacked(task, opt)


@pytest.mark.parametrize("function", IMAGES)
def test_a_handler_starts_with_what_is_in_the_image(function: Function, laid_out: Unpacked) -> None:
    found = [Path(each).resolve() for each in start(function, laid_out, PROGRAM)]
    assert any("/av/" in each.as_posix() for each in found)
    assert any(each.is_relative_to(laid_out.task.resolve()) for each in found)
