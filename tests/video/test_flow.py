"""The whole path once, as a client goes it: upload, topic, start, message, pages, over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.local.process import Server, run, serving
from tests.video.making import Make, Pixels, video

PATIENCE = 60  # seconds of long polls until the test gives up on the message


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def clip() -> bytes:
    """Two seconds of one person."""
    astronaut = Image.fromarray(data.astronaut())  # type: ignore[no-untyped-call]
    frame: Pixels = np.asarray(astronaut.resize((256, 256)))
    return video([frame] * 20, Make(fps=10))


def heard(server: Server, url: str) -> dict[str, Any]:
    """The next thing that a topic says to a queue."""
    for _ in range(PATIENCE):
        found = server.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)
        for message in found.get("Messages", []):
            said: dict[str, Any] = json.loads(json.loads(message["Body"])["Message"])
            return said
    raise TimeoutError


def test_a_client_gets_the_message_and_then_the_pages(
    server: Server, clip: bytes, tmp_path: Path
) -> None:
    s3, sns, sqs = (server.client(service) for service in ("s3", "sns", "sqs"))
    rekognition = server.client("rekognition")
    s3.create_bucket(Bucket="videos")
    s3.put_object(Bucket="videos", Key="clip.mp4", Body=clip)
    topic = sns.create_topic(Name="AmazonRekognitionJobs")["TopicArn"]
    queue = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])

    job_id = rekognition.start_face_detection(
        Video={"S3Object": {"Bucket": "videos", "Name": "clip.mp4"}},
        NotificationChannel={"SNSTopicArn": topic, "RoleArn": "arn:aws:iam::123456789012:role/a"},
        JobTag="one",
    )["JobId"]
    said = heard(server, queue)
    assert said.pop("Timestamp") > 1e12
    assert said == {
        "JobId": job_id,
        "Status": "SUCCEEDED",
        "API": "StartFaceDetection",
        "JobTag": "one",
        "Video": {"S3ObjectName": "clip.mp4", "S3Bucket": "videos"},
    }

    first = rekognition.get_face_detection(JobId=job_id, MaxResults=3)
    rest = rekognition.get_face_detection(JobId=job_id, NextToken=first["NextToken"])
    assert first["JobStatus"] == rest["JobStatus"] == "SUCCEEDED"
    assert "NextToken" not in rest
    faces = [*first["Faces"], *rest["Faces"]]
    assert [face["Timestamp"] for face in faces] == [0, 500, 1000, 1500]
    assert all(face["Face"]["Confidence"] > 90 for face in faces)
    assert rest["VideoMetadata"]["DurationMillis"] == 2000
    assert rest["VideoMetadata"]["FrameWidth"] == 256

    listed = run("jobs", "--endpoint-url", server.endpoint, folder=tmp_path, COLUMNS="200")
    assert listed.returncode == 0, listed.stderr
    (line,) = [line for line in listed.stdout.splitlines() if job_id[:12] in line]
    assert "FaceDetection" in line
    assert "videos/clip.mp4" in line
    assert "SUCCEEDED" in line
    assert "1/1" in line
