"""A real server in moto's place: the functions use it, and so do clients of the one port."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.local.process import PATIENCE, REGION, ROOT, environment, run, serving

DYNALITE = ROOT / "node_modules" / "dynalite" / "cli.js"


@pytest.fixture
def dynalite() -> Iterator[str]:
    """The address of a DynamoDB of another make."""
    node = shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv" / "node"))
    if node is None or not DYNALITE.exists():
        pytest.skip("needs Node and the packages of package-lock.json: `make setup`")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [
        node,
        str(DYNALITE),
        "--port",
        str(port),
        "--createTableMs",
        "0",
        "--deleteTableMs",
        "0",
    ]
    with subprocess.Popen(arguments, env=environment(), stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


def _client(service: Any, endpoint: str) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def test_another_dynamodb_is_read_by_the_service_and_reached_by_clients(
    tmp_path: Path, dynalite: str
) -> None:
    """dynalite can neither set a time to live nor write transactions, so no more than this."""
    direct = _client("dynamodb", dynalite)
    direct.create_table(
        TableName="sightline",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "PK", "KeyType": "HASH"},
            {"AttributeName": "SK", "KeyType": "RANGE"},
        ],
    )
    with serving(tmp_path, AWS_ENDPOINT_URL_DYNAMODB=dynalite) as server:
        rekognition, through = server.client("rekognition"), server.client("dynamodb")
        assert rekognition.list_collections()["CollectionIds"] == []
        through.put_item(TableName="sightline", Item={"PK": {"S": "a"}, "SK": {"S": "b"}})
        assert direct.scan(TableName="sightline")["Count"] == 1
        direct.delete_table(TableName="sightline")
        direct.get_waiter("table_not_exists").wait(
            TableName="sightline", WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
        )
        with pytest.raises(through.exceptions.ResourceNotFoundException):
            through.describe_table(TableName="sightline")
        with pytest.raises(rekognition.exceptions.InternalServerError):
            rekognition.list_collections()
    direct.close()


def test_the_service_keeps_its_table_where_it_is_told(tmp_path: Path) -> None:
    """The other server is a second one of ours, whose moto holds the table."""
    with (
        serving(tmp_path / "behind") as behind,
        serving(tmp_path / "before", AWS_ENDPOINT_URL_DYNAMODB=behind.endpoint) as before,
    ):
        before.client("rekognition").create_collection(CollectionId="elsewhere")
        assert before.client("rekognition").list_collections()["CollectionIds"] == ["elsewhere"]
        assert behind.client("rekognition").list_collections()["CollectionIds"] == ["elsewhere"]


def test_a_server_that_holds_the_objects_is_passed_whole_requests(tmp_path: Path) -> None:
    """The other server is a second one of ours, whose moto holds the bucket."""
    with (
        serving(tmp_path / "behind") as behind,
        serving(tmp_path / "before", AWS_ENDPOINT_URL_S3=behind.endpoint) as before,
    ):
        s3 = before.client("s3")
        s3.create_bucket(Bucket="photos")
        body = bytes(range(256)) * 40_000
        for key in ("a b/ü+%.bin", "plain"):
            s3.put_object(Bucket="photos", Key=key, Body=body, Metadata={"my_key": "v"})
            assert s3.head_object(Bucket="photos", Key=key)["ContentLength"] == len(body)
            found = behind.client("s3").get_object(Bucket="photos", Key=key)
            assert found["Body"].read() == body
            assert found["Metadata"] == {"my_key": "v"}
        assert s3.get_object(Bucket="photos", Key="plain")["Body"].read() == body
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "photos", "Key": "plain"})
        assert url.startswith(before.endpoint)


def test_a_server_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
    answer = run(
        *("serve", "--port", "0", "--data", "none"),
        folder=tmp_path,
        AWS_ENDPOINT_URL_DYNAMODB=endpoint,
    )
    assert answer.returncode == 1
    assert answer.stderr == f'Error: Could not connect to the endpoint URL: "{endpoint}/"\n'
