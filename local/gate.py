"""moto's backends were not written for threads: here one request at a time reaches their state.

The same lock gives a snapshot a moment at which no request is half done, and the count of changes
tells it whether anything happened since the last one. Services that may wait inside a request
(SQS's long poll) are left alone.
"""

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from moto.core.responses import BaseResponse
from moto.dynamodb.responses import DynamoHandler
from moto.s3.responses import S3Response
from moto.secretsmanager.responses import SecretsManagerResponse

_READS = ("Get", "BatchGet", "TransactGet", "Query", "Scan", "List", "Describe")

LOCK = threading.RLock()
_changes = {"dynamodb": 0, "s3": 0, "secretsmanager": 0}


def changes() -> dict[str, int]:
    """How many requests may have changed each service's state since the process started."""
    return dict(_changes)


@cache
def install() -> None:
    """Put the gate in front of DynamoDB, S3 and Secrets Manager; a second call changes nothing."""
    _guard("dynamodb", DynamoHandler, "call_action", _changes_by_target)
    _guard("secretsmanager", SecretsManagerResponse, "call_action", _changes_by_target)
    for entry in ("bucket_response", "key_response"):
        _guard("s3", S3Response, entry, _changes_by_method)


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
