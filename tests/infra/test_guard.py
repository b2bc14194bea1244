"""The guard of `tests.guard` refuses what a role does not allow, and nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from infra.functions import functions
from sightline.settings import settings
from sightline.store import aws, table
from tests import guard
from tests.policies import Policy, policies
from tests.templates import Templates

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

DATA, TOPIC = "sightline-state", "arn:aws:sns:us-east-1:123456789012:"
SEARCH = "sightline-dev-search-shards:live"
# By what is done to resources that our key encrypts: what a function must be allowed on the key.
ON_KEY = {
    "dynamodb:BatchGetItem": {"kms:Decrypt", "kms:DescribeKey"},
    "dynamodb:PutItem": {"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"},
    "s3:GetObject": {"kms:Decrypt"},
    "s3:PutObject": {"kms:GenerateDataKey"},
    "sns:Publish": {"kms:Decrypt", "kms:GenerateDataKey"},
    "sqs:ReceiveMessage": {"kms:Decrypt"},
    "sqs:SendMessage": {"kms:Decrypt", "kms:GenerateDataKey"},
}


@pytest.fixture
def allowed(templates: Templates) -> dict[str, Policy]:
    """What the roles allow."""
    return policies(templates)


@pytest.fixture
def without(allowed: dict[str, Policy], account: None) -> Iterator[Callable[[str, str], None]]:
    """Takes a right away from a function, until the test ends."""

    def take(function: str, action: str) -> None:
        policy = allowed[function]
        left = {resource: each - {action} for resource, each in policy.allowed.items()}
        assert left != policy.allowed
        guard.judge_by(allowed | {function: replace(policy, allowed=left)})

    yield take
    guard.judge_by(allowed)


def test_every_function_has_a_policy(allowed: dict[str, Policy]) -> None:
    assert allowed.keys() == {each.module for each in functions()}


@pytest.mark.xfail(strict=True, raises=guard.Refused, reason="the guard fails it, as it should")
def test_a_grant_that_is_missing_fails_the_test(
    rekognition: "RekognitionClient", without: Callable[..., None]
) -> None:
    without("create_collection", "dynamodb:PutItem")
    rekognition.create_collection(CollectionId="people")


def test_what_is_refused_is_named(
    rekognition: "RekognitionClient", without: Callable[..., None], allowed: dict[str, Policy]
) -> None:
    without("create_collection", "dynamodb:PutItem")
    rekognition.create_collection(CollectionId="people")
    rekognition.create_user(CollectionId="people", UserId="ann")  # another function
    arn = allowed["create_collection"].names["SIGHTLINE_TABLE"].replace("}", ".Arn}")
    assert guard.refused() == [f"create_collection may not dynamodb:PutItem on {arn}"]


def test_calls_in_threads_are_judged(
    rekognition: "RekognitionClient", without: Callable[..., None]
) -> None:
    rekognition.create_collection(CollectionId="people")
    without("list_faces", "dynamodb:BatchGetItem")
    keys = [("PK", str(number)) for number in range(2 * table.READ_AT_ONCE)]
    guard.watched("list_faces", table.read)(keys)
    assert len(guard.refused()) == 1
    table.read(keys)  # the test's own, in the same threads
    assert guard.refused() == []


def test_what_a_test_does_is_not_judged(allowed: dict[str, Policy], account: None) -> None:
    aws.dynamodb().describe_table(TableName=settings().table)
    assert guard.refused() == []
    other = boto3.client("dynamodb").describe_table
    guard.watched("on_upload", other)(TableName=settings().table)  # in the middle of a handler
    assert guard.refused() == []
    guard.watched("on_upload", aws.dynamodb().describe_table)(TableName=settings().table)
    assert len(guard.refused()) == 1


CALLS: list[tuple[str, str, str, dict[str, Any], set[str]]] = [
    (
        "index_faces",
        "dynamodb",
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": "sightline", "Item": {}}},
                {"Update": {"TableName": "sightline", "Key": {}}},
                {"Delete": {"TableName": "sightline", "Key": {}}},
                {"ConditionCheck": {"TableName": "sightline", "Key": {}}},
            ]
        },
        set(),
    ),
    (
        "describe_collection",
        "dynamodb",
        "TransactWriteItems",
        {"TransactItems": [{"ConditionCheck": {"TableName": "sightline", "Key": {}}}]},
        {"dynamodb:ConditionCheckItem"},
    ),
    ("index_faces", "dynamodb", "Query", {"TableName": "other"}, {"dynamodb:Query"}),
    (
        "list_faces",
        "dynamodb",
        "Query",
        {"TableName": "sightline", "IndexName": "Any"},
        {"dynamodb:Query"},
    ),
    ("list_faces", "dynamodb", "BatchGetItem", {"RequestItems": {"sightline": {}}}, set()),
    ("list_faces", "dynamodb", "Scan", {"TableName": "sightline"}, {"dynamodb:Scan"}),
    ("detect_faces", "s3", "GetObject", {"Bucket": "b", "Key": "[k]"}, set()),
    ("detect_faces", "s3", "GetObject", {"Bucket": "b", "Key": "k", "VersionId": "1"}, set()),
    ("detect_faces", "s3", "PutObject", {"Bucket": "b", "Key": "k"}, {"s3:PutObject"}),
    ("detect_faces", "s3", "ListObjectsV2", {"Bucket": "b"}, {"s3:ListBucket"}),
    (
        "detect_faces",
        "s3",
        "DeleteObject",
        {"Bucket": "b", "Key": "k", "VersionId": "1"},
        {"s3:DeleteObjectVersion"},
    ),
    ("on_upload", "s3", "HeadObject", {"Bucket": "b", "Key": "k"}, set()),
    ("on_upload", "s3", "DeleteObject", {"Bucket": "b", "Key": "k", "IfMatch": "e"}, set()),
    ("on_upload", "s3", "GetObject", {"Bucket": "sightline-state", "Key": "k"}, {"s3:GetObject"}),
    ("on_upload", "sqs", "SendMessage", {"QueueUrl": "elsewhere"}, {"sqs:SendMessage"}),
    ("on_upload", "sns", "Publish", {"TopicArn": "elsewhere"}, {"sns:Publish"}),
    ("tag_resource", "secretsmanager", "GetSecretValue", {"SecretId": "sightline/keys/a"}, set()),
    (
        "tag_resource",
        "secretsmanager",
        "GetSecretValue",
        {"SecretId": "others/a"},
        {"secretsmanager:GetSecretValue"},
    ),
    (
        "on_upload",
        "secretsmanager",
        "GetSecretValue",
        {"SecretId": "sightline/keys/a"},
        {"secretsmanager:GetSecretValue"},
    ),
    ("on_upload", "kms", "Decrypt", {}, {"kms:Decrypt"}),
    ("start_label_detection", "s3", "HeadObject", {"Bucket": "b", "Key": "k"}, set()),
    ("get_label_detection", "s3", "GetObject", {"Bucket": "b", "Key": "k"}, {"s3:GetObject"}),
    ("get_label_detection", "s3", "GetObject", {"Bucket": DATA, "Key": "jobs/k"}, set()),
    ("get_label_detection", "s3", "GetObject", {"Bucket": DATA, "Key": "k"}, {"s3:GetObject"}),
    ("get_label_detection", "s3", "PutObject", {"Bucket": DATA, "Key": "jobs/k"}, {"s3:PutObject"}),
    (
        "sweep",
        "s3",
        "DeleteObjects",
        {"Bucket": DATA, "Delete": {"Objects": [{"Key": "jobs/k"}]}},
        set(),
    ),
    (
        "sweep",
        "s3",
        "DeleteObjects",
        {"Bucket": DATA, "Delete": {"Objects": [{"Key": "jobs/k"}, {"Key": "k"}]}},
        {"s3:DeleteObject"},
    ),
    ("sweep", "s3", "ListObjectsV2", {"Bucket": DATA, "Prefix": "jobs/"}, set()),
    ("sweep", "s3", "ListObjectsV2", {"Bucket": DATA, "Prefix": "collections/a"}, set()),
    ("sweep", "s3", "ListObjectsV2", {"Bucket": DATA, "Prefix": "c"}, {"s3:ListBucket"}),
    ("compact", "s3", "ListObjectsV2", {"Bucket": DATA, "Prefix": "jobs/"}, {"s3:ListBucket"}),
    ("compact", "s3", "ListObjectsV2", {"Bucket": DATA}, {"s3:ListBucket"}),
    ("media_steps", "s3", "CreateMultipartUpload", {"Bucket": "b", "Key": "k"}, set()),
    ("media_steps", "s3", "AbortMultipartUpload", {"Bucket": "b", "Key": "k"}, set()),
    ("media_steps", "s3", "DeleteObject", {"Bucket": "b", "Key": "k"}, {"s3:DeleteObject"}),
    ("merge_video", "sns", "Publish", {"TopicArn": f"{TOPIC}AmazonRekognitionJobs"}, set()),
    ("merge_video", "sns", "Publish", {"TopicArn": f"{TOPIC}Jobs"}, {"sns:Publish"}),
    ("sweep", "sqs", "SendMessageBatch", {"QueueUrl": "elsewhere"}, {"sqs:SendMessage"}),
    ("search_faces", "s3", "GetObject", {"Bucket": DATA, "Key": "collections/k"}, set()),
    ("search_faces", "s3", "GetObject", {"Bucket": DATA, "Key": "jobs/k"}, {"s3:GetObject"}),
    (
        "search_faces",
        "s3",
        "PutObject",
        {"Bucket": DATA, "Key": "collections/k"},
        {"s3:PutObject"},
    ),
    ("compact", "s3", "UploadPart", {"Bucket": DATA, "Key": "collections/k"}, set()),
    ("compact", "s3", "AbortMultipartUpload", {"Bucket": DATA, "Key": "collections/k"}, set()),
    ("compact", "s3", "DeleteObject", {"Bucket": DATA, "Key": "jobs/k"}, {"s3:DeleteObject"}),
    ("sweep", "s3", "DeleteObject", {"Bucket": DATA, "Key": "collections/k"}, set()),
    ("search_faces", "lambda", "Invoke", {"FunctionName": SEARCH}, set()),
    (
        "search_faces",
        "lambda",
        "Invoke",
        {"FunctionName": SEARCH.partition(":")[0]},
        {"lambda:InvokeFunction"},
    ),
    ("list_faces", "lambda", "Invoke", {"FunctionName": SEARCH}, {"lambda:InvokeFunction"}),
]


@pytest.mark.parametrize(("function", "service", "operation", "parameters", "expected"), CALLS)
def test_what_a_call_needs(
    allowed: dict[str, Policy],
    function: str,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    expected: set[str],
) -> None:
    policy = allowed[function]
    found = {
        action
        for action, resource in guard.demands(policy, service, operation, parameters)
        if not policy.allows(action, resource)
    }
    assert found == expected


def test_conditional_writes_need_to_read(allowed: dict[str, Policy]) -> None:
    where = {"Bucket": "b", "Key": "k", "IfMatch": "e"}
    for operation in ("DeleteObject", "PutObject"):
        found = {
            each.action for each in guard.demands(allowed["on_upload"], "s3", operation, where)
        }
        assert found == {f"s3:{operation}", "s3:GetObject"}


def test_who_works_on_encrypted_resources_may_use_the_key(allowed: dict[str, Policy]) -> None:
    for module, policy in allowed.items():
        (on_key,) = [
            actions for resource, actions in policy.allowed.items() if "${Key" in resource
        ] or [frozenset()]
        may = set().union(*policy.allowed.values())
        for action, needed in ON_KEY.items():
            assert action not in may or needed <= on_key, (module, action)
