"""Requests of real SDKs through the edge function and API Gateway's event into real handlers."""

import json
import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from infra.edge import BODY_LIMIT, edge_code
from local import application, frontdoor
from sightline.wire.model import service_model
from tests.infra.cloud import HEADER_LIMIT, Answer, Cloud, proxy_event, serving, viewer_request

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("client.mjs")
HOST, OTHER_HOST, NOT_OURS = "d1.cloudfront.net", "vision.example.com", "elsewhere.example.com"
LIST = "RekognitionService.ListCollections"
MISSING = min(set(service_model().operation_names) - frontdoor.built_operations().keys())


@pytest.fixture
def cloud(node: str, account: None) -> Iterator[Cloud]:
    with closing(Cloud(node, HOST, OTHER_HOST)) as made:
        yield made


def signed(
    target: str = LIST, body: bytes = b"{}", host: str = HOST, path: str = "/", **more: str
) -> dict[str, str]:
    """The headers of a request as botocore signs it."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    request = AWSRequest("POST", f"https://{host}{path}", headers=headers, data=body)
    SigV4Auth(Credentials("test", "test"), "rekognition", "us-east-1").add_auth(request)
    return {**request.headers, "Host": host, "Content-Length": str(len(body))}


def post(cloud: Cloud, headers: dict[str, str], body: bytes = b"{}", path: str = "/") -> Answer:
    return cloud.answer("POST", path, headers.items(), body)


def error(answer: Answer) -> str:
    name: str = json.loads(answer.body)["__type"]
    return name


def test_boto3_is_answered(cloud: Cloud, astronaut: bytes) -> None:
    with serving(cloud) as endpoint:
        client = boto3.client(
            "rekognition",
            "us-east-1",
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        assert len(client.detect_faces(Image={"Bytes": astronaut})["FaceDetails"]) == 1
        client.create_collection(CollectionId="edge")
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.list_faces(CollectionId="nobody")
        with pytest.raises(ClientError, match="DescribeProjects is not built yet") as caught:
            client.describe_projects()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
        with pytest.raises(ClientError) as caught:
            client.detect_faces(Image={"Bytes": bytes(4_700_000)})
        assert caught.value.response["Error"] == {
            "Code": "ValidationException",
            "Message": "Request body is over 6200000 bytes.",
        }


def test_the_javascript_sdk_is_answered(
    cloud: Cloud, node: str, astronaut: bytes, tmp_path: Path
) -> None:
    if not (ROOT / "node_modules" / "@aws-sdk").is_dir():
        pytest.skip("needs the packages of package-lock.json: `make setup`")
    photo = tmp_path / "astronaut.png"
    photo.write_bytes(astronaut)
    with serving(cloud) as endpoint:
        done = subprocess.run(
            [node, str(SCRIPT), endpoint, str(photo)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert (got["faces"], got["collections"]) == (1, ["edge"])
    assert got["twice"] == [
        "ResourceAlreadyExistsException",
        "The collection id: edge already exists",
        400,
    ]
    assert got["missing"][::2] == ["NotImplementedException", 501]
    assert got["large"] == ["ValidationException", "Request body is over 6200000 bytes.", 413]
    # It signs more than botocore, among it what API Gateway takes out of the headers.
    assert "content-length;" in cloud.viewed[0]["headers"]["authorization"]["value"]


@pytest.mark.parametrize("host", [HOST, OTHER_HOST])
@pytest.mark.parametrize("path", ["/", "/ListCollections", "/an/endpoint%20with/a-path"])
def test_the_viewers_host_and_path_are_what_was_signed(cloud: Cloud, host: str, path: str) -> None:
    assert post(cloud, signed(host=host, path=path), path=path).status == 200


def test_api_gateway_is_shown_no_signature_that_it_could_take_for_its_own(cloud: Cloud) -> None:
    headers = signed()
    request = cloud.route(viewer_request("POST", "/", headers.items()))
    assert request["uri"] == "/ListCollections"
    assert "authorization" not in request["headers"]
    handed_on = {name: value["value"] for name, value in request["headers"].items()}
    assert handed_on["x-sightline-authorization"] == headers["Authorization"]
    kept = {name.lower(): value for name, value in headers.items() if name != "Authorization"}
    assert {name: handed_on[name] for name in kept} == kept


def test_a_query_is_part_of_what_was_signed(cloud: Cloud) -> None:
    headers = signed(path="/?a=b&c=")
    assert post(cloud, headers, path="/?a=b&c=").status == 200
    assert error(post(cloud, headers, path="/?a=c&c=")) == "InvalidSignatureException"


def test_what_was_changed_on_the_way_is_found(cloud: Cloud) -> None:
    headers = signed()
    assert post(cloud, headers).status == 200
    changed = {
        "body": post(cloud, headers, b'{"MaxResults":1}'),
        "target": post(cloud, {**headers, "X-Amz-Target": "RekognitionService.DetectFaces"}),
        "host": post(cloud, {**headers, "Host": OTHER_HOST}),
        "path": post(cloud, headers, path="/ListCollections"),
        "type": post(cloud, {**headers, "Content-Type": "application/json"}),
    }
    assert {name: error(answer) for name, answer in changed.items()} == dict.fromkeys(
        changed, "InvalidSignatureException"
    )
    unsigned = {name: value for name, value in headers.items() if name != "Authorization"}
    assert error(post(cloud, unsigned)) == "MissingAuthenticationTokenException"


def test_what_only_the_edge_may_say_is_its_own(cloud: Cloud) -> None:
    """A viewer's own x-sightline headers come to nothing."""
    good, bad = signed(), signed(host=NOT_OURS)
    forged = {
        "X-Sightline-Host": HOST,
        "X-Sightline-Path": "/",
        "X-Sightline-Authorization": good["Authorization"],
    }
    assert error(post(cloud, {**bad, **forged})) == "InvalidSignatureException"
    del bad["Authorization"]
    assert error(post(cloud, {**bad, **forged})) == "MissingAuthenticationTokenException"


