"""Deploys the synthesised templates to moto's CloudFormation, and runs handlers as deployed.

moto cannot make everything: what is left out stands in two tables, each with its reason. It makes
nested stacks from what lies in its S3, but does not know their outputs: `_outputs` adds these.
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
from moto.cloudformation.models import Stack

from infra.functions import functions
from local import queues
from sightline.domain.video.kinds import WORKERS
from sightline.settings import settings
from tests.conftest import ENVIRONMENT
from tests.templates import NESTED, STACKS, Template, Templates, asset, replaced

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
QUEUES = {  # and the workers that they start, which `tests.infra.test_functions` holds to it
    "uploads": "on_upload",
    "video-plan": "plan_video",
    **{f"video-{worker}": f"analyse_{worker}" for worker in WORKERS},
    "video-merge": "merge_video",
    "video-dead": "fail_video",
    "media": "media_steps",
    "media-dead": "media_failures",
    "compaction": "compact",
}
ONE = QUEUES.keys() - {"uploads"}  # message at a time
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
ASSETS = "cdk-hnb659fds-assets-123456789012-us-east-1"


class Deployment:
    """Both stacks in moto's account, which must be there.

    Attributes:
        templates: what was deployed, as `tests.templates` names it.
        outputs: of the state's stack, by name.
        environments: what moto's Lambda gives each function, by module.
    """

    def __init__(self, templates: Templates) -> None:
        self._client: CloudFormationClient = boto3.client("cloudformation")
        boto3.client("ssm").put_parameter(Name=BOOTSTRAP, Value="30", Type="String")
        self.templates = {name: fitting(each) for name, each in templates.items()}
        _upload_assets(self.templates)
        with _outputs():
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
        """Types of the resources of one of `templates`, by logical id."""
        deployed = stack(name) if name in STACKS else self._resources(stack("Api"))[name][1]
        return {logical: kind for logical, (kind, _) in self._resources(deployed).items()}

    def _resources(self, name: str) -> dict[str, tuple[str, str]]:
        """Types and names of a stack's resources, by logical id."""
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=name)
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
        for logical, (kind, bucket) in self._resources(stack("State")).items():
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


def poll(deployment: Deployment, *names: str) -> None:
    """Lets workers have what is in their queues, as event source mappings would."""
    with deployment.operator():  # whose names Lambda's own poller needs
        for name in names:
            url = boto3.client("sqs").get_queue_url(QueueName=f"sightline-dev-{name}")["QueueUrl"]
            mapping = queues.Mapping(f"functions.workers.{QUEUES[name]}", 1 if name in ONE else 10)
            queues.EventSource(url, mapping, 0).poll()


def received(url: str) -> list[dict[str, Any]]:
    """The messages that a queue has, ten at most."""
    client = boto3.client("sqs")
    found = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [dict(each) for each in found.get("Messages", [])]


def listener(topic: str) -> str:
    """A queue that hears a topic."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="news")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    return url


def stack(name: str) -> str:
    """The whole name of `State` or `Api`."""
    return f"Sightline-dev-{name}"


def fitting(template: Template) -> Template:
    """The template without what is left out, and without outputs of that."""
    resources: dict[str, Any] = copy.deepcopy(template["Resources"])
    gone = {name for name, each in resources.items() if each["Type"] in LEFT_OUT}
    functions_of = {
        json.dumps({"Ref": alias}): {
            "Fn::GetAtt": [each["Properties"]["FunctionName"]["Ref"], "Arn"]
        }
        for alias, each in resources.items()
        if each["Type"] == "AWS::Lambda::Alias"
    }
    kept = {
        name: replaced(each, functions_of) for name, each in resources.items() if name not in gone
    }
    for each in kept.values():
        each.pop("DependsOn", None)  # moto finds the order by itself
        for kind, name in LEFT_OUT_PROPERTIES:
            if each["Type"] == kind:
                del each["Properties"][name]
    outputs = {
        name: each
        for name, each in replaced(template["Outputs"], functions_of).items()
        if not gone & set(_names(each))
    }
    return {**template, "Resources": kept, "Outputs": outputs}


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


@contextmanager
def _outputs() -> Iterator[None]:
    """Lets a template have outputs of the stacks that are nested in it."""

    def output(self: Stack, attribute: str) -> Any:
        found = self.output_map[attribute.removeprefix("Outputs.")]
        assert found is not None
        return found.value

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stack, "get_cfn_attribute", output, raising=False)
        yield


def _upload_assets(templates: Templates) -> None:
    """What `cdk deploy` does first; moto looks whether the code is there, not what it is."""
    s3, code = boto3.client("s3"), io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("name.txt", "code")
    s3.create_bucket(Bucket=ASSETS)
    for template in templates.values():
        for name, resource in template["Resources"].items():
            properties = resource.get("Properties", {})
            place = properties.get("Code") or properties.get("Content") or {}
            if "S3Key" in place:
                s3.put_object(Bucket=ASSETS, Key=place["S3Key"], Body=code.getvalue())
            if resource["Type"] == NESTED:
                body = json.dumps(templates[name])
                s3.put_object(Bucket=ASSETS, Key=f"{asset(resource)}.json", Body=body)


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
