"""The service as its callers, its queue and its schedule meet it, in several processes."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any

from botocore import xform_name

from functions.workers import compact as worker
from local.frontdoor import handler_of
from sightline.settings import compaction_queue, settings
from sightline.store import aws, opened, salvage, shard_objects, shards
from tests import guard
from tests.store.interruptions import Act

# What a process remembers of collections, by module.
MEMORY = (
    (shards, "_tails"),
    (opened, "_shards"),
    (opened, "_opening"),
    (salvage, "_salvaged"),
)

Call = Callable[..., Any]  # an operation's name and its parameters: the answer


def bare(operation: str, **parameters: Any) -> Any:
    """The service as `lambda invoke` has it."""
    return handler_of(operation)(parameters, None)


def called(client: Any) -> Call:
    """The service through one of boto3's clients."""

    def call(operation: str, **parameters: Any) -> Any:
        return getattr(client, xform_name(operation))(**parameters)

    return call


class Process:
    """One of several warm functions: what it has in memory is its own."""

    def __init__(self) -> None:
        self._memory: list[Any] = []
        self.restart()

    def restart(self) -> None:
        """Nothing is in its memory any more."""
        self._memory = [type(getattr(module, name))() for module, name in MEMORY]

    @contextmanager
    def running(self) -> Iterator[None]:
        """What happens meanwhile happens in this process."""
        outside = [getattr(module, name) for module, name in MEMORY]
        self._become(self._memory)
        try:
            yield
        finally:
            self._memory = [getattr(module, name) for module, name in MEMORY]
            self._become(outside)

    def _become(self, memory: list[Any]) -> None:
        for (module, name), value in zip(MEMORY, memory, strict=True):
            setattr(module, name, value)


def elsewhere(act: Act) -> Act:
    """The same in a process of its own, whatever function this one is."""

    def done() -> Any:
        with Process().running():
            return Context().run(act)

    return done


def objects(uid: str) -> list[str]:
    """The keys of the objects that a collection's shards are, and of any that nobody names."""
    prefix = shard_objects.key(uid, "")
    found = aws.s3().list_objects_v2(Bucket=settings().bucket, Prefix=prefix)
    return [each["Key"] for each in found.get("Contents", [])]


def items(uid: str) -> list[str]:
    """The partitions of the items that a collection has."""
    pages = aws.dynamodb().get_paginator("scan").paginate(TableName=settings().table)
    return [item["PK"]["S"] for page in pages for item in page["Items"] if uid in item["PK"]["S"]]


def deliver() -> None:
    """What is on the queue of compaction goes to its worker, as long as there is anything."""
    url, client = compaction_queue(), aws.sqs()
    while messages := client.receive_message(QueueUrl=url).get("Messages"):
        for message in messages:
            answer = compact(json.loads(message["Body"]))
            assert answer == {"batchItemFailures": []}
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def compact(body: dict[str, Any]) -> Any:
    """Compaction as its queue starts it."""
    record = {"messageId": "1", "eventSource": "aws:sqs", "body": json.dumps(body)}
    return guard.watched("compact", worker.handler)({"Records": [record]}, None)
