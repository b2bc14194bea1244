"""The synthesised templates, with folders that stand in for layers: nothing is fetched or built."""

import importlib
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra import bundle
from local import frontdoor, notifications, queues
from sightline.settings import settings
from sightline.store import aws, keys
from sightline.wire.model import module_name
from tests import guard
from tests.conftest import ClientFactory
from tests.infra.rehearsal import QUEUES, Deployment
from tests.templates import Template, Templates, whole, written

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


@pytest.fixture(scope="session")
def cdk() -> None:
    """The CDK, or a reason to skip."""
    if importlib.util.find_spec("aws_cdk") is None:
        pytest.skip("needs aws-cdk-lib")
    if shutil.which("node") is None:
        pytest.skip("needs Node on PATH, for the CDK")


@pytest.fixture(scope="session")
def no_layers(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folders that stand in for layers."""

    def folder(layer: str) -> Path:
        made = tmp_path_factory.getbasetemp() / f"layer-{layer}"
        made.mkdir(exist_ok=True)
        (made / "name.txt").write_text(layer)
        return made

    return folder


@pytest.fixture(scope="session")
def app_of(cdk: None, no_layers: Callable[[str], Path]) -> Callable[..., Any]:
    """Makes the app of a context."""

    def build(**context: Any) -> Any:
        from infra.app import build

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bundle, "build", no_layers)
            return build(context)

    return build


@pytest.fixture(scope="session")
def written_of(app_of: Callable[..., Any]) -> Callable[..., Templates]:
    """The templates of a context as they are deployed; each context is synthesised once."""

    @cache
    def synthesised(context: str) -> Templates:
        given = json.loads(context)
        return written(app_of(**given).synth(), f"Sightline-{given.get('stage', 'dev')}")

    def templates(**context: Any) -> Templates:
        return synthesised(json.dumps(context, sort_keys=True))

    return templates


@pytest.fixture(scope="session")
def templates_of(written_of: Callable[..., Templates]) -> Callable[..., Templates]:
    """The templates of a context, `State` and `Api`, each whole."""

    def templates(**context: Any) -> Templates:
        found = written_of(**context)
        return {"State": found["State"], "Api": whole(found)}

    return templates


@pytest.fixture(scope="session")
def state(templates_of: Callable[..., Templates]) -> Template:
    """The template of the state, by `cdk.json` alone."""
    return templates_of()["State"]


@pytest.fixture(scope="session")
def api(templates_of: Callable[..., Templates]) -> Template:
    """The template of the service, by `cdk.json` alone, with all that is nested in it."""
    return templates_of()["Api"]


@pytest.fixture
def deployment(
    account: None, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    """Both stacks, their handlers, and an access key that the operator made."""
    notifications.install()
    made, handler_of = Deployment(templates), frontdoor.handler_of
    monkeypatch.setattr(
        frontdoor,
        "handler_of",
        lambda name: made.deployed(module_name(name), handler_of(name)),
    )
    for module in QUEUES.values():
        worker = importlib.import_module(f"functions.workers.{module}")
        watched = guard.watched(module, worker.handler)
        monkeypatch.setattr(worker, "handler", made.deployed(module, watched))
    monkeypatch.setattr(queues, "WAIT", 0)
    with made.operator():
        keys.put(keys.AccessKey("operator", "secret", allowed=("*",)))
    yield made
    # Nothing was done to what the laptop's stack would use.
    assert aws.dynamodb().scan(TableName=settings().table)["Count"] == 0


@pytest.fixture
def service(deployment: Deployment, client_of: ClientFactory) -> "RekognitionClient":
    """A client of the deployed service."""
    return client_of("operator", "secret")


def of_type(template: Template, kind: str) -> dict[str, Any]:
    """Properties by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == f"AWS::{kind}"
    }
