"""Plays Lambda's event source mappings: long polls of a queue, and its worker for each batch.

What a worker does not report as failed is deleted; the rest comes again when its visibility
timeout is over, until the queue's redrive policy takes it to the dead letters.
"""

import importlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from sightline.settings import settings
from sightline.store import aws
from sightline.telemetry import logger, where

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAPPINGS = {"SIGHTLINE_UPLOADS_QUEUE": "functions.workers.on_upload"}  # a queue and its worker
BATCH = 10  # messages, Lambda's default
WAIT = 1  # second of a long poll; a stop waits for one
PAUSE = 1.0  # seconds after an error, so that a broken queue is not asked all the time


class EventSource:
    """A queue that starts a worker, in a thread of its own while it is entered.

    Args:
        url: of the queue.
        module: whose `handler` is the worker; it is imported for the first batch.
        patience: seconds that the last batch gets at the end. What it then has not done is lost
            with the queue, which lives in memory only.
    """

    def __init__(self, url: str, module: str, patience: float) -> None:
        self._url, self._module, self._patience = url, module, patience
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=module, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(self._patience)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.poll()
            except Exception as error:  # the messages come again
                extra = {
                    "worker": self._module,
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
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=WAIT,
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return
        started = time.perf_counter()
        worker = importlib.import_module(self._module)
        answer = worker.handler({"Records": [self._record(each) for each in messages]}, None)
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        self._line(len(messages), len(failed), time.perf_counter() - started)

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
        worker = self._module.rsplit(".", 1)[-1]
        again = f", {failed} to come again" if failed else ""
        now = time.strftime("%H:%M:%S")
        line = f"{now} {worker} {number} message(s){again} {seconds * 1000:.0f} ms"
        print(line, file=sys.stderr, flush=True)


def event_sources(patience: float) -> list[EventSource]:
    """All mappings of the stack; its queues must exist."""
    return [
        EventSource(os.environ[variable], module, patience) for variable, module in MAPPINGS.items()
    ]
