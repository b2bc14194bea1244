"""`sightline versions` on Lambda functions in moto: back to what callers had before."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws
from typer.testing import CliRunner, Result

from cli import versions
from cli.main import app
from infra.functions import functions

FUNCTIONS = ("sightline-prod-detect-faces", "sightline-prod-list-faces")
OTHERS = ("sightline-prod-b-detect-faces", "sightline-prod-thing", "detect-faces")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Lambda with functions of the stage `prod` and others, each with its alias at version 1."""
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")  # the command changes them
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with mock_aws(config={"lambda": {"use_docker": False}}):
        client: Any = boto3.client("lambda", region_name="us-east-1")
        role = boto3.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")
        for name in (*FUNCTIONS, *OTHERS):
            client.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Role=role["Role"]["Arn"],
                Handler="a.b",
                Code={"ZipFile": code("1")},
            )
            client.publish_version(FunctionName=name)
            client.create_alias(FunctionName=name, Name=versions.ALIAS, FunctionVersion="1")
        yield client


def code(text: str) -> bytes:
    """A deployment package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("a.py", text)
    return buffer.getvalue()


def deploy(client: Any, name: str, number: int) -> None:
    """A new version, with the alias on it."""
    client.update_function_code(FunctionName=name, ZipFile=code(str(number)))
    version = client.publish_version(FunctionName=name)["Version"]
    client.update_alias(FunctionName=name, Name=versions.ALIAS, FunctionVersion=version)


def live(client: Any, name: str) -> str:
    """The version that callers get."""
    version: str = client.get_alias(FunctionName=name, Name=versions.ALIAS)["FunctionVersion"]
    return version


def published(client: Any, name: str) -> list[str]:
    """All versions but the one that is worked on."""
    found = client.list_versions_by_function(FunctionName=name)["Versions"]
    return [each["Version"] for each in found][1:]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["versions", *arguments])


def test_callers_get_what_they_had_before(client: Any, tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    done = run("save", str(file), "--stage", "prod")
    assert done.exit_code == 0, done.output
    assert json.loads(file.read_text()) == dict.fromkeys(FUNCTIONS, "1")
    for name in (*FUNCTIONS, *OTHERS):
        deploy(client, name, 2)
    done = run("restore", str(file))
    assert done.exit_code == 0, done.output
    assert "2 of 2 functions are as they were." in done.output
    assert [live(client, name) for name in FUNCTIONS] == ["1", "1"]
    assert [live(client, name) for name in OTHERS] == ["2", "2", "2"]


def test_one_that_cannot_go_back_keeps_no_other_from_it(client: Any, tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    run("save", str(file), "--stage", "prod")
    first, second = FUNCTIONS
    client.delete_function(FunctionName=first)
    deploy(client, second, 2)
    done = run("restore", str(file))
    assert done.exit_code == 1
    assert f"{first}: not at version 1: " in done.output
    assert "1 of 2 functions are as they were." in done.output
    assert live(client, second) == "1"


@pytest.mark.parametrize("code", ["InvalidParameterValueException", "TooManyRequestsException"])
def test_one_that_lambda_refuses_keeps_no_other_from_it(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    file = tmp_path / "before.json"
    run("save", str(file), "--stage", "prod")
    first, second = FUNCTIONS
    deploy(client, first, 2)
    deploy(client, second, 2)
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def refusing(self: Any, operation: str, arguments: Any) -> Any:
        if operation == "UpdateAlias" and arguments["FunctionName"] == first:
            raise ClientError({"Error": {"Code": code, "Message": ""}}, operation)
        return call(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", refusing)
    done = run("restore", str(file))
    assert done.exit_code == 1
    assert code in done.output
    assert (live(client, first), live(client, second)) == ("2", "1")


def nested(name: str, status: str = "UPDATE_COMPLETE") -> dict[str, Any]:
    """A nested stack in the same list."""
    return {
        "LogicalResourceId": name,
        "PhysicalResourceId": f"arn:aws:cloudformation:us-east-1:1:stack/Api-{name}/1",
        "ResourceType": "AWS::CloudFormation::Stack",
        "LastUpdatedTimestamp": 0,
        "ResourceStatus": status,
    }


def resource(name: str, version: int, status: str = "CREATE_COMPLETE") -> dict[str, Any]:
    """A published version in CloudFormation's list of a stack's resources."""
    return {
        "LogicalResourceId": f"{name}{version}",
        "PhysicalResourceId": f"arn:aws:lambda:us-east-1:1:function:{name}:{version}",
        "ResourceType": "AWS::Lambda::Version",
        "LastUpdatedTimestamp": 0,
        "ResourceStatus": status,
    }


def test_after_a_restore_callers_get_what_is_deployed_again(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second function is as in the deployment that was taken back; so nothing moved it."""
    first, second = FUNCTIONS
    deploy(client, first, 2)
    deploy(client, second, 2)
    client.update_function_code(FunctionName=second, ZipFile=code("3"))
    client.publish_version(FunctionName=second)  # of a deployment that failed, and was undone
    client.update_alias(FunctionName=second, Name=versions.ALIAS, FunctionVersion="1")
    other = {**resource(first, 7), "ResourceType": "AWS::Lambda::Alias"}
    image, faces, gone = nested("Image"), nested("Faces"), nested("Gone", "DELETE_COMPLETE")
    lists = {  # of resources, page after page
        "Sightline-prod-Api": ([image, gone], [faces]),
        faces["PhysicalResourceId"]: ([resource(second, 2)],),
        image["PhysicalResourceId"]: (
            [resource(first, 1, "DELETE_SKIPPED"), resource(first, 2)],
            [other],
        ),
    }
    stacks: Any = boto3.client("cloudformation")
    client_of = boto3.client
    monkeypatch.setattr(
        boto3, "client", lambda name: stacks if name == "cloudformation" else client_of(name)
    )
    with Stubber(stacks) as stub:
        for name, pages in lists.items():
            for number, page in enumerate(pages):
                token = {"NextToken": str(number)} if number else {}
                more = {"NextToken": str(number + 1)} if page is not pages[-1] else {}
                stub.add_response(
                    "list_stack_resources",
                    {"StackResourceSummaries": page, **more},
                    {"StackName": name, **token},
                )
        done = run("deployed", "--stage", "prod")
    assert done.exit_code == 0, done.output
    assert "2 of 2 functions are as deployed." in done.output
    assert [live(client, name) for name in FUNCTIONS] == ["2", "2"]


