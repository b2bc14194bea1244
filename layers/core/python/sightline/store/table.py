"""The one table: reads that see every finished write, writes that happen whole or not at all.

Items stay in DynamoDB's own form (`{"S": …}`, `{"N": …}`), for they cross this module by the
thousand and the richer forms cost more than the network.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from itertools import islice
from random import SystemRandom
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from sightline.errors import ProvisionedThroughputExceededException
from sightline.settings import settings
from sightline.store import aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

Value = TypeVar("Value")
Key = tuple[str, str]  # PK, SK
Item = dict[str, Any]
Action = dict[str, dict[str, Any]]  # one entry of TransactWriteItems

KEY = ("PK", "SK")
READ_AT_ONCE = 100  # keys of one BatchGetItem, DynamoDB's limit
DROPPED_AT_ONCE = 25  # items of one BatchWriteItem, DynamoDB's limit
WRITTEN_AT_ONCE = 100  # actions of one TransactWriteItems, DynamoDB's limit
AT_ONCE = 16  # calls made at the same time
ATTEMPTS = 12  # with the pauses below at most about four seconds
PAUSE = 0.01, 0.5  # seconds: before the second attempt, doubled each time, and at most

THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
    }
)
CONFLICTS = frozenset({"TransactionConflictException", "TransactionInProgressException"})
_dice = SystemRandom()


class Cancelled(Exception):
    """Another write came first: a condition did not hold, or two transactions met.

    `reasons` has DynamoDB's code for each action in order, `"None"` for one that was fine; it is
    empty where a write that is not a transaction met one.
    """

    def __init__(self, reasons: Sequence[str] = ()) -> None:
        self.reasons = tuple(reasons)
        super().__init__(", ".join(self.reasons))


def text(value: str) -> Item:
    """A string attribute."""
    return {"S": value}


def number(value: float) -> Item:
    """A number attribute; a float keeps every digit."""
    return {"N": repr(value)}


def key_of(item: Item) -> Key:
    """The key of an item."""
    return item["PK"]["S"], item["SK"]["S"]


def keyed(key: Key, **attributes: Item | None) -> Item:
    """An item; attributes that are None are left out."""
    present = {name: value for name, value in attributes.items() if value is not None}
    return {"PK": text(key[0]), "SK": text(key[1]), **present}


def put(item: Item, condition: str = "", **values: Item) -> Action:
    """An action that stores an item; `values` are the condition's, each as `:name`."""
    return {"Put": {"TableName": settings().table, "Item": item, **_expressions(condition, values)}}


def update(key: Key, expression: str, condition: str = "", **values: Item) -> Action:
    """An action that changes an item."""
    changed = {"TableName": settings().table, "Key": keyed(key), "UpdateExpression": expression}
    return {"Update": {**changed, **_expressions(condition, values)}}


def delete(key: Key, condition: str = "", **values: Item) -> Action:
    """An action that deletes an item."""
    place = {"TableName": settings().table, "Key": keyed(key)}
    return {"Delete": {**place, **_expressions(condition, values)}}


def check(key: Key, condition: str, **values: Item) -> Action:
    """An action that changes nothing, and holds up the others where the condition fails."""
    place = {"TableName": settings().table, "Key": keyed(key)}
    return {"ConditionCheck": {**place, **_expressions(condition, values)}}


def _expressions(condition: str, values: dict[str, Item]) -> dict[str, Any]:
    expressions: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    if values:
        expressions["ExpressionAttributeValues"] = {f":{name}": v for name, v in values.items()}
    return expressions


def write(actions: Sequence[Action]) -> None:
    """Does all actions (at most 100, each on another item), or none.

    Raises:
        Cancelled: another write came first.
        ProvisionedThroughputExceededException: DynamoDB asks to slow down.
    """
    items: list[TransactWriteItemTypeDef] = actions  # type: ignore[assignment]
    with _translated():
        aws.dynamodb().transact_write_items(TransactItems=items)


def write_one(action: Action) -> Item:
    """Does one action without the price of a transaction; what it asked for by `ReturnValues`.

    Raises:
        Cancelled: its condition does not hold, or it met a transaction.
        ProvisionedThroughputExceededException: DynamoDB asks to slow down.
    """
    ((verb, parameters),) = action.items()
    client = aws.dynamodb()
    call: dict[str, Callable[..., Any]] = {
        "Put": client.put_item,
        "Update": client.update_item,
        "Delete": client.delete_item,
    }
    with _translated():
        answer: Item = call[verb](**parameters).get("Attributes", {})
    return answer


