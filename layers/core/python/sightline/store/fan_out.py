"""Shards that are too many for one process, searched side by side by others.

Each call of the function of `functions/workers/search_shards.py` looks at one group of shards, as
many as it can download before a caller gives up. Which ones, the manifest alone tells.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from itertools import accumulate
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sightline.errors import ThrottlingException
from sightline.settings import search_function
from sightline.store import aws
from sightline.store.manifest import Sealed

BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
GROUP = 3_000_000  # rows: 550 MB, which Lambda gets from S3 in some seconds


def is_there() -> bool:
    """Whether there is a function to ask."""
    return search_function() is not None


def groups(shards: Sequence[Sealed]) -> list[tuple[Sealed, ...]]:
    """Shards in groups of about `GROUP` rows, the same ones each time."""
    ordered = sorted(shards, key=lambda shard: (-shard.rows, shard.name))
    found: dict[int, list[Sealed]] = {}
    for shard, upto in zip(ordered, accumulate(each.rows for each in ordered), strict=True):
        found.setdefault((upto - 1) // GROUP, []).append(shard)
    return [tuple(group) for group in found.values()]


@dataclass(frozen=True, slots=True)
class RemoteRanking:
    """The rows of a group of shards, ranked elsewhere."""

    uid: str
    shards: tuple[Sealed, ...]
    query: bytes
    least: float
    error: float
    lost: Callable[[], None]  # what to do where a shard is missing or damaged

    def best(self, most: int) -> list[tuple[str, float]]:
        """As every ranking's.

        Raises:
            ThrottlingException: too many calls at once, or a shard is damaged.
        """
        asked = {
            "uid": self.uid,
            "shards": [asdict(shard) for shard in self.shards],
            "query": base64.b64encode(self.query).decode(),
            "least": self.least,
            "most": most,
        }
        answer = _invoke(asked)
        if answer["lost"]:
            self.lost()
            raise ThrottlingException
        return [(id_, cosine) for id_, cosine in answer["best"]]


def _invoke(asked: dict[str, Any]) -> Any:
    name = search_function() or ""
    try:
        answer = aws.functions().invoke(FunctionName=name, Payload=json.dumps(asked).encode())
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status in BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ThrottlingException from error
        raise
    except BotoCoreError as error:  # it is still fetching its shards
        raise ThrottlingException from error
    if "FunctionError" in answer:
        raise ThrottlingException
    return json.loads(answer["Payload"].read())
