"""Every handler file is a function, with what its code needs and nothing else."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import bundle
from infra import functions as listing
from infra.functions import FOLDER, Function, Kind, functions
from infra.needs import INFERENCE, NEEDS, PROFILES, SEARCH, needs
from infra.rights import VIDEO_STEPS, Grant
from sightline.domain.video.kinds import KINDS
from sightline.wire.model import EXTENSIONS, module_name, service_model
from tests.infra.conftest import of_type
from tests.infra.reach import reach, source
from tests.templates import Template, whole, written

EVERY = [pytest.param(function, id=function.module) for function in functions()]
Templates = Callable[..., dict[str, Template]]
UNREAD = {  # names that a function's code could read, and does not come to
    "media_failures": {"SIGHTLINE_MEDIA_QUEUE"},
    "media_steps": {"SIGHTLINE_REVIEWS_QUEUE"},
    "create_user": {"SIGHTLINE_COMPACTION_QUEUE"},
    "list_faces": {"SIGHTLINE_COMPACTION_QUEUE"},
    "list_users": {"SIGHTLINE_COMPACTION_QUEUE"},
}
READ_BY_KINDS = {"merge_video": {"SIGHTLINE_COMPACTION_QUEUE"}}  # which are imported by name


def made(api: Template, function: Function) -> dict[str, Any]:
    """The properties of a function."""
    (found,) = (
        each
        for each in of_type(api, "Lambda::Function").values()
        if each["FunctionName"].split("-", 2)[2] == function.name
    )
    properties: dict[str, Any] = found
    return properties


def entry(properties: dict[str, Any]) -> str:
    """What Lambda calls, of a zip file or of an image."""
    if properties.get("PackageType") == "Image":
        (command,) = properties["ImageConfig"]["Command"]
        return str(command)
    return str(properties["Handler"])


def opens_models(function: Function) -> bool:
    """Whether it is started early with its models; an image cannot be."""
    return (
        not needs(function).image and "sightline.vision.session" in reach(function.handler).modules
    )


def test_every_handler_file_has_a_function(api: Template) -> None:
    files = {
        f"functions.{path.parent.name}.{path.stem}.handler"
        for path in FOLDER.glob("*/*.py")
        if path.stem != "__init__"
    }
    assert {entry(each) for each in of_type(api, "Lambda::Function").values()} == files


def test_operations_extensions_and_workers_are_told_apart() -> None:
    for each in functions():
        assert (each.kind is Kind.WORKER) == (each.family == "workers")
        assert (each.kind is Kind.EXTENSION) == (each.family == "extensions")
        assert (each.operation in EXTENSIONS) == (each.kind is Kind.EXTENSION)
        assert each.operation is None or module_name(each.operation) == each.module
    operations = {each.operation for each in functions()} - {None}
    assert operations <= {*service_model().operation_names}


@pytest.mark.parametrize("place", ["detect_faces.py", "image/more/detect_faces.py"])
def test_a_file_of_another_depth_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    monkeypatch.setattr(listing, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=rf"functions/{place} is not functions/<family>/<module>"):
        functions.__wrapped__()


def test_a_handler_without_needs_is_told_of_with_its_file() -> None:
    new = Function("custom_labels", "create_project", Kind.OPERATION, "CreateProject")
    told = r"functions/custom_labels/create_project\.py: infra/needs"
    with pytest.raises(ValueError, match=told):
        needs(new)


def test_needs_are_of_functions_that_there_are() -> None:
    assert NEEDS.keys() == {each.module for each in functions()}


def read_by_settings() -> dict[str, set[str]]:
    """The names that each function of `settings.py` must find in the environment."""
    tree = ast.parse(source("sightline.settings").read_text())
    return {
        each.name: {
            node.slice.value
            for node in ast.walk(each)
            if isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
        }
        for each in tree.body
        if isinstance(each, ast.FunctionDef)
    }


@pytest.mark.parametrize("function", EVERY)
def test_the_environment_is_what_settings_read_for_it(api: Template, function: Function) -> None:
    prefix = "sightline.settings."
    called = {
        name.removeprefix(prefix)
        for name in reach(function.handler).names
        if name.startswith(prefix)
    }
    read = {name for each in called for name in read_by_settings()[each]}
    given = made(api, function)["Environment"]["Variables"].keys()
    steps = {f"SIGHTLINE_VIDEO_{step.upper()}_QUEUE" for step in steps_after(function)}
    unread = UNREAD.get(function.module, set()) | {"AWS_REGION"}  # which Lambda gives itself
    read |= READ_BY_KINDS.get(function.module, set())
    searches = {"SIGHTLINE_SEARCH_FUNCTION"} & given  # `test_who_searches…`, of the grants
    assert given == (read | steps | searches) - unread


def steps_after(function: Function) -> set[str]:
    """The steps of video jobs that a function sends to."""
    workers = {kind.worker for kind in KINDS.values()}
    if function.family == "video" and function.module.startswith("start_"):
        return {"plan"}
    if function.module.startswith("analyse_"):
        return {"merge"}
    return {"plan_video": workers, "sweep": {"plan", *workers, "merge"}}.get(function.module, set())


def test_the_environment_has_names_and_no_secrets(api: Template) -> None:
    read = set().union(*read_by_settings().values())
    read |= {f"SIGHTLINE_VIDEO_{step.upper()}_QUEUE" for step in VIDEO_STEPS}
    read |= {"SIGHTLINE_SEARCH_FUNCTION"}  # if it is there
    for each in of_type(api, "Lambda::Function").values():
        assert each["Environment"]["Variables"].keys() <= read


@pytest.mark.parametrize("function", EVERY)
def test_layers_are_those_that_its_code_needs(function: Function) -> None:
    layers = needs(function).layers
    merges = function.module == "merge_video"  # which imports the modules of all kinds by name
    assert needs(function).image == (merges or "av" in reach(function.handler).others)
    if needs(function).image:
        assert not layers
        return
    assert (INFERENCE in layers) == ("numpy" in reach(function.handler).others)
    full = function.module in ("analyze", "on_upload")  # another function searches shards for them
    assert (SEARCH in layers) == ("faiss" in reach(function.handler).others and not full)
    assert any(layer.startswith("models-") for layer in layers) == opens_models(function)
    assert len({"base", *layers}) <= 5  # Lambda's limit


@pytest.mark.parametrize("function", EVERY)
def test_how_it_runs(api: Template, function: Function) -> None:
    found = made(api, function)
    if needs(function).image:
        assert found["PackageType"] == "Image"
    else:
        assert found["Runtime"] == "python3.13"
        assert len(found["Layers"]) == 1 + len(needs(function).layers)
    assert entry(found) == function.handler
    assert found["Architectures"] == ["arm64"]
    assert found["TracingConfig"] == {"Mode": "Active"}
    assert found["LoggingConfig"]["LogFormat"] == "JSON"
    assert found["MemorySize"] == PROFILES["standard"][needs(function).size]
    assert found["Timeout"] == needs(function).timeout
    assert "VpcConfig" not in found
    if function.kind is not Kind.WORKER:
        assert found["Timeout"] <= 29  # what API Gateway waits


def test_functions_that_open_models_start_from_a_snapshot(api: Template) -> None:
    for function in functions():
        expected = {"ApplyOn": "PublishedVersions"} if opens_models(function) else None
        assert made(api, function).get("SnapStart") == expected


def test_without_snapshots_and_with_webp(templates_of: Templates) -> None:
    api = templates_of(snapshots=False, webp=True)["Api"]
    for function in functions():
        found = made(api, function)
        assert "SnapStart" not in found
        told = found["Environment"]["Variables"].get("SIGHTLINE_WEBP")
        assert told == ("1" if Grant.IMAGES in needs(function).grants else None)


def test_every_function_has_its_own_logs_which_end(api: Template) -> None:
    groups = of_type(api, "Logs::LogGroup")
    for group in groups.values():
        assert group["RetentionInDays"] == 90
        assert "KmsKeyId" in group
    own = [
        each["LoggingConfig"]["LogGroup"]["Ref"]
        for each in of_type(api, "Lambda::Function").values()
    ]
    assert len(own) == len(set(own))
    for function in functions():
        group = made(api, function)["LoggingConfig"]["LogGroup"]["Ref"]
        assert groups[group]["LogGroupName"] == f"/sightline/dev/{function.name}"


def test_callers_go_to_the_alias_of_a_version_that_stays(api: Template) -> None:
    aliases = of_type(api, "Lambda::Alias")
    versions = of_type(api, "Lambda::Version")
    assert len(aliases) == len(functions())
    assert {alias["Name"] for alias in aliases.values()} == {"live"}
    for alias in aliases.values():
        version = alias["FunctionVersion"]["Fn::GetAtt"][0]
        assert versions[version]["FunctionName"] == alias["FunctionName"]
        kept = api["Resources"][version]["DeletionPolicy"]  # to go back to
        assert kept == "RetainExceptOnCreate"  # what a failed deployment published goes with it
        assert "ProvisionedConcurrencyConfig" not in alias


def test_other_layers_make_other_versions(
    cdk: None, api: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alias would else stay where it is when nothing but a layer changes."""
    from infra.app import build

    def folder(layer: str) -> Path:
        made = tmp_path / f"other-{layer}"
        made.mkdir(exist_ok=True)
        return made

    monkeypatch.setattr(bundle, "build", folder)
    after = whole(written(build().synth(), "Sightline-dev"))
    versions = [of_type(each, "Lambda::Version").keys() for each in (api, after)]
    assert len(versions[0]) == len(versions[1])
    assert not versions[0] & versions[1]


