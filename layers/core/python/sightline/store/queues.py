"""Queues between the steps of jobs: sending, and whether anything is still on its way."""

import json
from collections.abc import Iterable
from typing import Any

from sightline.errors import ProvisionedThroughputExceededException
from sightline.store import aws
from sightline.store.table import chunks

SENT_AT_ONCE = 10  # messages of one SendMessageBatch, SQS's limit


def send(url: str, bodies: Iterable[dict[str, Any]]) -> None:
    """Puts messages on a queue.

    Raises:
        ProvisionedThroughputExceededException: SQS refused some of them.
    """
    client = aws.sqs()
    for some in chunks(bodies, SENT_AT_ONCE):
        entries: Any = [
            {"Id": str(place), "MessageBody": json.dumps(body)} for place, body in enumerate(some)
        ]
        if client.send_message_batch(QueueUrl=url, Entries=entries).get("Failed"):
            raise ProvisionedThroughputExceededException


def is_idle(url: str) -> bool:
    """Whether nothing is on a queue, neither waiting nor at a worker; SQS counts approximately."""
    found: dict[str, str] = aws.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
        "Attributes"
    ]  # type: ignore[assignment]  # of literals
    waiting, taken = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
    return int(found[waiting]) == 0 and int(found[taken]) == 0
