"""docs/operate.md: every command in it exists, and every figure is that of the code."""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore.session
import pytest
import typer
from botocore import xform_name

from cli.main import app
from infra.config import CONTEXT
from infra.edge import BODY_LIMIT
from infra.functions import ROOT
from infra.needs import ANSWER, NEEDS, PROFILES, Size, storage
from infra.rights import Grant
from tests.infra.conftest import of_type
from tests.infra.document import DOCUMENT, blocks, table
from tests.templates import STACKS, Template, Templates, written

OF_EVERY_COMMAND = {"query", "output", "region", "endpoint-url"}
ALIASES = {"cdk": {"bootstrap", "deploy", "destroy", "diff"}}


def commands() -> Iterator[list[str]]:
    """Each command of the shell blocks, those inside others first."""
    text = "".join(blocks("bash"))
    text += "\n".join(re.findall(r"`((?:sightline|make|aws) [^`…]+?)(?: …)?`", DOCUMENT))
    for line in text.splitlines():
        rest = re.sub(r"^\w+\(\) \{ (.*) \}$", r"\1", line)
        while inner := re.search(r"\$\(([^()]*)\)", rest):
            yield shlex.split(inner[1])
            rest = rest.replace(inner[0], "X")
        words = shlex.split(rest, comments=True)
        while words and (words[0] == "export" or re.match(r"\w+=", words[0])):
            words = words[1:]
        if words:
            yield words


def test_there_are_commands_of_every_kind_and_no_others() -> None:
    assert {each[0] for each in commands()} == {
        *("aws", "cdk", "git", "make", "npx", "output", "sightline")
    }


@pytest.mark.parametrize("words", [each for each in commands() if each[0] == "sightline"])
def test_sightlines_commands_exist(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    rest = words[1:]
    while rest and hasattr(command, "commands"):
        assert rest[0] in command.commands, words
        command, rest = command.commands[rest[0]], rest[1:]
    options = {name for each in command.params for name in each.opts}
    assert {each for each in rest if each.startswith("--")} <= options


def test_makes_verbs_exist() -> None:
    verbs = {*re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)}
    used = {each[1] for each in commands() if each[0] == "make"}
    used |= {*re.findall(r'"make (\S+)"', DOCUMENT)}
    assert used <= verbs
    assert {each[1] for each in commands() if each[0] == "cdk"} == ALIASES["cdk"]


@cache
def operations(service: str) -> dict[str, set[str]]:
    """The commands of a service in the AWS CLI, each with its options."""
    session = botocore.session.get_session()
    model = session.get_service_model(service)
    found = {}
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        members = {} if shape is None else shape.members
        options = {xform_name(each, "-"): member.type_name for each, member in members.items()}
        turned = {f"no-{each}" for each, kind in options.items() if kind == "boolean"}
        found[xform_name(name, "-")] = {*options, *turned, *OF_EVERY_COMMAND}
    return found


@pytest.mark.parametrize("words", [each for each in commands() if each[0] == "aws"])
def test_awss_commands_exist(words: list[str]) -> None:
    _, service, operation, *rest = words
    if service == "configure":  # of the CLI itself
        return
    service = {"s3api": "s3"}.get(service, service)
    if operation == "wait":
        session = botocore.session.get_session()
        waiters = session.get_waiter_model(service).waiter_names
        waiter = next(each for each in waiters if xform_name(each, "-") == rest[0])
        operation = xform_name(session.get_waiter_model(service).get_waiter(waiter).operation, "-")
    known = operations(service)[operation]
    own = {"detect-labels": "image-bytes", "subscribe": "notification-endpoint"}  # of the CLI
    assert {each[2:] for each in rest if each.startswith("--")} <= {*known, own.get(operation)}


def test_every_context_is_told_with_its_default() -> None:
    told = {row[0].strip("`"): row[1].strip("`") for row in table("context")}
    defaults = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert [*told] == [*CONTEXT]
    for name, default in told.items():
        written = "none" if defaults[name] == "" else defaults[name]
        assert default == (written if isinstance(written, str) else json.dumps(written)), name


