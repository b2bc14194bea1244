"""Jobs whose analysis does next to nothing, and their queues, which a test lets run dry."""

import importlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
import pytest
from botocore.client import BaseClient
from moto.sqs.models import sqs_backends

from local import queues
from local.queues import MAPPINGS, EventSource
from local.resources import STEPS
from sightline.domain.video import rescue, source
from sightline.domain.video.kinds import KINDS, Element, Kind, Merged, Span
from sightline.store import aws, notices, table
from sightline.store.jobs import SLOTS
from sightline.video.probe import UnreadableVideo, VideoInfo
from sightline.wire.model import module_name
from tests import guard
from tests.video.flow.mishaps import Stage

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client

INFO = VideoInfo("h264", "QuickTime / MOV", 61_500, 25.0, 640, 360, "LIMITED", ())
VIDEO: Any = {"S3Object": {"Bucket": "photos", "Name": "clip.mp4"}}
QUEUES = [name for name in MAPPINGS if name.startswith("SIGHTLINE_VIDEO_")]


class Work:
    """Finds one element a second, in each of the orders."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.merges = 0
        self.fails: Exception | None = None
        self.answer: dict[str, Any] = {}
        self._kind: Kind

    def of(self, kind: Kind) -> "Work":
        self._kind = kind
        return self

    def analyse(self, _video: Any, span: Span, _request: dict[str, Any]) -> bytes:
        self.spans.append(span)
        if self.fails is not None:
            raise self.fails
        return json.dumps(list(range(span.start, span.end, 1000))).encode()

    def merge(
        self, pieces: Sequence[Callable[[], bytes]], _request: dict[str, Any], _: dict[str, Any]
    ) -> Merged:
        self.merges += 1
        orders = {order: self._elements(pieces, order) for order in self._kind.orders}
        return Merged(orders, self.answer)

    def _elements(self, pieces: Sequence[Callable[[], bytes]], order: str) -> Iterator[Element]:
        times = [time for piece in pieces for time in json.loads(piece())]
        member = "StartTimestampMillis" if self._kind.member == "Segments" else "Timestamp"
        for time in sorted(times, reverse=not order.startswith("TIMESTAMP")):
            yield {member: time}


@dataclass
class Flow:
    """A bucket with a video, a topic with a queue that hears it, and the workers."""

    client: Any  # a RekognitionClient; a test may send what its types forbid
    s3: "S3Client"
    topic: str
    news: str  # URL of the queue that hears the topic
    work: Work

    def start(self, kind: str = "label_detection", **parameters: Any) -> str:
        """Starts a job that tells the topic; its id."""
        channel = {"SNSTopicArn": self.topic, "RoleArn": "arn:aws:iam::123456789012:role/any"}
        asked = {"Video": VIDEO, "NotificationChannel": channel, **parameters}
        job_id: str = getattr(self.client, f"start_{kind}")(**asked)["JobId"]
        return job_id

    def get(self, job_id: str, kind: str = "label_detection", **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self.client, f"get_{kind}")(JobId=job_id, **parameters)
        return answer

    def times(self, job_id: str, kind: str = "label_detection", **parameters: Any) -> list[int]:
        """Timestamps of all that a job found, page by page."""
        member = next(each.member for each in KINDS.values() if module_name(each.name) == kind)
        answer = self.get(job_id, kind, **parameters)
        found = [each["Timestamp"] for each in answer[member]]
        while "NextToken" in answer:
            answer = self.get(job_id, kind, **parameters, NextToken=answer["NextToken"])
            found += [each["Timestamp"] for each in answer[member]]
        return found

    def run(self) -> None:
        """Lets the workers do what is on their queues, until nothing is."""
        while busy := [name for name in QUEUES if messages(name)]:
            for name in busy:
                self.poll(name)

    def poll(self, name: str) -> None:
        """Lets the worker of a queue do one batch; what fails comes again at once."""
        EventSource(os.environ[name], replace(MAPPINGS[name], again=0), 0.0).poll()

    def told(self) -> list[dict[str, Any]]:
        """What the topic said since the last time."""
        return [json.loads(json.loads(each)["Message"]) for each in take(self.news)]

    def held(self) -> dict[str, int]:
        """What is left of running jobs: slots, and notices to be sent."""
        return {
            "slots": len(list(table.query(SLOTS))),
            "notices": len(notices.waiting()),
        }


def messages(name: str) -> list[Any]:
    """What moto holds on a queue; asking it as a client would take most of a test's time."""
    held: list[Any] = sqs_backends["123456789012"]["us-east-1"].queues[queue_name(name)]._messages
    return held


def queue_name(variable: str) -> str:
    return os.environ[variable].rsplit("/", 1)[1]


def run_message(url: str, body: str) -> None:
    """One message, as the worker of that queue gets it beside all others."""
    (mapping,) = (MAPPINGS[name] for name in QUEUES if os.environ[name] == url)
    record = {"messageId": "1", "body": body, "eventSource": "aws:sqs"}
    worker = importlib.import_module(mapping.module)
    assert worker.handler({"Records": [record]}, None)["batchItemFailures"] == []


def take(url: str) -> list[str]:
    """The bodies on a queue, which are gone from it then."""
    taken = []
    while found := aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            taken.append(message["Body"])
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return taken


@contextmanager
def _opened(file: BinaryIO) -> Iterator[Any]:
    """A file stands for a video, unless it says that it is none."""
    if file.read(4) == b"none":
        raise UnreadableVideo
    yield SimpleNamespace(info=INFO)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """The work of all kinds."""
    made = Work()
    monkeypatch.setattr(Kind, "work", property(made.of))
    monkeypatch.setattr(source, "open_video", _opened)
    return made


@pytest.fixture
def flow(
    rekognition: "RekognitionClient",
    s3: "S3Client",
    work: Work,
    monkeypatch: pytest.MonkeyPatch,
) -> Flow:
    """Nothing has started; whatever waits for time to pass does not wait."""
    monkeypatch.setattr(queues, "WAIT", 0)
    monkeypatch.setattr(rescue, "GRACE", 0.0)
    monkeypatch.setattr(notices, "CLAIM", 0.0)
    monkeypatch.setattr(table, "PAUSE", (0.0, 0.0))
    for module in ["functions.workers.sweep", *(MAPPINGS[name].module for name in QUEUES)]:
        worker, name = importlib.import_module(module), module.rsplit(".", 1)[1]
        monkeypatch.setattr(worker, "handler", guard.watched(name, worker.handler))
    monkeypatch.setattr(rescue, "sweep", guard.watched("sweep", rescue.sweep))
    for name in STEPS:
        aws.sqs().set_queue_attributes(
            QueueUrl=os.environ[name], Attributes={"VisibilityTimeout": "0"}
        )
    s3.put_object(Bucket="photos", Key="clip.mp4", Body=b"a video")
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    topic = sns.create_topic(Name="AmazonRekognitionJobs")["TopicArn"]
    news = sqs.create_queue(QueueName="news")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=news, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    sqs.close()
    sns.close()
    return Flow(rekognition, s3, topic, news, work)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Lets something go wrong at any call to AWS."""
    made = Stage(BaseClient.__dict__["_make_api_call"])
    monkeypatch.setattr(
        BaseClient,
        "_make_api_call",
        lambda *call: made.guarded(*call),  # noqa: PLW0108 - a function becomes a method
    )
    return made