def test_before_the_first_deployment_there_is_nothing_to_go_back_to(
    client: Any, tmp_path: Path
) -> None:
    file = tmp_path / "before.json"
    assert "0 functions" in run("save", str(file), "--stage", "new").output
    done = run("restore", str(file))
    assert done.exit_code == 0
    assert "0 of 0" in done.output


@pytest.mark.parametrize("text", ["[]", "{bad", '{"a": 1}'])
def test_a_file_of_another_kind_is_refused_in_one_line(
    client: Any, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "before.json"
    file.write_text(text)
    done = run("restore", str(file))
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert done.output.count("\n") == 1


def test_earlier_versions_are_deleted_but_the_way_back(client: Any, tmp_path: Path) -> None:
    first, second = FUNCTIONS
    file = tmp_path / "before.json"
    deploy(client, first, 2)
    run("save", str(file), "--stage", "prod")
    for number in (3, 4, 5):
        deploy(client, first, number)
    client.update_alias(FunctionName=first, Name=versions.ALIAS, FunctionVersion="4")
    deploy(client, OTHERS[0], 2)
    done = run("prune", "--stage", "prod", "--keep", str(file))
    assert "2 versions deleted." in done.output, done.output
    assert published(client, first) == ["2", "4", "5"]
    assert run("restore", str(file)).exit_code == 0
    assert live(client, first) == "2"
    client.update_alias(FunctionName=first, Name=versions.ALIAS, FunctionVersion="4")
    assert "1 versions deleted." in run("prune", "--stage", "prod").output
    assert published(client, first) == ["4", "5"]
    assert published(client, second) == ["1"]
    assert published(client, OTHERS[0]) == ["1", "2"]


def test_the_alias_and_the_names_are_those_that_are_deployed(
    cdk: None, api: dict[str, Any]
) -> None:
    from infra.functions import ALIAS
    from tests.infra.conftest import of_type

    assert versions.ALIAS == ALIAS
    deployed = {each["FunctionName"] for each in of_type(api, "Lambda::Function").values()}
    assert deployed == {f"sightline-dev-{each.name}" for each in functions()}
