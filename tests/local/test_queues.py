"""The local event sources treat a worker and its messages as Lambda does."""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local import queues
from local.queues import EventSource, Mapping
from local.resources import DELIVERIES, create_queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

PATIENCE = 30  # seconds until a test gives up on a thread


class Worker(ModuleType):
    """A worker that fails at some messages and is broken at others."""

    def __init__(self) -> None:
        super().__init__("worker")
        self.batches: list[list[str]] = []

    def handler(self, event: dict[str, Any], _: Any) -> dict[str, Any]:
        bodies = [record["body"] for record in event["Records"]]
        self.batches.append(bodies)
        if "broken" in bodies:
            raise RuntimeError
        failed = [each["messageId"] for each in event["Records"] if each["body"] == "fails"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


@pytest.fixture
def worker(account: None, monkeypatch: pytest.MonkeyPatch) -> Worker:
    made = Worker()
    monkeypatch.setitem(sys.modules, "worker", made)
    return made


@pytest.fixture
def sqs(account: None) -> "Iterator[SQSClient]":
    client = boto3.client("sqs")
    yield client
    client.close()


@pytest.fixture
def queue(sqs: "SQSClient") -> str:
    """A queue whose messages come again at once."""
    url = create_queue("work")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    return url


def bodies(sqs: "SQSClient", name: str) -> list[str]:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in found]


def test_what_succeeded_is_deleted_and_the_rest_ends_among_the_dead_letters(
    sqs: "SQSClient", queue: str, worker: Worker
) -> None:
    for body in ("good", "fails", "too"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    source = EventSource(queue, Mapping("worker"), patience=1.0)
    for _ in range(DELIVERIES + 1):
        source.poll()
    assert worker.batches == [["good", "fails", "too"], *[["fails"]] * (DELIVERIES - 1)]
    assert bodies(sqs, "work-dead") == ["fails"]
    assert bodies(sqs, "work") == []


def test_a_worker_that_is_broken_gets_the_whole_batch_again(
    sqs: "SQSClient", queue: str, worker: Worker
) -> None:
    for body in ("good", "broken"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    source = EventSource(queue, Mapping("worker"), patience=1.0)
    for _ in range(DELIVERIES):
        with pytest.raises(RuntimeError):
            source.poll()
    source.poll()
    assert worker.batches == [["good", "broken"]] * DELIVERIES
    assert bodies(sqs, "work-dead") == ["good", "broken"]


@pytest.mark.parametrize("body", ["fails", "broken"])
def test_a_message_that_failed_comes_again_sooner_than_its_queue_says(
    sqs: "SQSClient", worker: Worker, body: str
) -> None:
    url = create_queue("slow", busy=3600)
    sqs.send_message(QueueUrl=url, MessageBody=body)
    source = EventSource(url, Mapping("worker", again=0), patience=1.0)
    for _ in range(2):
        with suppress(RuntimeError):
            source.poll()
    assert worker.batches == [[body], [body]]


def test_no_error_ends_the_thread_and_a_stop_does(
    sqs: "SQSClient",
    queue: str,
    worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(queues, "PAUSE", 0.0)
    sqs.send_message(QueueUrl=queue, MessageBody="broken")
    source = EventSource(queue, Mapping("worker"), patience=PATIENCE)
    with source:
        for _ in range(PATIENCE * 100):
            if len(worker.batches) == DELIVERIES:
                break
            time.sleep(0.01)
        sqs.send_message(QueueUrl=queue, MessageBody="good")
        while ["good"] not in worker.batches:
            time.sleep(0.01)
    assert not source._thread.is_alive()
    assert worker.batches == [["broken"]] * DELIVERIES + [["good"]]
    assert [record.getMessage() for record in caplog.records] == ["batch failed"] * DELIVERIES


def test_a_batch_is_as_lambda_hands_it_over(
    sqs: "SQSClient", queue: str, monkeypatch: pytest.MonkeyPatch, worker: Worker
) -> None:
    seen: list[dict[str, Any]] = []

    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        seen.append(event)
        return {"batchItemFailures": []}

    monkeypatch.setattr(worker, "handler", handler)
    sqs.send_message(QueueUrl=queue, MessageBody="größe")
    EventSource(queue, Mapping("worker"), patience=1.0).poll()
    ((record,),) = (event["Records"] for event in seen)
    assert record["body"] == "größe"
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:123456789012:work"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
