"""Plays Lambda's event source mappings: long polls of a queue, and its worker for each batch.

What a worker does not report as failed is deleted; the rest comes again when its visibility
timeout is over, or sooner where that would be long to wait for, until the queue's redrive policy
takes it to the dead letters.
"""

import importlib
import os
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from sightline.domain.video.kinds import WORKERS
from sightline.settings import settings
from sightline.store import aws
from sightline.telemetry import logger, where

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

BATCH = 10  # messages, Lambda's default
WAIT = 1  # second of a long poll; a stop waits for one
PAUSE = 1.0  # seconds after an error, so that a broken queue is not asked all the time
AGAIN = 5  # seconds until a message that failed comes again, of a queue that would wait an hour


@dataclass(frozen=True, slots=True)
class Mapping:
    """A queue's worker.

    Attributes:
        module: whose `handler` it is; imported for the first batch.
        batch: messages at a time, at most.
        again: seconds until a message that failed comes again; None leaves that to the queue.
    """

    module: str
    batch: int = BATCH
    again: int | None = None


MAPPINGS = {
    "SIGHTLINE_UPLOADS_QUEUE": Mapping("functions.workers.on_upload"),
    "SIGHTLINE_VIDEO_PLAN_QUEUE": Mapping("functions.workers.plan_video", 1, AGAIN),
    **{
        f"SIGHTLINE_VIDEO_{worker.upper()}_QUEUE": Mapping(
            f"functions.workers.analyse_{worker}", 1, AGAIN
        )
        for worker in WORKERS
    },
    "SIGHTLINE_VIDEO_MERGE_QUEUE": Mapping("functions.workers.merge_video", 1, AGAIN),
    "SIGHTLINE_VIDEO_DEAD_LETTERS": Mapping("functions.workers.fail_video"),
    "SIGHTLINE_MEDIA_QUEUE": Mapping("functions.workers.media_steps", 1, AGAIN),
    "SIGHTLINE_MEDIA_DEAD_LETTERS": Mapping("functions.workers.media_failures"),
    "SIGHTLINE_COMPACTION_QUEUE": Mapping("functions.workers.compact", 1, AGAIN),
}


class EventSource:
    """A queue that starts a worker, in a thread of its own while it is entered.

    Args:
        url: of the queue.
        mapping: its worker.
        patience: seconds that the last batch gets once it is told to stop. What it then has not
            done is lost with the queue, which lives in memory only.
    """

    def __init__(self, url: str, mapping: Mapping, patience: float) -> None:
        self._url, self._mapping, self._patience = url, mapping, patience
        self._stopping, self._until = threading.Event(), 0.0
        self._thread = threading.Thread(target=self._run, name=mapping.module, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join(max(0.0, self._until - time.monotonic()))

    def stop(self) -> None:
        """Takes no further batch."""
        if not self._stopping.is_set():
            self._until = time.monotonic() + self._patience
            self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.poll()
            except Exception as error:  # the messages come again
                extra = {
                    "worker": self._mapping.module,
                    "error": type(error).__name__,
                    "where": where(error),
                }
                logger.error("batch failed", extra=extra)
                self._stopping.wait(PAUSE)

    def poll(self) -> None:
        """Waits for a batch, lets the worker do it and deletes what it did."""
        client = aws.sqs()
        messages = client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=self._mapping.batch,
            WaitTimeSeconds=WAIT,
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return
        started = time.perf_counter()
        done: set[str] = set()
        try:
            done = self._done(messages)
        finally:
            for message in messages:
                handle = message["ReceiptHandle"]
                if message["MessageId"] in done:
                    client.delete_message(QueueUrl=self._url, ReceiptHandle=handle)
                elif self._mapping.again is not None:
                    with suppress(ClientError):
                        client.change_message_visibility(
                            QueueUrl=self._url,
                            ReceiptHandle=handle,
                            VisibilityTimeout=self._mapping.again,
                        )
        self._line(len(messages), len(messages) - len(done), time.perf_counter() - started)

    def _done(self, messages: "list[MessageTypeDef]") -> set[str]:
        """Ids of the messages that the worker does not report as failed."""
        worker = importlib.import_module(self._mapping.module)
        answer = worker.handler({"Records": [self._record(each) for each in messages]}, None)
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        return {message["MessageId"] for message in messages} - failed

    def _record(self, message: "MessageTypeDef") -> dict[str, Any]:
        """A message as Lambda hands it over."""
        region, name = settings().region, self._url.rsplit("/", 1)[1]
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{region}:{settings().account}:{name}",
            "awsRegion": region,
        }

    def _line(self, number: int, failed: int, seconds: float) -> None:
        """For the person who watches the terminal."""
        worker = self._mapping.module.rsplit(".", 1)[-1]
        again = f", {failed} to come again" if failed else ""
        now = time.strftime("%H:%M:%S")
        line = f"{now} {worker} {number} message(s){again} {seconds * 1000:.0f} ms"
        print(line, file=sys.stderr, flush=True)


def event_sources(patience: float) -> list[EventSource]:
    """All mappings of the stack; its queues must exist."""
    return [
        EventSource(os.environ[variable], mapping, patience)
        for variable, mapping in MAPPINGS.items()
    ]


def stop(sources: Iterable[EventSource]) -> None:
    """Tells all of them to stop, so that they end at the same time and not in turn."""
    for source in sources:
        source.stop()
