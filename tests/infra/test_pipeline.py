"""The workflows: no stored keys, no more rights than needed, nothing that somebody could move."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra import bundle
from infra.functions import ROOT

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(path.name for path in FOLDER.glob("*.yml"))
Document = dict[Any, Any]


def workflow(name: str) -> Document:
    """A workflow; its `on` is `True` to YAML 1.1, which PyYAML reads."""
    document: Document = yaml.safe_load((FOLDER / name).read_text())
    return document


def jobs(name: str) -> dict[str, Document]:
    found: dict[str, Document] = workflow(name)["jobs"]
    return found


def every_step() -> list[Document]:
    return [
        step for name in WORKFLOWS for job in jobs(name).values() for step in job.get("steps", [])
    ]


def scripts() -> str:
    return "\n".join(step.get("run", "") for step in every_step())


def test_these_are_the_workflows() -> None:
    assert WORKFLOWS == ["check.yml", "deploy.yml", "stage.yml"]
    assert workflow("check.yml")[True].keys() == {"pull_request", "workflow_call"}
    assert workflow("deploy.yml")[True] == {"pull_request": None, "push": {"branches": ["main"]}}
    assert workflow("stage.yml")[True].keys() == {"workflow_call"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_is_secret_and_nothing_runs_what_a_stranger_wrote(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert "secrets." not in text
    assert "pull_request_target" not in text
    assert not re.search(r"AKIA[A-Z0-9]{16}|\b\d{12}\b|aws-secret|access-key", text)
    for step in every_step():  # what a branch's name or a title holds never becomes shell
        assert "${{" not in step.get("run", "")


def test_rights_are_the_least() -> None:
    assert workflow("check.yml")["permissions"] == {"contents": "read"}
    assert workflow("deploy.yml")["permissions"] == {"contents": "read"}
    assert workflow("stage.yml")["permissions"] == {}
    given = {
        (name, job): document["permissions"]
        for name in WORKFLOWS
        for job, document in jobs(name).items()
        if "permissions" in document
    }
    token = {"contents": "read", "id-token": "write"}
    assert given == {
        ("deploy.yml", "diff"): token,
        ("deploy.yml", "dev"): token,
        ("deploy.yml", "prod"): token,
        ("stage.yml", "deploy"): token,
    }


def test_actions_are_pinned_by_commit_and_the_same_everywhere() -> None:
    pinned: dict[str, set[str]] = {}
    for name in WORKFLOWS:
        for action, commit, version in re.findall(
            r"uses: ([\w-]+/[\w-]+)@(\S+)(?: # (v\d+\.\d+\.\d+))?$",
            (FOLDER / name).read_text(),
            re.MULTILINE,
        ):
            assert re.fullmatch(r"[0-9a-f]{40}", commit), action
            assert version, action
            pinned.setdefault(action, set()).add(commit)
    assert pinned.keys() == {
        "actions/checkout",
        "actions/setup-node",
        "actions/setup-python",
        "aws-actions/configure-aws-credentials",
    }
    assert all(len(commits) == 1 for commits in pinned.values())
    uses = [step["uses"].split("@")[0] for step in every_step() if "uses" in step]
    assert {*uses} == pinned.keys()


def test_machines_and_tools_have_versions() -> None:
    own = [job for name in WORKFLOWS for job in jobs(name).values() if "uses" not in job]
    assert {job["runs-on"] for job in own} == {"ubuntu-24.04"}
    assert all(job["timeout-minutes"] <= 60 for job in own)
    for step in every_step():
        tool = step.get("uses", "").partition("@")[0]
        if tool == "actions/setup-python":
            # The last one is `python3`; the other one compiles what Lambda runs.
            assert step["with"]["python-version"].split() == [bundle.LAMBDA.python, "3.11"]
        if tool == "actions/setup-node":
            assert step["with"] == {"node-version": "24"}
        if tool == "actions/checkout":
            assert step["with"] == {"persist-credentials": False}


def test_the_cdks_command_is_one_version_and_reads_what_the_library_writes(cdk: None) -> None:
    from aws_cdk.cloud_assembly_schema import Manifest

    named = re.findall(r"aws-cdk@([\d.]+)", "".join(map(_text, WORKFLOWS)) + _text(None))
    assert len({*named}) == 1
    assert len(named) == 3
    needed = str(Manifest.cli_version())
    assert _numbers(named[0]) >= _numbers(needed)


def _text(name: str | None) -> str:
    path = ROOT / "docs" / "operate.md" if name is None else FOLDER / name
    return path.read_text()


def _numbers(version: str) -> list[int]:
    return [int(each) for each in version.split(".")]


def test_keys_come_from_a_role_by_variable() -> None:
    steps = [each for each in every_step() if "configure-aws" in each.get("uses", "")]
    assert [each["with"]["role-to-assume"] for each in steps] == [
        "${{ vars.DIFF_ROLE }}",
        "${{ vars.DEPLOY_ROLE }}",
    ]
    for step in steps:
        assert step["with"]["aws-region"] == "${{ vars.AWS_REGION }}"
        assert step["with"].keys() <= {"role-to-assume", "aws-region", "mask-aws-account-id"}


def test_verbs_commands_and_files_exist() -> None:
    verbs = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {*re.findall(r"^ *make (\S+)", scripts(), re.MULTILINE)} == {"check", "test", "synth"}
    assert {"check", "test", "synth"} <= {*verbs}
    assert (ROOT / "docs" / "astronaut.png").is_file()
    called = re.findall(r"\.venv/bin/sightline (\w+)(?: (save|restore|deployed|prune))?", scripts())
    assert {first for first, _ in called} == {"smoke", "versions"}


def test_stages_come_one_after_the_other_after_the_checks() -> None:
    deploy = jobs("deploy.yml")
    assert deploy["check"]["uses"] == "./.github/workflows/check.yml"
    assert deploy["dev"]["needs"] == "check"
    assert deploy["prod"]["needs"] == ["check", "dev"]
    for stage in ("dev", "prod"):
        assert deploy[stage]["uses"] == "./.github/workflows/stage.yml"
        assert deploy[stage]["with"] == {"stage": stage}
    (job,) = jobs("stage.yml").values()
    assert job["environment"] == "${{ inputs.stage }}"
    assert job["concurrency"] == {
        "group": "deploy-${{ inputs.stage }}",
        "cancel-in-progress": False,
    }


def holds(condition: str, stages: str = "", **results: str) -> bool:
    """A condition as GitHub evaluates it. Without a status function it asks for success, too."""
    python = re.sub(r"(needs|steps)\.(\w+)\.(?:result|outcome)", r'results["\2"]', condition)
    python = python.replace("vars.STAGES", "stages").replace("!cancelled()", "True")
    python = python.replace("always()", "True").replace("&&", "and").replace("||", "or")
    if not re.search(r"\b(always|cancelled|failure|success)\(", condition):
        python = f"({python}) and {all(each == 'success' for each in results.values())}"
    names = {
        "results": results,
        "stages": stages,
        "contains": lambda text, part: part in text,
        "format": str.format,
    }
    return bool(eval(python, {}, names))  # noqa: S307 - of our own files


@pytest.mark.parametrize(
    ("stages", "check", "dev", "deployed"),
    [
        ("dev prod", "success", "success", {"dev", "prod"}),
        ("dev prod", "success", "failure", {"dev"}),
        ("dev prod", "success", "cancelled", {"dev"}),
        ("dev prod", "failure", "skipped", set()),
        ("dev prod", "skipped", "skipped", set()),  # a pull request
        ("dev", "success", "success", {"dev"}),
        ("prod", "success", "skipped", {"prod"}),
        ("dev-eu preprod", "success", "skipped", set()),
        ("", "success", "skipped", set()),
    ],
)
def test_the_stages_that_are_wanted_are_deployed(
    stages: str, check: str, dev: str, deployed: set[str]
) -> None:
    deploy = jobs("deploy.yml")
    given = {"dev": {"check": check}, "prod": {"check": check, "dev": dev}}
    assert deployed == {
        name for name, results in given.items() if holds(deploy[name]["if"], stages, **results)
    }


@pytest.mark.parametrize(("newest", "code"), [("abc", 0), ("def", 1)])
def test_a_commit_that_waited_for_its_approval_too_long_is_refused(
    tmp_path: Path, newest: str, code: int
) -> None:
    (job,) = jobs("stage.yml").values()
    steps = [each for each in job["steps"] if "run" in each]
    (number,) = (at for at, each in enumerate(steps) if "GITHUB_SHA" in each["run"])
    assert number < next(at for at, each in enumerate(steps) if each.get("id") == "save")
    gh = tmp_path / "gh"
    gh.write_text(f"#!/bin/sh\necho {newest}\n")
    gh.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "GITHUB_SHA": "abc",
        "GITHUB_REPOSITORY": "owner/repository",
    }
    command = ["bash", "-e", "-c", steps[number]["run"]]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == code, done.stderr


def test_a_stage_is_deployed_in_this_order() -> None:
    (job,) = jobs("stage.yml").values()
    runs = [(step.get("id"), step["run"]) for step in job["steps"] if "run" in step]
    order = [
        next(number for number, (_, script) in enumerate(runs) if what in script)
        for what in (
            "make synth",
            "versions save before.json",
            "qemu-user-static",  # the image of the video workers is for arm64
            'deploy "Sightline-$STAGE-State" "Sightline-$STAGE-Api"',
            "versions deployed",
            "sightline smoke",
            "versions restore before.json",
            "versions prune --keep before.json",
        )
    ]
    assert order == sorted(order)
    assert {each for each, _ in runs if each} == {"save", "deploy", "smoke"}


@pytest.mark.parametrize(
    ("save", "deploy", "smoke", "back"),
    [
        ("success", "success", "success", False),
        ("success", "success", "failure", True),
        ("success", "success", "skipped", True),  # nothing could be tried
        # CloudFormation puts back what it knows of: versions that were taken back, maybe.
        ("success", "failure", "skipped", True),
        ("success", "cancelled", "skipped", True),
        ("success", "skipped", "skipped", False),
        ("failure", "skipped", "skipped", False),
    ],
)
def test_callers_get_back_what_they_had(save: str, deploy: str, smoke: str, back: bool) -> None:
    (job,) = jobs("stage.yml").values()
    step = next(each for each in job["steps"] if "versions restore" in each.get("run", ""))
    assert holds(step["if"], save=save, deploy=deploy, smoke=smoke) is back


def test_the_endpoint_is_found_among_the_outputs(api: Document) -> None:
    (job,) = jobs("stage.yml").values()
    smoke = next(step["run"] for step in job["steps"] if step.get("id") == "smoke")
    (prefix,) = re.findall(r'startswith\("(\w+)"\)', smoke)
    assert len([name for name in api["Outputs"] if name.startswith(prefix)]) == 1
    (output,) = (value for name, value in api["Outputs"].items() if name.startswith(prefix))
    assert "https://" in json.dumps(output)
