"""What a job on a stored video costs beside its analysis: from Start to the message in a queue.

Run as a program this module is the server that is measured: the local one, over HTTP, with kinds of
jobs that find nothing.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import boto3
import numpy as np
from av.video.frame import VideoFrame

from benchmarks.results import Row, at_most
from local.serve import serve
from sightline.domain.video.kinds import Kind, Merged, Span

ROOT = Path(__file__).resolve().parents[1]
SECONDS, FPS, SIDE = 10, 25, 64  # of the clip
ROUNDS, SHORT_ROUNDS = 21, 7
PATIENCE = 60  # long polls of a second
CHANNEL_ROLE = "arn:aws:iam::123456789012:role/any"


class Nothing:
    """Work that is none."""

    def analyse(self, _video: Any, _span: Span, _request: dict[str, Any]) -> bytes:
        return b""

    def merge(
        self, _pieces: Sequence[Callable[[], bytes]], _request: dict[str, Any], _: dict[str, Any]
    ) -> Merged:
        return Merged({"TIMESTAMP": []})


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    with server() as endpoint:
        times = measured(endpoint, SHORT_ROUNDS if short else ROUNDS)
    return [
        at_most(
            f"a job's coordination: Start to message, {SECONDS} s clip, no analysis, median",
            1.0,
            statistics.median(times),
            " s",
        ),
        Row("the same, the slowest", "–", f"{max(times):.2f} s", None),
    ]


def measured(endpoint: str, rounds: int) -> list[float]:
    """Seconds of each job, after a first one that brings the imports."""

    def client(service: Any) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the local server's own
        )

    s3, sns, sqs, rekognition = (client(each) for each in ("s3", "sns", "sqs", "rekognition"))
    s3.create_bucket(Bucket="videos")
    s3.put_object(Bucket="videos", Key="clip.mp4", Body=clip())
    topic = sns.create_topic(Name="jobs")["TopicArn"]
    queue = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])

    def once() -> float:
        started = time.perf_counter()
        rekognition.start_face_detection(
            Video={"S3Object": {"Bucket": "videos", "Name": "clip.mp4"}},
            NotificationChannel={"SNSTopicArn": topic, "RoleArn": CHANNEL_ROLE},
        )
        for _ in range(PATIENCE):
            found = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
            if found:
                seconds = time.perf_counter() - started
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=found[0]["ReceiptHandle"])
                return seconds
        raise TimeoutError

    once()
    return [once() for _ in range(rounds)]


def clip() -> bytes:
    """A small H.264 video."""
    with TemporaryDirectory() as folder:
        path = f"{folder}/clip.mp4"
        with av.open(path, "w") as container:
            stream = container.add_stream("libx264", FPS)
            stream.width = stream.height = SIDE
            stream.pix_fmt = "yuv420p"
            for number in range(SECONDS * FPS):
                pixels = np.full((SIDE, SIDE, 3), number % 256, np.uint8)
                container.mux(stream.encode(VideoFrame.from_ndarray(pixels)))
            container.mux(stream.encode(None))
        return Path(path).read_bytes()


@contextmanager
def server() -> Iterator[str]:
    """The local server whose jobs find nothing; where it is."""
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.video_jobs"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield next(word for word in process.stdout.readline().split() if "http://" in word)
        finally:
            process.terminate()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    Kind.work = property(lambda _: Nothing())  # type: ignore[assignment,method-assign]
    serve("127.0.0.1", 0, None, _say)
