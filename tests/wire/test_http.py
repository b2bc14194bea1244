"""API Gateway's events: what a signature was made over, behind the edge and without it."""

import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.frontdoor import handler_of
from sightline.wire.http import request_of

API, EDGE = "abc.execute-api.us-east-1.amazonaws.com", "d1.cloudfront.net"
TARGET = "RekognitionService.ListCollections"


def event(host: str, path: str, **headers: str) -> dict[str, Any]:
    """A call of ListCollections that was signed for a host and a path; both are the API's here."""
    signed = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest("POST", f"https://{host}{path}", headers=signed, data=b"{}")
    SigV4Auth(Credentials("test", "test"), "rekognition", "us-east-1").add_auth(request)
    return {
        "httpMethod": "POST",
        "path": "/ListCollections",
        "headers": {**request.headers, "Host": API},
        "body": "{}",
        "stageVariables": {"hosts": f"{EDGE},a.example.com"},
        "requestContext": {"path": "/dev/ListCollections", "requestId": "r"},
    }


def edge(made: dict[str, Any], host: str = EDGE) -> dict[str, Any]:
    """The event with what the edge function adds to it."""
    headers = {**made["headers"], "x-sightline-host": host, "x-sightline-path": "/"}
    headers["x-sightline-authorization"] = headers.pop("Authorization")
    return {**made, "headers": headers}


def outcome(made: dict[str, Any]) -> str:
    """The error's name, or `ok`."""
    document = json.loads(handler_of("ListCollections")(made, None)["body"])
    return str(document.get("__type", "ok"))


def test_behind_the_edge_the_viewers_host_and_path_were_signed(account: None) -> None:
    assert outcome(edge(event(EDGE, "/", X_Amz_Target=TARGET))) == "ok"
    assert outcome(edge(event(API, "/", X_Amz_Target=TARGET))) == "InvalidSignatureException"
    assert outcome(edge(event(EDGE, "/x", X_Amz_Target=TARGET))) == "InvalidSignatureException"


@pytest.mark.parametrize("variables", [None, {}, {"hosts": ""}, {"hosts": "b.example.com"}])
def test_a_host_counts_only_where_the_stage_lists_it(account: None, variables: Any) -> None:
    made = edge(event(EDGE, "/", X_Amz_Target=TARGET))
    assert outcome({**made, "stageVariables": variables}) == "InvalidSignatureException"
    made["headers"]["x-sightline-host"] = ""
    assert outcome({**made, "stageVariables": variables}) == "InvalidSignatureException"


def test_a_host_is_signed_in_lower_case(account: None) -> None:
    assert outcome(edge(event(EDGE, "/", X_Amz_Target=TARGET), EDGE.title())) == "ok"


def test_what_names_no_operation_opens_none(account: None) -> None:
    """All operations are signed for the same path; only the target tells one from another."""
    made = edge(event(EDGE, "/"))
    assert outcome(made) == "UnknownOperationException"
    made["headers"]["X-Amz-Target"] = TARGET  # put there by somebody else
    assert outcome(made) == "IncompleteSignatureException"


def test_a_direct_call_is_signed_for_the_apis_own_host_and_path(account: None) -> None:
    assert outcome(event(API, "/dev/ListCollections", X_Amz_Target=TARGET)) == "ok"
    assert outcome(event(API, "/dev/ListCollections")) == "ok"  # the path names the operation
    for path in ("/", "/ListCollections", "/dev/DeleteCollection"):
        assert outcome(event(API, path, X_Amz_Target=TARGET)) == "InvalidSignatureException"
    assert outcome(event(EDGE, "/dev/ListCollections")) == "InvalidSignatureException"


def test_a_length_that_was_signed_is_the_bodys(account: None) -> None:
    made = edge(event(EDGE, "/", X_Amz_Target=TARGET, Content_Length="2"))
    assert made["headers"].pop("Content-Length") == "2"
    assert outcome(made) == "ok"
    made["body"] = "{} "
    assert outcome(made) == "InvalidSignatureException"


def test_the_edges_headers_are_no_part_of_the_request() -> None:
    request = request_of(edge(event(EDGE, "/", X_Amz_Target=TARGET)))
    assert not any("sightline" in name for name in request.headers)
