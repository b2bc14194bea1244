"""Interrupts the store at one of its calls to AWS: lets its process die there, or lets others act.

A process that died makes no further call, in none of its threads, whatever its `finally` and
`except` would still like to do.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from sightline.store import aws, shards, table

Act = Callable[[], Any]
MOMENTS = ("before", "after")
READS = ("BatchGet", "Get", "Head", "List", "Query", "Receive")  # how names of such calls begin
SERVICES = frozenset({"dynamodb", "lambda", "s3", "sqs"})  # that the store calls about collections


class Died(BaseException):
    """The end of a process, which no code of its own can catch."""


class Interruptions:
    """All calls of the store's clients pass here, one at a time counted down to the chosen one."""

    def __init__(self) -> None:
        self._counting = Lock()
        self._left = 0
        self._before = self._writes = False
        self._act: Act = lambda: None
        self._dead = False
        self.struck = False

    @contextmanager
    def installed(self) -> Iterator["Interruptions"]:
        """Watches the calls of this process."""
        call = BaseClient.__dict__["_make_api_call"]

        def watched(client: BaseClient, operation: str, parameters: Any) -> Any:
            service = client.meta.service_model.service_name
            if service not in SERVICES or client is not aws._shared(service):
                return call(client, operation, parameters)
            if self._dead:
                raise Died
            with self._counting:
                counted = self._left > 0 and not (self._writes and operation.startswith(READS))
                self._left -= counted
                struck = counted and self._left == 0
                self.struck |= struck
            if not struck:
                return call(client, operation, parameters)
            if self._before:
                self._act()
            answer = call(client, operation, parameters)
            if not self._before:
                self._act()
            return answer

        with patch.object(BaseClient, "_make_api_call", watched):
            yield self

    @contextmanager
    def at(
        self, number: int, moment: str, act: Act, *, writes: bool = False
    ) -> Iterator["Interruptions"]:
        """Something else happens before or after the call of that number, from 1; with `writes`
        only calls that change anything count.
        """
        self._before, self._act, self._writes = moment == "before", act, writes
        self._left, self.struck = number, False
        try:
            yield self
        finally:
            self._left = 0

    def died(self, number: int, moment: str, work: Act) -> bool:
        """Does the work in a process that dies at that call of those that change anything: after
        another it leaves what the one before has left. False when it needed fewer.
        """
        with self.at(number, moment, self._die, writes=True):
            try:
                work()
            except Died:
                pass
            finally:
                if self._dead:
                    self._bury()
        return self.struck

    def _die(self) -> None:
        self._dead = True
        raise Died

    def _bury(self) -> None:
        """What the process's threads were still about to do is not done."""
        table._threads().shutdown(wait=True, cancel_futures=True)
        table._threads.cache_clear()
        shards.forget_vectors()
        self._dead = False
