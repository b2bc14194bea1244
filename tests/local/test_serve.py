"""`sightline serve` from outside: what it says, remembers and refuses, and how it stops."""

import os
import signal
import socket
import stat
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.local.process import run, serving


def test_the_first_line_says_all_that_a_client_needs(tmp_path: Path) -> None:
    with serving(tmp_path, data="kept", AWS_REGION="eu-central-1") as server:
        assert server.endpoint.startswith("http://127.0.0.1:")
        for word in ("test / test", "eu-central-1", f"state in {tmp_path / 'kept'}"):
            assert word in server.first_line
    with serving(tmp_path) as server:
        assert "us-east-1" in server.first_line
        assert "in memory only" in server.first_line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, data="kept") as server:
        server.client("rekognition").list_collections()
        assert server.end(number) == 0
        assert "Traceback" not in server.errors()
        assert server.process.stdout is not None
        assert "Traceback" not in server.process.stdout.read()


def test_state_survives_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path, data="kept") as server:
        arn = server.client("rekognition").create_collection(CollectionId="people")["CollectionArn"]
        server.client("s3").create_bucket(Bucket="photos")
        server.client("s3").put_object(Bucket="photos", Key="a", Body=b"body")
        key = run("keys", "create", "--allow", "List*", folder=tmp_path,
                  AWS_ENDPOINT_URL=server.endpoint).stdout.split()  # fmt: skip
        assert run("keys", "disable", "test", folder=tmp_path,
                   AWS_ENDPOINT_URL=server.endpoint).returncode == 0  # fmt: skip
        assert server.end(signal.SIGTERM) == 0
    with serving(tmp_path, data="kept") as server:
        body = server.client("s3").get_object(Bucket="photos", Key="a")["Body"].read()
        assert body == b"body"
        listed = run("keys", "list", folder=tmp_path, AWS_ENDPOINT_URL=server.endpoint).stdout
        assert "disabled" in next(line for line in listed.splitlines() if "test" in line)
        assert any(word.startswith("AKIA") and word in listed for word in key)
        with pytest.raises(server.client("rekognition").exceptions.ClientError) as caught:
            server.client("rekognition").list_collections()
        assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
        table = server.client("dynamodb").scan(TableName="sightline")["Items"]
        assert arn.rsplit("/", 1)[1] in str(table)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "kept/blobs").iterdir()}
    assert modes == {0o600}


def test_kill_9_loses_nothing_older_than_a_snapshot(tmp_path: Path) -> None:
    manifest = tmp_path / "kept" / "manifest.json"
    with serving(tmp_path, data="kept") as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="photos")
        s3.put_object(Bucket="photos", Key="old", Body=b"body")
        for _ in range(2):  # the first snapshot seen may have been begun before that object came
            before = manifest.read_bytes()
            while manifest.read_bytes() == before:
                s3.put_object(Bucket="photos", Key="last", Body=os.urandom(9))
        server.end(signal.SIGKILL)
    with serving(tmp_path, data="kept") as server:
        found = server.client("s3").list_objects_v2(Bucket="photos")["Contents"]
        assert "old" in {entry["Key"] for entry in found}


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = run("serve", "--port", port, "--data", "none", folder=tmp_path)
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr == f"Error: Cannot listen on 127.0.0.1:{port}: Address already in use.\n"


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_a_host_that_is_not_ours_is_one_clear_line(tmp_path: Path, host: str) -> None:
    answer = run("serve", "--host", host, "--data", "none", folder=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"Error: Cannot listen on {host}:4599: ")
    assert answer.stderr.count("\n") == 1


def test_a_damaged_folder_is_one_clear_line(tmp_path: Path) -> None:
    with serving(tmp_path, data="kept") as server:
        assert server.end(signal.SIGTERM) == 0
    (tmp_path / "kept" / "manifest.json").write_text("{}")
    answer = run("serve", "--port", "0", "--data", "kept", folder=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith("Error: kept/manifest.json is damaged")
    assert answer.stderr.count("\n") == 1


def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, data="kept"):
        answer = run("serve", "--port", "0", "--data", "kept", folder=tmp_path)
    assert answer.returncode == 1
    assert "Another server keeps its state in kept" in answer.stderr


def test_a_web_page_can_neither_reset_the_state_nor_read_it(tmp_path: Path) -> None:
    page = {"Origin": "http://elsewhere.example"}
    with serving(tmp_path) as server:
        server.client("s3").create_bucket(Bucket="photos")
        server.client("s3").put_object(Bucket="photos", Key="a", Body=b"body", ACL="public-read")
        port = int(server.endpoint.rsplit(":", 1)[1])
        connection = HTTPConnection("127.0.0.1", port)
        for method, path, status in (("POST", "/moto-api/reset", 404), ("GET", "/photos/a", 200)):
            connection.request(method, path, headers=page)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
            assert answer.getheader("Access-Control-Allow-Origin") is None
        connection.close()
        assert server.client("s3").get_object(Bucket="photos", Key="a")["Body"].read() == b"body"


@pytest.mark.parametrize("query", ["?delete", "?delete&X-Amz-Signature=0", ""])
def test_a_web_page_can_not_send_a_form_to_a_bucket(tmp_path: Path, query: str) -> None:
    headers = {"Origin": "http://elsewhere.example", "Content-Type": "text/plain"}
    body = "<Delete><Object><Key>a</Key></Object></Delete>"
    with serving(tmp_path) as server:
        server.client("s3").create_bucket(Bucket="photos")
        server.client("s3").put_object(Bucket="photos", Key="a", Body=b"body")
        connection = HTTPConnection("127.0.0.1", int(server.endpoint.rsplit(":", 1)[1]))
        connection.request("POST", f"/photos{query}", body, headers)
        assert connection.getresponse().status == 403
        connection.close()
        assert server.client("s3").get_object(Bucket="photos", Key="a")["Body"].read() == b"body"


def test_a_port_that_others_can_reach_is_named_as_open(tmp_path: Path) -> None:
    for host, named in (("0.0.0.0", True), ("127.0.0.1", False)):  # noqa: S104 - the point here
        with serving(tmp_path, HOST=host) as server:
            assert ("whoever reaches this port" in server.first_line) is named


def test_a_general_endpoint_in_the_environment_does_not_lead_it_to_itself(tmp_path: Path) -> None:
    with serving(tmp_path, AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_PROFILE="none") as server:
        assert server.client("rekognition").list_collections()["CollectionIds"] == []
