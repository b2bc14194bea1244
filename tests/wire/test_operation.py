"""One handler, three doors: an SDK's request, another proxy payload, a bare call."""

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local import frontdoor
from sightline import errors
from sightline.domain import access
from sightline.store import keys
from sightline.telemetry import logger
from sightline.wire.model import service_model

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

TARGET = "RekognitionService.ListCollections"
list_collections = frontdoor.handler_of("ListCollections")


def signed_headers(target: str, body: bytes) -> dict[str, str]:
    request = AWSRequest("POST", "http://localhost/", headers={"X-Amz-Target": target}, data=body)
    SigV4Auth(Credentials("test", "test"), "rekognition", "us-east-1").add_auth(request)
    return {**request.headers, "Host": "localhost"}


def post(target: str, body: bytes) -> tuple[int, dict[str, Any]]:
    headers = signed_headers(target, body)
    status, _, content = frontdoor.answer("POST", "/", headers, body)
    return status, json.loads(content)


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return caught.value.response["Error"]["Code"]


def test_an_answer_carries_the_request_id_and_the_content_type(account: None) -> None:
    headers = signed_headers(TARGET, b"")
    status, answered, _ = frontdoor.answer("POST", "/", headers, b"")
    assert status == 200
    assert answered["Content-Type"] == "application/x-amz-json-1.1"
    assert len(answered["x-amzn-RequestId"]) == 36


@pytest.mark.parametrize(
    ("target", "body", "error"),
    [
        (TARGET, b"{", "SerializationException"),
        (TARGET, b'{"MaxResults": "many"}', "SerializationException"),
        ("RekognitionService.Nothing", b"{}", "UnknownOperationException"),
        ("DynamoDB_20120810.ListTables", b"{}", "UnknownOperationException"),
        ("ListCollections", b"{}", "UnknownOperationException"),
        ("", b"{}", "UnknownOperationException"),
    ],
)
def test_what_cannot_be_read_is_named(account: None, target: str, body: bytes, error: str) -> None:
    status, document = post(target, body)
    assert (status, document["__type"]) == (400, error)
    assert document["message"]


def test_an_operation_that_is_not_built_is_501_with_its_name(account: None) -> None:
    missing = min(set(service_model().operation_names) - frontdoor.built_operations().keys())
    status, document = post(f"RekognitionService.{missing}", b"{}")
    assert (status, document["__type"]) == (501, "NotImplementedException")
    assert missing in document["message"]


def test_a_signature_for_one_operation_does_not_open_another(account: None) -> None:
    event = {
        "httpMethod": "POST",
        "path": "/",
        "headers": signed_headers("RekognitionService.DescribeCollection", b"{}"),
        "body": "{}",
        "requestContext": {},
    }
    assert "UnknownOperationException" in list_collections(event, None)["body"]


def test_payload_version_2_is_authenticated_too(account: None) -> None:
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": "/",
        "headers": signed_headers(TARGET, b"{}"),
        "body": base64.b64encode(b"{}").decode(),
        "isBase64Encoded": True,
        "requestContext": {"http": {"method": "POST", "path": "/"}, "requestId": "r"},
    }
    assert list_collections(event, None)["statusCode"] == 200
    del event["headers"]["Authorization"]
    assert "MissingAuthenticationTokenException" in list_collections(event, None)["body"]


def test_multi_value_headers_are_read(account: None) -> None:
    headers = signed_headers(TARGET, b"{}")
    event = {
        "httpMethod": "POST",
        "path": "/",
        "headers": None,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "body": "{}",
        "requestContext": {},
    }
    assert list_collections(event, None)["statusCode"] == 200


def test_a_bare_call_answers_the_document_itself(account: None) -> None:
    assert list_collections({}, None)["CollectionIds"] == []


def test_a_bare_call_raises_the_error_by_its_name(account: None) -> None:
    describe = frontdoor.handler_of("DescribeCollection")
    with pytest.raises(errors.ResourceNotFoundException, match="nobody"):
        describe({"CollectionId": "nobody"}, None)


