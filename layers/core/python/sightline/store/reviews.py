"""Reviews by people: the operator's flow definitions, and the human loops that they started.

A loop is written together with an item that has the message about it; that item goes once the
message is on the queue. So a crash in between loses no message, and the loop's name, for as long as
it is known, keeps it from being started twice; the message alone may come twice, with the same ARN.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sightline.settings import reviews_queue
from sightline.store import aws, table
from sightline.store.table import Cancelled, Key, number, text

FLOWS = "FLOWS"
UNSENT = "LOOPS#UNSENT"
# An uploaded photo's event can still come again for 28 days, those of a queue and of its
# dead-letter queue; the service does not say for how long a name is taken.
REMEMBERED = 30 * 24 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Loop:
    """A human loop: its name, a digest of what it reviews, and the message about it."""

    name: str
    digest: str
    message: dict[str, Any]


def put_flow(name: str, conditions: dict[str, Any]) -> None:
    """Writes a flow definition's activation conditions, new or changed."""
    item = table.keyed((FLOWS, name), conditions=text(json.dumps(conditions)))
    table.write_one(table.put(item))


def flow(name: str) -> dict[str, Any] | None:
    """The activation conditions of a flow definition, None when there is none of that name."""
    found = table.read([(FLOWS, name)])
    return None if not found else _conditions(found[FLOWS, name])


def flows() -> Iterator[tuple[str, dict[str, Any]]]:
    """All flow definitions by name, with their conditions."""
    for item in table.query(FLOWS):
        yield item["SK"]["S"], _conditions(item)


def remove_flow(name: str) -> bool:
    """Deletes a flow definition; False when there was none."""
    try:
        table.write_one(table.delete((FLOWS, name), "attribute_exists(PK)"))
    except Cancelled:
        return False
    return True


def record(loop: Loop) -> bool:
    """Writes a loop and its message that is to be sent; False when one of that name is there."""
    now = int(time.time())
    known = table.keyed(_key(loop.name), digest=text(loop.digest), expires=number(now + REMEMBERED))
    unsent = table.keyed((UNSENT, loop.name), message=text(json.dumps(loop.message)))
    free = "attribute_not_exists(PK) OR expires <= :now"  # DynamoDB drops items days late
    for _ in table.attempts():
        try:
            table.write([table.put(known, free, now=number(now)), table.put(unsent)])
        except Cancelled as lost:
            if lost.reasons[:1] == ("ConditionalCheckFailed",):
                return False
            continue
        return True
    raise Cancelled


def digest(name: str) -> str | None:
    """The digest of what the loop of that name reviews, None when there is no such loop."""
    found = table.read([_key(name)])
    return None if not found else found[_key(name)]["digest"]["S"]


def unsent() -> list[str]:
    """Names of the loops whose message is still to be sent."""
    return [item["SK"]["S"] for item in table.query(UNSENT)]


def send(name: str) -> bool:
    """Puts a loop's message on the queue of reviews; False when it was sent before."""
    found = table.read([(UNSENT, name)])
    if not found:
        return False
    body = found[UNSENT, name]["message"]["S"]
    aws.sqs().send_message(QueueUrl=reviews_queue(), MessageBody=body)
    table.drop([(UNSENT, name)])
    return True


def _key(name: str) -> Key:
    return f"LOOP#{name}", "LOOP"


def _conditions(item: table.Item) -> dict[str, Any]:
    conditions: dict[str, Any] = json.loads(item["conditions"]["S"])
    return conditions
