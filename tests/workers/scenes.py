"""Deliveries as they go wrong: a worker that dies at any call, or meets another one at any call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.client import BaseClient

from sightline.settings import settings
from sightline.store import table
from tests.workers.conftest import Watch

Step = Callable[[], Any]
PASSING = {"stamp", "expires"}  # attributes that no two writes share


class Died(BaseException):
    """Stands for a process that was killed: nothing in it can catch that."""


class Stage:
    """Lets something happen before a chosen call of the worker to AWS.

    A death after a call is the one before the next: what was in memory is lost either way.
    """

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call, self._left, self._happens = call, 0, _nothing
        self._broken = self.reached = False

    def guarded(self, client: BaseClient, operation: str, parameters: Any) -> Any:
        if self._broken:
            raise Died
        self._left -= 1
        if self._left == 0:
            self.reached = True
            self._happens()
        return self._call(client, operation, parameters)

    def _die(self) -> None:
        self._broken = True
        raise Died

    @contextmanager
    def death(self, call: int) -> Iterator[None]:
        """The worker dies before that call."""
        with suppress(Died), self.visit(call, self._die):
            yield

    @contextmanager
    def visit(self, call: int, happens: Step) -> Iterator[None]:
        """Something happens before that call; before none where it is 0."""
        self._left, self._happens = call, happens
        self._broken = self.reached = False
        try:
            yield
        finally:
            self._left, self._broken = 0, False


def _nothing() -> None:
    """What happens at calls that nobody chose."""


def state(watch: Watch) -> dict[str, Any]:
    """All that the worker keeps: items of the table, and results with their metadata."""
    client: Any = watch.dynamodb
    pages = client.get_paginator("scan").paginate(TableName=settings().table)
    kept: dict[str, Any] = {
        f"{item['PK']['S']} {item['SK']['S']}": {
            name: value for name, value in item.items() if name not in _passing(item)
        }
        for page in pages
        for item in page["Items"]
        if item["PK"]["S"].startswith(("FINDING#", "UPLOAD#"))
    }
    for key in watch.results(""):
        if key.endswith(".json"):
            found = watch.s3.get_object(Bucket="photos", Key=key)
            kept[key] = found["Body"].read(), found["Metadata"]
    return kept


def _passing(item: dict[str, Any]) -> set[str]:
    """Where a photo was that is gone is known only if anybody saw it."""
    return PASSING | {"result"} if item.get("state") == {"S": "REMOVED"} else PASSING


def clear(watch: Watch) -> None:
    """As if no worker had ever run; photos, rules and what is on queues stay."""
    table.drop(tuple(key.split(" ")) for key in state(watch) if not key.endswith(".json"))  # type: ignore[misc]
    for key in watch.results(""):
        if key.endswith(".json"):
            watch.s3.delete_object(Bucket="photos", Key=key)


def everything_leads_to_results(watch: Watch) -> None:
    """No entry of the index leads nowhere, whatever died."""
    there = set(watch.results(""))
    for kind, name in (("label", "Dog"), ("label", "Cat"), ("text", "out"), ("failed", None)):
        for key, _ in watch.found(kind, name):
            assert there & {f"results/{key}.json", f"new/{key}.json"}
