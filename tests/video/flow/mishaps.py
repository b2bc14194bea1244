"""What goes wrong between a job and AWS: at any one of its calls."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

# The queues' part, by which nothing changes.
UNCOUNTED = frozenset({"ReceiveMessage", "GetQueueAttributes", "ChangeMessageVisibility"})
DEATH, LOST_ANSWER = "death", "lost answer"


class Died(BaseException):
    """Stands for a process that was killed: nothing in it can catch that."""


class Stage:
    """Lets something happen at a chosen call to AWS, counted while it is entered."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call
        self._left, self._happens, self._broken = 0, "", False
        self._visit: Callable[[], Any] = lambda: None
        self.struck = ""  # the operation that it happened at, and on what
        self.sent: list[tuple[str, str]] = []  # every message of a queue, with its URL

    def guarded(self, client: BaseClient, operation: str, parameters: Any) -> Any:
        if self._broken:
            raise Died
        if operation == "SendMessageBatch":
            bodies = [entry["MessageBody"] for entry in parameters["Entries"]]
            self.sent += [(parameters["QueueUrl"], body) for body in bodies]
        self._left -= operation not in UNCOUNTED
        if self._left != 0 or operation in UNCOUNTED:
            return self._call(client, operation, parameters)
        self.struck = f"{operation} {parameters}"
        if self._happens == DEATH:
            self._broken = True
            raise Died
        if self._happens == LOST_ANSWER:
            self._call(client, operation, parameters)
            raise ReadTimeoutError(endpoint_url="https://example.com")
        self._visit()
        return self._call(client, operation, parameters)

    @contextmanager
    def mishap(self, call: int, happens: str) -> Iterator[None]:
        """Something goes wrong at that call; of what is inside, the rest does not happen if the
        process dies, or if the error gets out.
        """
        self._left, self._happens, self._broken, self.struck = call, happens, False, ""
        try:
            with suppress(Died, ClientError, ReadTimeoutError):
                yield
        finally:
            self._left, self._broken = 0, False

    @contextmanager
    def visit(self, call: int, happens: Callable[[], Any]) -> Iterator[None]:
        """Something happens before that call."""
        self._left, self._happens, self._visit, self.struck = call, "", happens, ""
        try:
            yield
        finally:
            self._left = 0