def test_the_profiles_are_those_of_the_needs() -> None:
    rows = table(r"profile \| reads and writes items")
    sizes = (Size.TABLE, Size.SEARCH, Size.MODELS, Size.EVERYTHING)
    assert {row[0].strip("`"): [int(each) for each in row[1:]] for row in rows} == {
        name: [sized[each] for each in sizes] for name, sized in PROFILES.items()
    }


def test_what_a_function_searches_itself_is_told() -> None:
    from sightline.store import fan_out, opened, salvage
    from sightline.store.shard_layout import planned

    face = planned(10**6, 0, coded=True).contents.bytes / 10**6
    assert f"{face:.0f} bytes for a face" in re.sub(r"\s+", " ", DOCUMENT)

    def most(profile: str, module: str, *, snapshots: bool) -> str:
        memory = PROFILES[profile][NEEDS[module].size]
        files = storage(NEEDS[module], memory, snapshots=snapshots) * 2**20 * opened.DISK
        faces = min(files / 2 / face, memory * 2**20 / 2 / opened.CODES)
        return f"{faces / 1e6:.1f} million"

    assert table(r"profile \| SearchFaces,") == [
        [
            f"`{each}`",
            most(each, "search_faces", snapshots=False),
            most(each, "recognize_celebrities", snapshots=True),
            most(each, "search_users_by_image", snapshots=False),
        ]
        for each in PROFILES
    ]
    assert opened.DISK == 0.9
    assert fan_out.GROUP == 3_000_000
    assert salvage.MOST == 50_000


def test_every_alarm_is_told_of(api: Template) -> None:
    told = {row[0].strip("`").replace("<Group>", r"\w+?") for row in table("alarm")}
    used = set()
    for alarm in of_type(api, "CloudWatch::Alarm").values():
        name = alarm["AlarmName"].removeprefix("sightline-dev-")
        fitting = {each for each in told if re.fullmatch(each, name)}
        assert fitting, name
        used |= fitting
    assert used == told


def test_every_metric_and_message_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    from sightline import metrics

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_LAMBDA_FUNCTION_NAME", "detect-faces")
        with metrics.measured("DetectFaces"), metrics.model_run("face_detector"):
            pass
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    named = [each for line in written for each in line["_aws"]["CloudWatchMetrics"]]
    assert {each["Namespace"] for each in named} == {"Sightline"}
    assert {metric["Name"] for each in named for metric in each["Metrics"]} == {
        row[0].strip("`") for row in table("metric")
    }
    core = ROOT / "layers" / "core" / "python" / "sightline"
    code = "".join(path.read_text() for path in core.rglob("*.py"))
    for row in table("`message`"):
        message = row[0].strip("`")
        assert re.search(rf'logger\.\w+\(\s*"{message}"', code), message


def test_the_limits_are_those_of_the_code() -> None:
    from infra.front_door import BURST, RATE
    from sightline.domain.media.manifest import MOST_LINES
    from sightline.store import jobs, videos
    from sightline.store.images import LIMIT
    from sightline.video.probe import MAX_DURATION, MAX_SAMPLES, MAX_STREAMS

    told = {row[0]: row[1] for row in table("what \\| how much")}
    image = BODY_LIMIT * 3 / 4 / 1e6
    assert told == {
        "body of a request": f"{BODY_LIMIT:,} bytes, {int(image * 10) / 10} MB of image",
        "image in S3": f"{LIMIT // 2**20} MB",
        "time of an answer": f"{ANSWER} seconds",
        "video in S3": f"{videos.LIMIT // 2**30} GB, {MAX_DURATION // 3_600_000} hours",
        "streams in a video; samples in its index": f"{MAX_STREAMS}; {MAX_SAMPLES:,}",
        "jobs on videos at once": f"{jobs.AT_ONCE}",
        "images of a media analysis job": f"{MOST_LINES:,}",
        "requests": f"{RATE} a second, {BURST} at once",
        "calls at once": "the account's (1,000, in new accounts 10) or the function's reserved "
        "concurrency",
    }


