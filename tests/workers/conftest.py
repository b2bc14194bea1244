"""A watched bucket, its queue and its worker, with operations whose answers the photo decides.

A photo made by `picture` is one plain colour; red is the confidence of its label and word.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from PIL import Image

from functions.workers import on_upload, sweep
from local import notifications
from sightline.domain import analysis, findings, rules
from sightline.domain.findings import Wanted
from sightline.domain.photos import ANY
from sightline.settings import results_topic, uploads_dead_letters, uploads_queue
from sightline.store import findings as stored
from sightline.store import table, watches
from sightline.vision.photo import Photo
from sightline.wire.rules import checked_rule
from tests import guard
from tests.conftest import ClientFactory

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from tests.workers.scenes import Stage

RULE: dict[str, Any] = {"Operations": {"DetectLabels": {}, "DetectText": {}}}
NAMES = {0: "Dog", 1: "Cat"}  # by a photo's green


def picture(confidence: int, name: int = 0, side: int = 90) -> bytes:
    """A PNG that shows a dog (0) or a cat (1) with that confidence, 0 to 100."""
    file = BytesIO()
    Image.new("RGB", (side, side), (confidence, name, 0)).save(file, "PNG")
    return file.getvalue()


def detect_labels(photo: Photo, request: dict[str, Any]) -> dict[str, Any]:
    red, green, _ = (int(value) for value in photo.pixels[0, 0])
    label = {"Name": NAMES[green], "Confidence": float(red), "Parents": None}
    return {"Labels": [label], "LabelModelVersion": "3.0"}


def detect_text(photo: Photo, request: dict[str, Any]) -> dict[str, Any]:
    red = int(photo.pixels[0, 0, 0])
    found = [
        {"Type": kind, "DetectedText": text, "Confidence": float(red)}
        for kind, text in (("LINE", "Way out"), ("WORD", "Way"), ("WORD", "OUT"), ("WORD", "out"))
    ]
    return {"TextDetections": found, "TextModelVersion": "3.0"}


@dataclass
class Watch:
    """The bucket `photos` with its events on the queue, and the worker that a test lets run."""

    s3: "S3Client"
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"
    news: str  # URL of a queue that hears the topic

    def rule(self, prefix: str = "", **rule: Any) -> None:
        rules.put("photos", prefix, checked_rule(RULE | rule))

    def put(self, key: str, body: bytes, **mark: str) -> str:
        """Uploads an object; the event's message, which stays on the queue too."""
        self.s3.put_object(Bucket="photos", Key=key, Body=body, Metadata=mark)
        return self.pending()[-1]

    def delete(self, key: str, **version: Any) -> str:
        self.s3.delete_object(Bucket="photos", Key=key, **version)
        return self.pending()[-1]

    def pending(self) -> list[str]:
        """Bodies on the queue; they stay there, as if nobody had received them."""
        bodies = [body for body, _ in self._take(uploads_queue())]
        for body in bodies:
            self.sqs.send_message(QueueUrl=uploads_queue(), MessageBody=body)
        return bodies

    def drain(self) -> list[str]:
        """Lets the worker do what is on the queue, and what that brings; messages that failed."""
        failed: list[str] = []
        while found := self._receive(uploads_queue()):
            bodies = [message["Body"] for message in found]
            failed += self.work(*bodies)
            for message in found:
                handle = message["ReceiptHandle"]
                self.sqs.delete_message(QueueUrl=uploads_queue(), ReceiptHandle=handle)
        return failed

    def forget(self) -> None:
        """Nothing is on the queue any more."""
        self._take(uploads_queue())

    def work(self, *bodies: str) -> list[str]:
        """One batch for the worker; the bodies of those that are to come again."""
        records = [
            {"messageId": str(place), "body": body, "eventSource": "aws:sqs"}
            for place, body in enumerate(bodies)
        ]
        answer = on_upload.handler({"Records": records}, None)
        return [bodies[int(each["itemIdentifier"])] for each in answer["batchItemFailures"]]

    def results(self, prefix: str = "results/") -> list[str]:
        """Keys of all results."""
        found = self.s3.list_objects_v2(Bucket="photos", Prefix=prefix)
        return sorted(each["Key"] for each in found.get("Contents", []))

    def result(self, key: str) -> dict[str, Any]:
        body = self.s3.get_object(Bucket="photos", Key=f"results/{key}.json")["Body"].read()
        document: dict[str, Any] = json.loads(body)
        return document

    def found(self, kind: str, name: str | None = None, **where: Any) -> list[tuple[str, float]]:
        """Keys and confidences of all photos of that kind."""
        page = findings.find(Wanted(kind, name, **where), "", 1000)
        assert page.last is None
        return [(entry.key, entry.confidence) for entry in page.entries]

    def mark(self, key: str) -> dict[str, str]:
        """The metadata of a photo's results, as anybody may copy it."""
        return self.s3.head_object(Bucket="photos", Key=f"results/{key}.json")["Metadata"]

    def told(self) -> list[dict[str, Any]]:
        """What the topic said since the last time."""
        return [json.loads(said) for said in self.raw_told()]

    def raw_told(self) -> list[str]:
        """The same, as the topic said it."""
        return [json.loads(body)["Message"] for body, _ in self._take(self.news)]

    def buried(self) -> list[tuple[str, str]]:
        """Error codes and messages of the dead letters since the last time."""
        return [
            (said["ErrorCode"]["StringValue"], said["ErrorMessage"]["StringValue"])
            for _, said in self._take(uploads_dead_letters())
        ]

    def letters(self) -> list[str]:
        """Bodies of the dead letters since the last time."""
        return [body for body, _ in self._take(uploads_dead_letters())]

    def _take(self, url: str) -> list[tuple[str, dict[str, Any]]]:
        taken = []
        while found := self._receive(url):
            for message in found:
                taken.append((message["Body"], message.get("MessageAttributes", {})))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def _receive(self, url: str) -> list[Any]:
        answer = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return answer.get("Messages", [])


