"""S3, Secrets Manager and SQS between threads: bodies arrive whole, nothing is lost."""

import sys
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from local import dynamodb, gate
from tests.local.parallel import THREADS, at_once


@pytest.fixture
def account() -> Iterator[None]:
    dynamodb.install()
    with mock_aws():
        yield


def test_objects_that_many_write_and_read_are_always_whole(account: None) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="photos")
    bodies = {bytes([number]) * 100_000 for number in range(THREADS)}
    s3.put_object(Bucket="photos", Key="shared", Body=min(bodies))

    def work(number: int) -> None:
        for turn in range(10):
            s3.put_object(Bucket="photos", Key="shared", Body=bytes([number]) * 100_000)
            assert s3.get_object(Bucket="photos", Key="shared")["Body"].read() in bodies
            s3.put_object(Bucket="photos", Key=f"own/{number}/{turn}", Body=b"x")
            s3.list_objects_v2(Bucket="photos")
            if turn % 2:
                s3.delete_object(Bucket="photos", Key=f"own/{number}/{turn}")

    at_once(work)
    assert s3.list_objects_v2(Bucket="photos", Prefix="own/")["KeyCount"] == THREADS * 5
    s3.close()


def test_secrets_that_many_write_are_all_there(account: None) -> None:
    secrets = boto3.client("secretsmanager", region_name="us-east-1")

    def work(number: int) -> None:
        for turn in range(5):
            secrets.create_secret(Name=f"{number}/{turn}", SecretString="x")

    at_once(work)
    pages = secrets.get_paginator("list_secrets").paginate()
    assert sum(len(page["SecretList"]) for page in pages) == THREADS * 5
    secrets.close()


def test_only_what_may_change_something_counts_as_a_change(account: None) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="a", Body=b"x")
    before = gate.changes()
    s3.get_object(Bucket="photos", Key="a")
    s3.list_objects_v2(Bucket="photos")
    s3.head_object(Bucket="photos", Key="a")
    boto3.client("dynamodb", region_name="us-east-1").list_tables()
    assert gate.changes() == before
    s3.delete_object(Bucket="photos", Key="a")
    assert gate.changes()["s3"] > before["s3"]
    s3.close()


def test_messages_that_many_send_while_others_delete_are_all_there(account: None) -> None:
    had = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # seconds; threads then meet within moto's few lines
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    taken: list[str] = []

    def take() -> int:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            taken.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(found)

    def work(number: int) -> None:
        for turn in range(40):
            sqs.send_message(QueueUrl=url, MessageBody=f"{number}/{turn}")
            if number % 2:
                take()

    try:
        at_once(work)
    finally:
        sys.setswitchinterval(had)
    while take():
        pass
    assert len(set(taken)) == THREADS * 40
    sqs.close()