def test_a_stage_of_ones_own(templates_of: Templates) -> None:
    api = templates_of(
        stage="prod",
        memory_profile="fast",
        log_retention_days=365,
        reserved_concurrency={"on-upload": 5, "detect-faces": 20},
        provisioned_concurrency=2,
    )["Api"]
    for function in functions():
        found = made(api, function)
        assert found["FunctionName"] == f"sightline-prod-{function.name}"
        assert found["MemorySize"] == PROFILES["fast"][needs(function).size]
        reserved = {"on-upload": 5, "detect-faces": 20}.get(function.name)
        assert found.get("ReservedConcurrentExecutions") == reserved
        # started beforehand, so no snapshot; nobody waits for a worker
        snapshot = opens_models(function) and function.kind is Kind.WORKER
        assert ("SnapStart" in found) == snapshot
        (alias,) = (
            each
            for name, each in of_type(api, "Lambda::Alias").items()
            if name.startswith(f"{function.id}Alias")
        )
        provisioned = opens_models(function) and function.kind is not Kind.WORKER
        assert ("ProvisionedConcurrencyConfig" in alias) == provisioned
    for group in of_type(api, "Logs::LogGroup").values():
        assert group["RetentionInDays"] == 365


def test_a_network_without_internet(templates_of: Templates) -> None:
    api = templates_of(vpc=True)["Api"]
    for function in functions():
        assert len(made(api, function)["VpcConfig"]["SubnetIds"]) == 2
    for kind in ("InternetGateway", "NatGateway", "EIP", "VPCGatewayAttachment"):
        assert not of_type(api, f"EC2::{kind}")
    endpoints = of_type(api, "EC2::VPCEndpoint").values()
    names = {str(each["ServiceName"]) for each in endpoints}
    for service in (
        *("s3", "dynamodb", "secretsmanager", "lambda", "sqs", "sns", "kms", "logs", "xray"),
    ):
        assert any(f".{service}" in name for name in names), service
    for group in of_type(api, "EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group
    (way_in,) = of_type(api, "EC2::SecurityGroupIngress").values()
    assert way_in["FromPort"] == way_in["ToPort"] == 443
    assert "SourceSecurityGroupId" in way_in


def test_concurrency_of_no_function(app_of: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="no function detect-face"):
        app_of(reserved_concurrency={"detect-face": 1})
