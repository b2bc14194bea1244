"""Marks in the metadata of results objects, by which the worker knows its own.

Whoever may upload can write any metadata, and read what is in ours. So a mark is signed with a
secret of this deployment for one place, one event and one content; without it an object is a
user's. A mark of an earlier event that somebody put back at its own place makes the object results
of that event, whatever is in it: it gives way to the next one, and no photo can hide behind it.
"""

import hmac
import json
from contextlib import suppress
from hashlib import sha256
from secrets import token_hex

from sightline.errors import ProvisionedThroughputExceededException
from sightline.store import table
from sightline.store.table import Cancelled, Key, text

SECRET: Key = "RESULTS", "SECRET"


def mark(bucket: str, key: str, order: str, document: bytes) -> str:
    """The mark of an event's results (`Event.order`) at that place.

    Raises:
        ProvisionedThroughputExceededException: DynamoDB asks to slow down.
    """
    return _signed(bucket, key, order, sha256(document).hexdigest())


def order_of(found: str | None, bucket: str, key: str) -> str | None:
    """The order that the mark of an object tells; None where it has none, or one that is not ours.

    Raises:
        ProvisionedThroughputExceededException: DynamoDB asks to slow down.
    """
    if found is None:
        return None
    order, digest, *_ = f"{found}..".split(".")
    ours = _signed(bucket, key, order, digest)
    return order if hmac.compare_digest(ours.encode(), found.encode()) else None


def is_of(found: str | None, bucket: str, key: str, data: bytes) -> bool:
    """Whether the mark is ours, and of just this content.

    Raises:
        ProvisionedThroughputExceededException: DynamoDB asks to slow down.
    """
    order = order_of(found, bucket, key)
    return order is not None and found == mark(bucket, key, order, data)


def _signed(bucket: str, key: str, order: str, digest: str) -> str:
    said = json.dumps([bucket, key, order, digest]).encode()
    return f"{order}.{digest}.{hmac.new(_secret(), said, 'sha256').hexdigest()}"


def _secret() -> bytes:
    """The deployment's secret, made by whoever needs it first."""
    for _ in table.attempts():
        found = table.read([SECRET]).get(SECRET)
        if found is not None:
            return bytes.fromhex(found["secret"]["S"])
        with suppress(Cancelled):
            made = table.keyed(SECRET, secret=text(token_hex(32)))
            table.write_one(table.put(made, "attribute_not_exists(PK)"))
    raise ProvisionedThroughputExceededException
