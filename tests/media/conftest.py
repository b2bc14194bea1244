"""Jobs over manifests, with a queue from which a test takes messages and a detector that the photo
decides.

A photo made by `picture` is one plain colour; red is the confidence of its label.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient

from functions.workers import media_failures, media_steps, sweep
from sightline.domain.media import manifest, steps
from sightline.settings import media_queue, settings
from sightline.store import media_jobs, table
from sightline.vision.photo import Photo
from tests import guard
from tests.workers.conftest import picture
from tests.workers.scenes import Stage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

OUTPUT: dict[str, Any] = {"S3Bucket": "results", "S3KeyPrefix": "moderated"}
SETTINGS: dict[str, Any] = {"DetectModerationLabels": {}}


def detect_moderation_labels(photo: Photo, request: dict[str, Any]) -> dict[str, Any]:
    red, green, _ = (int(value) for value in photo.pixels[0, 0])
    if green:
        raise ValueError  # of a photo that brings a mistake of ours to light
    label = {"Name": "Violence", "Confidence": float(red), "ParentName": "", "TaxonomyLevel": 1}
    labels = [label] if red >= request.get("MinConfidence", 50) else []
    return {"ModerationLabels": labels, "ModerationModelVersion": "7.0", "ContentTypes": []}


def ref(key: str) -> str:
    return json.dumps({"source-ref": f"s3://photos/{key}"})


@dataclass
class Bulk:
    """Buckets of photos and of results, and the workers that a test lets run."""

    client: "RekognitionClient"
    s3: "S3Client"
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"

    def write(self, *lines: str | bytes) -> None:
        """Puts a manifest of those lines into the bucket."""
        body = b"\n".join(line.encode() if isinstance(line, str) else line for line in lines)
        self.s3.put_object(Bucket="photos", Key="manifest.jsonl", Body=body)

    def start(self, *lines: str | bytes, **parameters: Any) -> str:
        """Starts a job over a manifest of those lines, or over the one that is there."""
        if lines:
            self.write(*lines)
        asked: dict[str, Any] = {
            "OperationsConfig": SETTINGS,
            "Input": {"S3Object": {"Bucket": "photos", "Name": "manifest.jsonl"}},
            "OutputConfig": OUTPUT,
        }
        return self.client.start_media_analysis_job(**asked | parameters)["JobId"]

    def take(self) -> list[str]:
        """The bodies on the queue, which holds none of them then."""
        taken = []
        while found := self._receive():
            for message in found:
                taken.append(message["Body"])
                handle = message["ReceiptHandle"]
                self.sqs.delete_message(QueueUrl=media_queue(), ReceiptHandle=handle)
        return taken

    def work(self, *bodies: str, worker: Any = media_steps) -> list[str]:
        """One batch for a worker; the bodies of those that are to come again."""
        if not bodies:
            return []
        records = [
            {"messageId": str(place), "body": body, "eventSource": "aws:sqs"}
            for place, body in enumerate(bodies)
        ]
        answer = worker.handler({"Records": records}, None)
        return [bodies[int(each["itemIdentifier"])] for each in answer["batchItemFailures"]]

    def drain(self) -> list[str]:
        """Lets workers do all that is on the queue, and what that brings; all bodies there were."""
        seen: list[str] = []
        while bodies := self.take():
            for body in bodies:
                assert self.work(body) == []
            seen += bodies
        return seen

    def sweep(self) -> None:
        sweep.handler({}, None)

    def job(self, job_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get_media_analysis_job(JobId=job_id)  # type: ignore[assignment]
        del answer["ResponseMetadata"]
        return answer

    def status(self, job_id: str) -> tuple[str, str]:
        """Status and failure code."""
        job = self.job(job_id)
        return job["Status"], job.get("FailureDetails", {}).get("Code", "")

    def results(self, job_id: str) -> list[tuple[str, list[float]]]:
        """Keys of the photos, and the confidences of their labels."""
        found = []
        for line in self.read(self.job(job_id)["Results"]["S3Object"]).splitlines():
            result = json.loads(line)
            labels = result["detect-moderation-labels"]["ModerationLabels"]
            confidences = [each["Confidence"] for each in labels]
            found.append((result["source-ref"].removeprefix("s3://photos/"), confidences))
        return found

    def summary(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.read(self.job(job_id)["ManifestSummary"]["S3Object"])
        )
        return found

    def errors(self, job_id: str) -> list[tuple[int, str]]:
        """Lines and codes."""
        return [(each["line-number"], each["code"]) for each in self.summary(job_id)["errors"]]

    def read(self, place: dict[str, str]) -> bytes:
        return self.s3.get_object(Bucket=place["Bucket"], Key=place["Name"])["Body"].read()

    def left(self) -> list[str]:
        """What jobs noted on the way and have not dropped: objects and items."""
        objects = self.s3.list_objects_v2(Bucket=settings().bucket).get("Contents", [])
        client: Any = self.dynamodb
        pages = client.get_paginator("scan").paginate(TableName=settings().table)
        keys = [table.key_of(item) for page in pages for item in page["Items"]]
        items = [" ".join(key) for key in keys if key[0].startswith("MEDIA#")]
        return [each["Key"] for each in objects] + [
            item for item in items if not item.startswith(media_jobs.JOBS)
        ]

    def _receive(self) -> list[Any]:
        answer = self.sqs.receive_message(QueueUrl=media_queue(), MaxNumberOfMessages=10)
        return answer.get("Messages", [])


@pytest.fixture(autouse=True)
def as_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are held to their roles."""
    for worker in (media_failures, media_steps, sweep):
        module = worker.__name__.rsplit(".", 1)[-1]
        monkeypatch.setattr(worker, "handler", guard.watched(module, worker.handler))


@pytest.fixture
def bulk(rekognition: "RekognitionClient", s3: "S3Client") -> Iterator[Bulk]:
    """Three photos, and one that is none, in a bucket beside an empty one for results."""
    for key, confidence in (("a.png", 90), ("b.png", 70), ("c.png", 30)):
        s3.put_object(Bucket="photos", Key=key, Body=picture(confidence))
    s3.put_object(Bucket="photos", Key="text.txt", Body=b"no image")
    s3.create_bucket(Bucket="results")
    sqs, dynamodb = boto3.client("sqs"), boto3.client("dynamodb")
    yield Bulk(rekognition, s3, sqs, dynamodb)
    sqs.close()
    dynamodb.close()


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The detector that the photo decides, and batches of two lines."""
    monkeypatch.setattr(steps, "detect_moderation_labels", detect_moderation_labels)
    monkeypatch.setattr(steps, "BATCH", 2)
    assert manifest.BATCH > 2


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Lets workers die, or meet, at any of their calls to AWS."""
    made = Stage(BaseClient.__dict__["_make_api_call"])
    monkeypatch.setattr(table, "PAUSE", (0.0, 0.0))
    monkeypatch.setattr(
        BaseClient,
        "_make_api_call",
        lambda *call: made.guarded(*call),  # noqa: PLW0108 - a function becomes a method
    )
    return made