def test_five_failures_have_five_names(client_of: Callable[..., "RekognitionClient"]) -> None:
    keys.put(keys.AccessKey("reader", "secret", allowed=("List*", "Describe*")))
    found = []
    for key_id, secret in (("nobody", "test"), ("test", "wrong"), ("reader", "secret")):
        with pytest.raises(ClientError) as caught:
            client_of(key_id, secret).delete_collection(CollectionId="people")
        found.append(code(caught))
    assert found == [
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "AccessDeniedException",
    ]
    headers = {"X-Amz-Target": TARGET, "Host": "localhost"}
    assert b"MissingAuthenticationToken" in frontdoor.answer("POST", "/", headers, b"{}").body
    old = signed_headers(TARGET, b"{}")
    old["X-Amz-Date"] = "20200101T000000Z"
    old["Authorization"] = old["Authorization"].replace(
        old["Authorization"].split("/")[1], "20200101"
    )
    assert b"RequestExpired" in frontdoor.answer("POST", "/", old, b"{}").body


def test_a_key_opens_what_it_allows_and_says_who_was_refused(
    client_of: Callable[..., "RekognitionClient"],
) -> None:
    key = access.create(("List*", "DescribeCollection"))
    client = client_of(key.id, key.secret)
    assert client.list_collections()["CollectionIds"] == []
    with pytest.raises(client.exceptions.AccessDeniedException, match=f"user/{key.id} is not auth"):
        client.create_collection(CollectionId="people")


def test_a_disabled_key_is_unknown(client_of: Callable[..., "RekognitionClient"]) -> None:
    key = access.create(("*",))
    client = client_of(key.id, key.secret)
    client.list_collections()
    access.disable(key.id)
    with pytest.raises(ClientError) as caught:
        client.list_collections()
    assert code(caught) == "UnrecognizedClientException"
    assert key.id in {each.id for each in keys.all_keys()}


@pytest.mark.parametrize("key_id", ["a/../b", "x" * 500, "ü", "a b"])
def test_an_access_key_id_of_any_shape_is_unknown(account: None, key_id: str) -> None:
    assert access.secret_of(key_id) is None


def test_what_nobody_foresaw_is_an_internal_error_and_leaves_no_value_in_the_log(
    rekognition: "RekognitionClient",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("vector 0.125, secret hunter2")

    monkeypatch.setattr("sightline.wire.operation.render", broken)
    with pytest.raises(rekognition.exceptions.InternalServerError) as caught:
        rekognition.list_collections()
    request_id = caught.value.response["ResponseMetadata"]["RequestId"]
    lines = [logger.registered_handler.format(record) for record in caplog.records]
    log = [json.loads(line) for line in lines if "failed" in line]
    assert [(line["request_id"], line["error"]) for line in log] == [(request_id, "RuntimeError")]
    assert "hunter2" not in str(log)
    assert any("broken" in frame for frame in log[0]["where"])


def test_tagging_what_is_made_needs_the_permission_to_tag(
    client_of: Callable[..., "RekognitionClient"],
) -> None:
    key = access.create(("CreateCollection",))
    client = client_of(key.id, key.secret)
    with pytest.raises(client.exceptions.AccessDeniedException, match="TagResource"):
        client.create_collection(CollectionId="people", Tags={"a": "b"})
    assert client.create_collection(CollectionId="people")["StatusCode"] == 200


@pytest.mark.parametrize(
    ("allowed", "operation", "covered"),
    [
        ("*", "DetectFaces", True),
        ("Detect*", "DetectFaces", True),
        ("*Faces", "DetectFaces", True),
        ("DetectFaces", "DetectFaces", True),
        ("detectfaces", "DetectFaces", False),
        ("Detect", "DetectFaces", False),
        ("[!x]*", "DetectFaces", False),
        ("?etectFaces", "DetectFaces", False),
    ],
)
def test_only_the_star_is_a_wildcard(allowed: str, operation: str, covered: bool) -> None:
    assert access.covers(allowed, operation) is covered


@pytest.mark.parametrize("event", [None, 5, "requestContext", ["requestContext"]])
def test_a_bare_call_that_is_no_object(account: None, event: Any) -> None:
    with pytest.raises(errors.SerializationException):
        list_collections(event, None)


@pytest.mark.parametrize(
    "event",
    [
        {"requestContext": {}},
        {"requestContext": None},
        {"requestContext": {"http": {}}},
        {"requestContext": {}, "httpMethod": "POST", "body": "\ud800"},
        {"requestContext": {}, "httpMethod": "POST", "isBase64Encoded": True, "body": "x"},
    ],
)
def test_an_event_that_is_no_proxy_request(account: None, event: dict[str, Any]) -> None:
    assert "SerializationException" in list_collections(event, None)["body"]
