"""Idempotency tokens: a call that comes twice with one `ClientRequestToken` happens once.

What was answered is written in the same transaction as what was done, and kept for a day, or for
as long as the operation says.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sightline.errors import IdempotentParameterMismatchException
from sightline.store import table
from sightline.store.table import Action, Item, Key, number, text

LIFETIME = 24 * 3600  # seconds; the service does not say how long, but for jobs

Memo = dict[str, Any]  # what a call did and answered, in JSON's types


@dataclass(frozen=True, slots=True)
class Call:
    """One request of an operation that takes a token; `token` is None where none was sent."""

    operation: str
    token: str | None
    digest: str  # of the parameters


def call(operation: str, request: dict[str, Any]) -> Call:
    """The call that a request is."""
    parameters = {name: value for name, value in request.items() if name != "ClientRequestToken"}
    document = json.dumps(parameters, sort_keys=True)
    return Call(operation, request.get("ClientRequestToken"), sha256(document.encode()).hexdigest())


def keys(of: Call) -> list[Key]:
    """Where the memo of a call is, if it can have one."""
    return [] if of.token is None else [(f"TOKEN#{of.operation}#{of.token}", "TOKEN")]


def recall(of: Call, uid: str, found: dict[Key, Item]) -> Memo | None:
    """The memo of a call on a collection, from items that were read; None when it is new.

    Raises:
        IdempotentParameterMismatchException: the token belongs to a call with other parameters.
    """
    item = _own(of, found)
    if item is None or float(item["expires"]["N"]) <= time.time():
        return None
    if item["digest"]["S"] != of.digest:
        raise IdempotentParameterMismatchException(
            f"The ClientRequestToken: {of.token} you have supplied is already in use."
        )
    memo: Memo = json.loads(item["memo"]["S"])
    return memo if item["uid"]["S"] == uid else None  # not of a collection of old with this name


def remember(
    of: Call, uid: str, found: dict[Key, Item], memo: Memo, lifetime: int | None = None
) -> list[Action]:
    """The action that keeps a memo, if no other call did so since `found` was read.

    Args:
        lifetime: seconds; the usual ones if it is None.
    """
    seen = _own(of, found)
    return [
        table.put(
            table.keyed(
                key,
                uid=text(uid),
                digest=text(of.digest),
                memo=text(json.dumps(memo)),
                stamp=text(uuid4().hex),
                expires=number(int(time.time()) + (lifetime or LIFETIME)),
            ),
            "attribute_not_exists(PK)" if seen is None else "stamp = :stamp",
            **({} if seen is None else {"stamp": seen["stamp"]}),
        )
        for key in keys(of)
    ]


def _own(of: Call, found: dict[Key, Item]) -> Item | None:
    places: Iterable[Key] = keys(of)
    return next((found[key] for key in places if key in found), None)
