"""Each function with its layers, as Lambda unpacks them: small enough, complete, and no more."""

import base64
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra import bundle
from infra.bundle import HERE, LAMBDA, Platform
from infra.functions import Function, functions
from infra.models import MODELS, layer_of, models
from infra.needs import SEARCH, needs
from infra.unpacked import MOST_LAYERS, QUOTA, Unpacked, layers_of, start, unpack
from sightline.domain.analysis import DETECTORS
from sightline.domain.gallery import Person, enrol
from sightline.settings import models_opened_at_import
from sightline.vision import session
from sightline.vision.weights import read_weights
from sightline.wire.model import module_name
from tests.conftest import ClientFactory

Unpack = Callable[..., Unpacked]

# Images have no layers; what is in them is `tests.infra.test_image`'s.
LAYERED = [each for each in functions() if not needs(each).image]
EVERY = [pytest.param(function, id=function.module) for function in LAYERED]
SEEING = [pytest.param(each, id=each.module) for each in LAYERED if models(each.module)]
SNAPSHOT = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
# What a process is when its handler is imported, and what it answers to an event (null: none).
PROGRAM = """
import importlib, json
handler = importlib.import_module(sys.argv[3]).handler
from sightline.domain import access
from sightline.store import aws
said = {
    "files": sorted({m.__file__ for m in sys.modules.values() if getattr(m, "__file__", None)}),
    "clients": aws._client.cache_info().currsize,
    "keys": len(access._remembered),
    "models": 0,
}
if "sightline.vision.session" in sys.modules:
    said["models"] = sys.modules["sightline.vision.session"].open_session.cache_info().currsize
event = json.load(sys.stdin)
if event is not None:
    said["answer"] = handler(event, None)
print(json.dumps(said))
"""


# Whether a function can search shards (the third of four vectors is nearest), and knows it.
SEARCHES = """
import importlib.util, json
from sightline.store import opened
found = [opened.fits(())]
if importlib.util.find_spec("faiss"):
    import faiss, numpy
    index = faiss.index_factory(64, "Flat")
    index.add(numpy.eye(4, 64, dtype="float32"))
    found += [int(index.search(numpy.eye(4, 64, dtype="float32")[2:3], 1)[1][0, 0])]
    found += [faiss.__file__]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Unpack:
    """A function's folders; functions with the same layers share them."""

    @cache
    def folders(layers: tuple[str, ...], platform: Platform) -> Unpacked:
        return unpack(layers, tmp_path_factory.mktemp("lambda"), platform)

    return lambda function, platform=HERE: folders(layers_of(function), platform)


@cache
def size(where: Unpacked) -> int:
    return where.size()


@pytest.mark.parametrize("platform", [LAMBDA, HERE], ids=lambda platform: platform.name)
@pytest.mark.parametrize("function", EVERY)
def test_a_function_with_its_layers_fits_lambda(
    function: Function, platform: Platform, unpacked: Unpack
) -> None:
    assert size(unpacked(function, platform)) < QUOTA
    assert len(layers_of(function)) <= MOST_LAYERS


def test_layers_and_their_bytecode_fit_the_functions_that_take_them() -> None:
    """Also those that a machine without Lambda's Python builds without bytecode."""
    for layers in {layers_of(each) for each in LAYERED}:
        bytecode = sum(
            path.stat().st_size
            for layer in layers
            for path in bundle.build(layer, HERE).rglob("*.pyc")
        )
        size = sum(bundle.size(bundle.build(layer, LAMBDA)) for layer in layers)
        assert bytecode > 0
        assert size + bytecode < QUOTA
    assert {layer for each in LAYERED for layer in layers_of(each)} == {*bundle.LAYERS}


@pytest.mark.parametrize("function", EVERY)
def test_a_handler_imports_with_exactly_its_layers(function: Function, unpacked: Unpack) -> None:
    where = unpacked(function)
    said = start(function, where, PROGRAM)
    allowed = (str(where.task), str(where.opt), str(Path(sys.base_prefix, "lib")))
    assert [path for path in said["files"] if not path.startswith(allowed)] == []
    assert said["models"] == 0  # a function that runs none opens none, the others at first use


def test_who_has_the_layer_can_search_shards_and_nobody_else(unpacked: Unpack) -> None:
    for layers, function in {layers_of(each): each for each in LAYERED}.items():
        where = unpacked(function)
        found = start(function, where, SEARCHES)
        if SEARCH in layers:
            assert found == [True, 2, f"{where.opt}/python/faiss/__init__.py"]
        else:
            assert found == [False]


