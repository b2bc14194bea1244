"""moto's backends were not written for threads: here one request at a time reaches their state.

The same lock gives a snapshot a moment at which no request is half done, and the count of changes
tells it whether anything happened since the last one. SQS's long poll passes it for each of its
looks, and waits in front of it.
"""

import threading
import time
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from moto.core.responses import BaseResponse
from moto.dynamodb.responses import DynamoHandler
from moto.s3.responses import S3Response
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.sns.responses import SNSResponse
from moto.sqs.models import Message, SQSBackend
from moto.sqs.responses import SQSResponse

_QUEUE_WRITES = (
    "send_message",
    "send_message_batch",
    "delete_message",
    "delete_message_batch",
    "change_message_visibility",
    "change_message_visibility_batch",
    "purge_queue",
)
_READS = ("Get", "BatchGet", "TransactGet", "Query", "Scan", "List", "Describe")

PAUSE = 0.005  # seconds between looks at a queue with messages that are not to be had

LOCK = threading.RLock()
_changes = {"dynamodb": 0, "s3": 0, "secretsmanager": 0, "sns": 0, "sqs": 0}


def changes() -> dict[str, int]:
    """How many requests may have changed each service's state since the process started."""
    return dict(_changes)


@cache
def install() -> None:
    """Put the gate in front of those services; a second call changes nothing.

    SQS and SNS are among them because a message that one thread adds is lost where another one
    deletes at the same time: moto then keeps the list of messages that it had before.
    """
    _guard("dynamodb", DynamoHandler, "call_action", _changes_by_target)
    _guard("secretsmanager", SecretsManagerResponse, "call_action", _changes_by_target)
    _guard("sns", SNSResponse, "call_action", _changes_by_target)
    for entry in _QUEUE_WRITES:
        _guard("sqs", SQSResponse, entry, _changes_by_target)
    setattr(SQSBackend, "receive_message", _receive)  # noqa: B010 - a method, to mypy
    for entry in ("bucket_response", "key_response"):
        _guard("s3", S3Response, entry, _changes_by_method)


_look = SQSBackend.receive_message


def _receive(
    self: SQSBackend, name: str, count: int, wait: int, hidden: int, attributes: list[str]
) -> list[Message]:
    """A receipt of messages, for which it may wait some seconds."""
    end = time.monotonic() + wait
    while True:
        with LOCK:
            found: list[Message] = _look(self, name, count, 0, hidden, attributes)
            queue = self.get_queue(name)
        if found or time.monotonic() >= end:
            return found
        queue.wait_for_messages(1)
        time.sleep(PAUSE)


def _guard(
    service: str,
    response: type[BaseResponse],
    entry: str,
    may_change: Callable[[BaseResponse, tuple[Any, ...]], bool],
) -> None:
    original = getattr(response, entry)

    @wraps(original)
    def guarded(self: BaseResponse, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            if may_change(self, args):
                _changes[service] += 1
            return original(self, *args, **kwargs)

    setattr(response, entry, guarded)


def _changes_by_target(response: BaseResponse, _: tuple[Any, ...]) -> bool:
    return not (response._get_action() or "").startswith(_READS)


def _changes_by_method(_: BaseResponse, args: tuple[Any, ...]) -> bool:
    return args[0].method not in {"GET", "HEAD", "OPTIONS"}