def policies_of(chapter: str) -> list[dict[str, Any]]:
    """The policies in a chapter."""
    (text,) = re.findall(rf"^##+ {chapter}$\n(.*?)(?=^##|\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    found = re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [json.loads(each) for each in found]


def test_a_topics_key_lets_functions_do_what_ours_lets_them(cdk: None) -> None:
    from infra.grants import TOPICS

    (policy,) = policies_of("Videos in S3, and topics")
    (statement,) = policy["Statement"]
    assert sorted(statement["Action"]) == sorted(Grant.TOPICS_PUBLISH.on_key)
    assert f"begin with `{TOPICS.removesuffix('*')}`" in re.sub(r"\s+", " ", DOCUMENT)


def test_the_policies_let_the_pipeline_do_what_it_does() -> None:
    allowed: set[str] = set()
    for policy in policies_of("A pipeline in GitHub"):
        for statement in policy["Statement"]:
            actions = statement["Action"]
            allowed |= {actions} if isinstance(actions, str) else {*actions}
    assert allowed == {
        "cloudformation:GetTemplate",
        "cloudformation:ListStackResources",
        "lambda:DeleteFunction",
        "lambda:GetAlias",
        "lambda:ListVersionsByFunction",
        "lambda:UpdateAlias",
        "secretsmanager:CreateSecret",
        "secretsmanager:DeleteSecret",
        "sts:AssumeRole",
        "sts:AssumeRoleWithWebIdentity",
    }
    assert not re.search(r"\b\d{12}\b", DOCUMENT)


def test_the_pipeline_may_publish_files_and_the_image() -> None:
    text = "".join(blocks("json"))
    assert {*re.findall(r"cdk-hnb659fds-([\w-]+)-role", text)} == {
        *("deploy", "file-publishing", "image-publishing", "lookup")
    }


def test_the_pipeline_may_list_the_nested_stacks(written_of: Callable[..., Templates]) -> None:
    """CloudFormation names them `<stack>-<logical id>-<something>`."""
    text = "".join(blocks("json"))
    prefix = "arn:aws:cloudformation:REGION:ACCOUNT:stack/"
    allowed = re.findall(rf'"{re.escape(prefix)}(Sightline-prod-\S+)"', text)
    for name in written_of().keys() - {"State"}:
        stack = "Sightline-prod-Api" if name == "Api" else f"Sightline-prod-Api-{name}-1ABC"
        assert any(fnmatchcase(f"{stack}/id", each) for each in allowed), stack


def test_the_pipeline_inside_aws_deploys_the_same_stacks(
    written_of: Callable[..., Templates],
    no_layers: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    from infra import bundle

    (code,) = blocks("python")
    sample = ModuleType("pipeline")
    exec(compile(code, "pipeline.py", "exec"), sample.__dict__)  # noqa: S102 - our own document
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | {"stage": "prod"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "build", no_layers)
        patch.setenv("CDK_OUTDIR", str(tmp_path))
        assembly = sample.build(context).synth()
    (nested,) = assembly.nested_assemblies
    stacks = written(nested.nested_assembly, "Sightline-prod")
    for name, template in written_of(stage="prod").items():
        same = stacks[name]
        if name in STACKS:
            assert same["Outputs"].keys() == template["Outputs"].keys()
        other = same["Resources"].keys() ^ template["Resources"].keys()
        kinds = {(same["Resources"] | template["Resources"])[each]["Type"] for each in other}
        # Their names hold the whole path, or that of what they are made of.
        assert kinds <= {"AWS::ApiGateway::Deployment", "AWS::Lambda::Permission"}
    assert assembly.stacks[0].stack_name == "Sightline-Pipeline"