@pytest.fixture(autouse=True)
def as_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are held to their roles."""
    for worker in (on_upload, sweep):
        module = worker.__name__.rsplit(".", 1)[-1]
        monkeypatch.setattr(worker, "handler", guard.watched(module, worker.handler))


@pytest.fixture
def watch(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """The bucket with a rule for labels and text, and nothing on the queue."""
    notifications.install()
    monkeypatch.setitem(analysis.DETECTORS, "DetectLabels", (ANY, detect_labels))
    monkeypatch.setitem(analysis.DETECTORS, "DetectText", (ANY, detect_text))
    sqs, sns, dynamodb = boto3.client("sqs"), boto3.client("sns"), boto3.client("dynamodb")
    news = sqs.create_queue(QueueName="news")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=news, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=results_topic(), Protocol="sqs", Endpoint=arn["QueueArn"])
    made = Watch(s3, sqs, dynamodb, news)
    made.rule()
    watches.watch("photos", "sightline-uploads")
    made.drain()  # S3's test event
    yield made
    sqs.close()
    sns.close()
    dynamodb.close()


@pytest.fixture
def find(client_of: ClientFactory, extended: boto3.Session) -> Any:
    """FindPhotos of a client."""
    client: Any = client_of(session=extended)
    return client.find_photos


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> "Stage":
    """Lets workers die, or meet, at any of their calls to AWS."""
    from tests.workers.scenes import Stage

    made = Stage(BaseClient.__dict__["_make_api_call"])
    monkeypatch.setattr(table, "PAUSE", (0.0, 0.0))
    monkeypatch.setattr(stored, "LANES", 1)
    monkeypatch.setattr(
        BaseClient,
        "_make_api_call",
        lambda *call: made.guarded(*call),  # noqa: PLW0108 - a function becomes a method
    )
    return made