def test_a_host_that_the_stage_does_not_list_is_not_ours(cloud: Cloud) -> None:
    """Seen on its way to another deployment that has the same key, and sent to this API."""
    headers = signed(host=NOT_OURS)
    event = proxy_event(cloud.route(viewer_request("POST", "/", headers.items())), b"{}", [HOST])
    assert event["headers"]["X-Sightline-Host"] == NOT_OURS
    assert error(cloud.invoke(event)) == "InvalidSignatureException"
    event["stageVariables"] = None
    assert error(cloud.invoke(event)) == "InvalidSignatureException"
    event["stageVariables"] = {"hosts": f"{HOST},{NOT_OURS}"}
    assert cloud.invoke(event).status == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", None),
        ("POST", ""),
        ("POST", "RekognitionService"),
        ("POST", "RekognitionService."),
        ("POST", "RekognitionService.Nothing"),
        ("POST", "RekognitionService.constructor"),
        ("POST", "RekognitionService.DetectFaces.x"),
        ("POST", "ListCollections"),
        ("POST", "DynamoDB_20120810.ListTables"),
        ("POST", f"RekognitionService.{MISSING}"),
        ("GET", LIST),
        ("GET", None),
        ("OPTIONS", LIST),
    ],
)
def test_what_the_edge_refuses_the_local_server_refuses_in_the_same_words(
    cloud: Cloud, method: str, target: str | None
) -> None:
    headers = {"Host": HOST} | ({"X-Amz-Target": target} if target is not None else {})
    there = cloud.answer(method, "/", headers.items(), b"")
    here = frontdoor.answer(method, "/", headers, b"")
    assert (there.status, there.body) == (here.status, here.body)
    assert there.headers == {"content-type": here.headers["Content-Type"]}


def test_a_body_over_the_limit_is_refused_as_the_local_server_does(cloud: Cloud) -> None:
    fits = {**signed(), "Content-Length": str(BODY_LIMIT)}
    assert "statusCode" not in cloud.route(viewer_request("POST", "/", fits.items()))
    answer = post(cloud, {**fits, "Content-Length": str(BODY_LIMIT + 1)})
    local = application.refuse(BODY_LIMIT)
    assert (answer.status, answer.body) == (local.status_code, local.get_data())


def test_names_of_headers_may_be_in_any_case_and_values_in_several_parts(cloud: Cloud) -> None:
    headers = {name.swapcase(): value for name, value in signed().items()}
    assert post(cloud, headers).status == 200
    twice = [*signed(X_Two="a").items(), ("X-Two", "b")]
    assert error(cloud.answer("POST", "/", twice, b"{}")) == "InvalidSignatureException"
    both = [*signed(X_Two="a,b").items()]
    both = [each for each in both if each[0] != "X-Two"] + [("X-Two", "a"), ("x-two", "b")]
    assert cloud.answer("POST", "/", both, b"{}").status == 200
    targets = [*signed().items(), ("X-Amz-Target", LIST)]
    refused = cloud.route(viewer_request("POST", "/", targets))
    assert "UnknownOperationException" in refused["body"]["data"]


def test_4_4_megabytes_of_image_fit_and_so_does_the_largest_body(
    cloud: Cloud, admiral: bytes
) -> None:
    """`Cloud.invoke` holds each event to the 6 MiB that Lambda takes."""
    image = admiral + bytes(int(4.4 * 2**20) - len(admiral))  # what follows a JPEG's end is ignored
    body = json.dumps({"Image": {"Bytes": b64encode(image).decode()}}).encode()
    assert len(body) <= BODY_LIMIT
    target = "RekognitionService.DetectFaces"
    answer = post(cloud, signed(target, body), body)
    assert len(json.loads(answer.body)["FaceDetails"]) == 1

    padding = HEADER_LIMIT - sum(map(len, "".join([*signed().keys(), *signed().values()])))
    largest = body + b" " * (BODY_LIMIT - len(body))
    headers = signed(target, largest, X_Padding="x" * (padding - len("X-Padding")))
    assert post(cloud, headers, largest).status == 200


def test_the_code_fits_and_asks_nothing_of_the_runtime_that_it_lacks() -> None:
    code = edge_code()
    assert len(code.encode()) <= 10 * 1024  # "Quotas on CloudFront Functions"
    assert not re.search(r"\b(require|import|process|console|Buffer|fetch|eval)\b", code)
