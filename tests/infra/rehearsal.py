"""Deploys the synthesised templates to moto's CloudFormation, and runs handlers as deployed.

moto cannot make everything: what is left out stands in two tables, each with its reason.
"""

import copy
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from infra.functions import functions
from sightline.settings import settings
from tests.conftest import ENVIRONMENT
from tests.policies import Templates

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

LEFT_OUT = {  # types of resources
    "AWS::ApiGateway::Account": "moto's CloudFormation does not know it",
    "AWS::ApiGateway::Deployment": "moto's API has no methods (see Body below), and so it refuses",
    "AWS::ApiGateway::Stage": "moto's CloudFormation does not know it",
    "AWS::CloudFront::Distribution": "moto's CloudFormation does not know it",
    "AWS::CloudFront::Function": "moto's CloudFormation does not know it",
    "AWS::CloudWatch::Alarm": "moto's CloudFormation does not know it",
    "AWS::Lambda::Alias": "moto's CloudFormation does not know it; references get the function",
    "AWS::Lambda::EventSourceMapping": "moto would start the function's code in Docker",
    "AWS::S3::BucketPolicy": "moto's CloudFormation does not know it",
    "AWS::SNS::TopicPolicy": "moto's CloudFormation does not know it",
    "AWS::SQS::QueuePolicy": "moto's CloudFormation does not know it",
}
KNOWN_TO_MOTO = {"AWS::ApiGateway::Deployment", "AWS::Lambda::EventSourceMapping"}
LEFT_OUT_PROPERTIES = {  # of resources that are made
    ("AWS::ApiGateway::RestApi", "Body"): "moto makes nothing of an OpenAPI document",
    ("AWS::KMS::Key", "Tags"): "moto takes them for those of KMS' own API, and falls over",
}
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
ASSETS = "cdk-hnb659fds-assets-123456789012-us-east-1"
STACKS = ("State", "Api")


class Deployment:
    """Both stacks in moto's account, which must be there.

    Attributes:
        outputs: of the state's stack, by name.
        environments: what moto's Lambda gives each function, by module.
    """

    def __init__(self, templates: Templates) -> None:
        self._client: CloudFormationClient = boto3.client("cloudformation")
        boto3.client("ssm").put_parameter(Name=BOOTSTRAP, Value="30", Type="String")
        _upload_assets(templates["Api"])
        self.templates = {name: fitting(templates[name]) for name in STACKS}
        for name in STACKS:
            body = json.dumps(self.templates[name])
            self._client.create_stack(StackName=stack(name), TemplateBody=body)
        (described,) = self._client.describe_stacks(StackName=stack("State"))["Stacks"]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
        self._mend_buckets(templates["State"])
        lambda_ = boto3.client("lambda")
        self.environments: dict[str, dict[str, str]] = {
            each.module: lambda_.get_function_configuration(
                FunctionName=f"sightline-dev-{each.name}"
            )["Environment"]["Variables"]
            for each in functions()
        }

    def made(self, name: str) -> dict[str, str]:
        """Types of a stack's resources, by logical id."""
        return {logical: kind for logical, (kind, _) in self._resources(name).items()}

    def _resources(self, name: str) -> dict[str, tuple[str, str]]:
        """Types and names of a stack's resources, by logical id."""
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=stack(name))
        return {
            each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
            for page in pages
            for each in page["StackResourceSummaries"]
        }

    @contextmanager
    def operator(self) -> Iterator[None]:
        """The environment of the operator's commands: the outputs of the state's stack."""
        names = {
            "SIGHTLINE_ACCOUNT": ENVIRONMENT["SIGHTLINE_ACCOUNT"],
            "SIGHTLINE_TABLE": self.outputs["TableName"],
            "SIGHTLINE_BUCKET": self.outputs["DataBucket"],
            "SIGHTLINE_KEYS": self.outputs["KeysPrefix"],
        }
        with _environment(names):
            yield

    def deployed(self, module: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        """A handler in its function's environment, and in no other."""

        @wraps(handler)
        def run(*args: Any) -> Any:
            with _environment(self.environments[module]):
                return handler(*args)

        return run

    def _mend_buckets(self, template: Mapping[str, Any]) -> None:
        """Sets what moto's CloudFormation does not read of a bucket, with S3's own API."""
        s3 = boto3.client("s3")
        for logical, (kind, bucket) in self._resources("State").items():
            if kind != "AWS::S3::Bucket":
                continue
            properties = template["Resources"][logical]["Properties"]
            if versioning := properties.get("VersioningConfiguration"):
                s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
            events = properties.get("NotificationConfiguration", {}).get("EventBridgeConfiguration")
            if events == {"EventBridgeEnabled": True}:
                s3.put_bucket_notification_configuration(
                    Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
                )


def stack(name: str) -> str:
    """The whole name of `State` or `Api`."""
    return f"Sightline-dev-{name}"


def fitting(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template without what is left out, and without outputs of that."""
    resources: dict[str, Any] = copy.deepcopy(template["Resources"])
    gone = {name for name, each in resources.items() if each["Type"] in LEFT_OUT}
    functions_of = {
        name: {"Fn::GetAtt": [each["Properties"]["FunctionName"]["Ref"], "Arn"]}
        for name, each in resources.items()
        if each["Type"] == "AWS::Lambda::Alias"
    }
    kept = {
        name: _replaced(each, functions_of) for name, each in resources.items() if name not in gone
    }
    for each in kept.values():
        each.pop("DependsOn", None)  # moto finds the order by itself
        for kind, name in LEFT_OUT_PROPERTIES:
            if each["Type"] == kind:
                del each["Properties"][name]
    outputs = {
        name: each for name, each in template["Outputs"].items() if not gone & set(_names(each))
    }
    return {**template, "Resources": kept, "Outputs": outputs}


def _replaced(value: Any, by_name: Mapping[str, Any]) -> Any:
    match value:
        case {"Ref": str(name)} if name in by_name:
            return by_name[name]
        case dict():
            return {key: _replaced(each, by_name) for key, each in value.items()}
        case list():
            return [_replaced(each, by_name) for each in value]
    return value


def _names(value: Any) -> Iterator[str]:
    """Logical ids that something refers to."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            yield name
        case dict():
            for each in value.values():
                yield from _names(each)
        case list():
            for each in value:
                yield from _names(each)


def _upload_assets(template: Mapping[str, Any]) -> None:
    """What `cdk deploy` does first; moto looks whether the code is there, not what it is."""
    s3, code = boto3.client("s3"), io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("name.txt", "code")
    s3.create_bucket(Bucket=ASSETS)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        place = properties.get("Code") or properties.get("Content") or {}
        if "S3Key" in place:
            s3.put_object(Bucket=ASSETS, Key=place["S3Key"], Body=code.getvalue())


@contextmanager
def _environment(names: Mapping[str, str]) -> Iterator[None]:
    """What Lambda gives a function: no other name of ours, and models where layers put them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [each for each in os.environ if each.startswith("SIGHTLINE_")]:
            patch.delenv(name)
        for name, value in names.items():
            patch.setenv(name, value)
        patch.setenv("SIGHTLINE_MODELS", ENVIRONMENT["SIGHTLINE_MODELS"])  # for /opt/models
        settings.cache_clear()
        yield
    settings.cache_clear()