def write_each(actions: Iterable[Action]) -> None:
    """Does actions on their own; one that meets another write, or no capacity, is left undone."""

    def attempt(action: Action) -> None:
        with suppress(Cancelled, ProvisionedThroughputExceededException):
            write_one(action)

    list(_threads().map(attempt, actions))


def read(keys: Iterable[Key]) -> dict[Key, Item]:
    """The items with those keys, strongly consistent; any number, each looked up once.

    Raises:
        ProvisionedThroughputExceededException: DynamoDB asks to slow down.
    """
    batches = list(chunks(dict.fromkeys(keys), READ_AT_ONCE))
    if len(batches) <= 1:
        return _read_batch(batches[0]) if batches else {}
    found: dict[Key, Item] = {}
    for some in _threads().map(_read_batch, batches):
        found |= some
    return found


def _read_batch(keys: Sequence[Key]) -> dict[Key, Item]:
    table = settings().table
    missing: Any = {table: {"Keys": [keyed(key) for key in keys], "ConsistentRead": True}}
    found: dict[Key, Item] = {}
    tries = attempts()
    while next(tries, None) is not None:
        with _translated():
            answer = aws.dynamodb().batch_get_item(RequestItems=missing)
        new = answer["Responses"].get(table, [])
        found |= {key_of(item): item for item in new}
        missing = answer.get("UnprocessedKeys")
        if not missing:
            return found
        if new:  # an answer holds 16 MB at most; that it was full is no reason to wait
            tries = attempts()
    raise ProvisionedThroughputExceededException


def query(
    partition: str, after: str = "", limit: int | None = None, *, only: Sequence[str] = ()
) -> Iterator[Item]:
    """The items of a partition by ascending SK, strongly consistent, those after `after`.

    Args:
        partition: their PK.
        after: the SK before the first of them.
        limit: how many there are at most.
        only: attributes that each has, where not all are needed.

    Raises:
        ProvisionedThroughputExceededException: DynamoDB asks to slow down.
    """
    asked: dict[str, Any] = {
        "TableName": settings().table,
        "ConsistentRead": True,
        "KeyConditionExpression": "PK = :partition" + (" AND SK > :after" if after else ""),
        "ExpressionAttributeValues": {":partition": text(partition)},
    }
    if after:
        asked["ExpressionAttributeValues"][":after"] = text(after)
    if only:
        asked["ProjectionExpression"] = ", ".join(only)
    while limit is None or limit > 0:
        if limit is not None:
            asked["Limit"] = limit
        with _translated():
            page = aws.dynamodb().query(**asked)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        limit = None if limit is None else limit - len(page["Items"])


def drop(keys: Iterable[Key]) -> None:
    """Deletes items without any condition; those that are gone already do not matter.

    Raises:
        ProvisionedThroughputExceededException: DynamoDB asks to slow down.
    """
    for _ in _threads().map(_drop_batch, chunks(keys, DROPPED_AT_ONCE)):
        pass


def _drop_batch(keys: Sequence[Key]) -> None:
    left: Any = {settings().table: [{"DeleteRequest": {"Key": keyed(key)}} for key in keys]}
    for _ in attempts():
        with _translated():
            left = aws.dynamodb().batch_write_item(RequestItems=left).get("UnprocessedItems")
        if not left:
            return
    raise ProvisionedThroughputExceededException


def chunks(values: Iterable[Value], size: int) -> Iterator[tuple[Value, ...]]:
    """The values in tuples of `size`, the last one maybe shorter."""
    rest = iter(values)
    while chunk := tuple(islice(rest, size)):
        yield chunk


def attempts() -> Iterator[int]:
    """Counts attempts from 0, with a longer and longer random pause before each but the first."""
    first, most = PAUSE
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(_dice.uniform(0, min(first * 2**attempt, most)))
        yield attempt


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="table")


@contextmanager
def _translated() -> Iterator[None]:
    """Turns DynamoDB's errors into ours; one that nobody foresaw stays what it is."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in THROTTLED:
            raise ProvisionedThroughputExceededException from error
        if code == "TransactionCanceledException":
            found: Any = error.response.get("CancellationReasons", [])
            reasons = [reason["Code"] for reason in found]
            if THROTTLED.intersection(reasons):
                raise ProvisionedThroughputExceededException from error
            raise Cancelled(reasons) from error
        if code == "ConditionalCheckFailedException" or code in CONFLICTS:
            raise Cancelled from error
        raise
