"""Opaque page tokens, bound to the query that they go on with.

A token holds where the last page ended, when it was made, and a digest of the query; so it
works for one day, for the same operation with the same filters, on the same deployment.
"""

import base64
import binascii
import hashlib
import json
import struct
import time
from typing import Any

from sightline.errors import InvalidPaginationTokenException
from sightline.settings import settings

LIFETIME = 24 * 3600  # seconds; as long as the service's video tokens live
HEADER = struct.Struct(">I9s")  # seconds since 1970, digest
NOT_BOUND = ("NextToken", "MaxResults")  # a page's size may change on the way


def start_of(operation: str, request: dict[str, Any]) -> str | None:
    """The sort key after which the requested page begins; None is the first page.

    Raises:
        InvalidPaginationTokenException: not a token of this query, or too old.
    """
    token = request.get("NextToken")
    if not token:
        return None
    try:
        sealed = base64.b64decode(token, altchars=b"-_", validate=True)
        issued, digest = HEADER.unpack_from(sealed)
        last = sealed[HEADER.size :].decode()
    except (binascii.Error, struct.error, ValueError):
        raise InvalidPaginationTokenException from None
    if digest != _digest(operation, request, issued, last):
        raise InvalidPaginationTokenException
    if not 0 <= time.time() - issued <= LIFETIME:
        raise InvalidPaginationTokenException("The pagination token has expired.")
    return last


def token_after(operation: str, request: dict[str, Any], last: str | None) -> str | None:
    """The token for the page after sort key `last`; None when there is no further page."""
    if last is None:
        return None
    issued = int(time.time())
    sealed = HEADER.pack(issued, _digest(operation, request, issued, last)) + last.encode()
    return base64.urlsafe_b64encode(sealed).decode()


def _digest(operation: str, request: dict[str, Any], issued: int, last: str) -> bytes:
    query = {name: value for name, value in request.items() if name not in NOT_BOUND}
    bound = json.dumps([settings().arn(operation), query, issued, last], sort_keys=True)
    return hashlib.sha256(bound.encode()).digest()[:9]