@pytest.mark.parametrize("function", SEEING)
def test_a_snapshot_holds_the_models_and_nothing_that_grows_old(
    function: Function, unpacked: Unpack
) -> None:
    said = start(function, unpacked(function), PROGRAM, **SNAPSHOT)
    assert said["models"] == len(models(function.module))
    assert (said["clients"], said["keys"]) == (0, 0)


@pytest.mark.parametrize(
    ("started", "opened"),
    [("provisioned-concurrency", ("iris", "objects")), ("on-demand", ()), (None, ())],
)
def test_models_are_opened_at_import_where_nobody_waits_for_it(
    started: str | None, opened: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_PRELOAD", "iris,objects")
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    if started:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", started)
    assert models_opened_at_import() == opened


@pytest.mark.parametrize(
    ("module", "parameters", "member"),
    [
        ("compare_faces", {}, "FaceMatches"),
        ("detect_faces", {"Attributes": ["ALL"]}, "FaceDetails"),
        ("detect_labels", {}, "Labels"),
        ("detect_moderation_labels", {}, "ModerationModelVersion"),
        ("detect_protective_equipment", {}, "Persons"),
        ("detect_text", {}, "TextModelVersion"),
    ],
)
def test_a_function_answers_with_exactly_its_layers(
    module: str, parameters: dict[str, Any], member: str, unpacked: Unpack, astronaut: bytes
) -> None:
    (function,) = (each for each in functions() if each.module == module)
    image = {"Bytes": base64.b64encode(astronaut).decode()}
    names = ("SourceImage", "TargetImage") if module == "compare_faces" else ("Image",)
    event = {**dict.fromkeys(names, image), **parameters}
    said = start(function, unpacked(function), PROGRAM, event, **SNAPSHOT)
    assert said["answer"][member]
    assert said["models"] == len(models(module))  # it opened no other while it answered


@pytest.mark.parametrize("function", EVERY)
def test_a_function_takes_the_layers_of_its_models_and_no_others(function: Function) -> None:
    taken = {layer for layer in needs(function).layers if layer.startswith("models-")}
    assert taken == {layer_of(name) for name in models(function.module)}
    if taken:
        assert "inference" in needs(function).layers


REQUESTS: dict[str, dict[str, Any]] = {
    "index_faces": {"CollectionId": "people", "DetectionAttributes": ["ALL"]},
    "search_faces_by_image": {"CollectionId": "people"},
    "search_users_by_image": {"CollectionId": "people"},
    "compare_faces": {},
    "detect_faces": {"Attributes": ["ALL"]},
    "detect_labels": {"Features": ["GENERAL_LABELS", "IMAGE_PROPERTIES"]},
    "detect_moderation_labels": {},
    "detect_protective_equipment": {},
    "detect_text": {},
    "recognize_celebrities": {},
    "analyze": {
        "Operations": {name: {} for name in DETECTORS} | {"DetectFaces": {"Attributes": ["ALL"]}}
    },
}


@pytest.mark.parametrize("module", sorted(MODELS.keys() - {"media_steps", "on_upload"}))
def test_a_function_runs_the_models_that_are_listed(
    module: str,
    client_of: ClientFactory,
    extended: boto3.Session,
    astronaut: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = client_of(session=extended)
    client.create_collection(CollectionId="people")
    enrol(Person("Eileen Collins", [("eileen.png", partial(bytes, astronaut))]))
    opened: set[str] = set()

    def recorded(name: str) -> bytes:
        opened.add(name)
        return read_weights(name)

    monkeypatch.setattr(session, "read_weights", recorded)
    session.open_session.cache_clear()
    names = ("SourceImage", "TargetImage") if module == "compare_faces" else ("Image",)
    getattr(client, module)(**{key: {"Bytes": astronaut} for key in names}, **REQUESTS[module])
    assert opened == set(models(module))


def test_the_upload_worker_runs_what_its_rules_can_ask_for() -> None:
    asked = {name for each in DETECTORS for name in models(module_name(each))}
    assert set(models("on_upload")) == asked | set(models("index_faces"))


def test_jobs_over_manifests_run_what_their_operation_runs() -> None:
    assert models("media_steps") == models("detect_moderation_labels")
