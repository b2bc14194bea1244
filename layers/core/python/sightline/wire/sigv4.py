"""Verifies AWS Signature Version 4 over method, path, query, headers and body.

After "Signature Version 4 signing process" in AWS's IAM user guide. botocore can only sign, and
only the headers that it would itself choose; other SDKs choose others, so this reads the list.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from sightline.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    RequestExpired,
    UnrecognizedClientException,
)
from sightline.wire.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
TOLERANCE = timedelta(minutes=5)  # as the service's own clock check
TIME_FORMAT = "%Y%m%dT%H%M%SZ"
MUST_BE_SIGNED = ("host", "x-amz-target")  # else a signature could be carried to another operation


class Claim(NamedTuple):
    """What an Authorization header says of itself, not yet proven."""

    key_id: str
    scope: tuple[str, str, str]  # day, region, service
    signed_headers: tuple[str, ...]
    signature: str


def verify(
    request: HttpRequest, service: str, secret_of: Callable[[str], str | None], now: datetime
) -> str:
    """Proves that the request was signed with a known secret; gives the access key's id.

    Args:
        secret_of: the secret of an access key id, None when there is no such active key.
        now: the present time, in UTC.

    Raises:
        MissingAuthenticationTokenException: no Authorization header.
        IncompleteSignatureException: a part of the header, or a header that it needs, is missing.
        UnrecognizedClientException: unknown or disabled access key.
        RequestExpired: signed more than five minutes ago, or ahead.
        InvalidSignatureException: the signature is wrong.
    """
    claim = read_claim(request, service)
    signed_at = _signed_at(request, claim)
    secret = secret_of(claim.key_id)
    if secret is None:
        raise UnrecognizedClientException
    if abs(now - signed_at) > TOLERANCE:
        raise RequestExpired(
            f"Signature expired: {signed_at:{TIME_FORMAT}} is not within "
            f"{TOLERANCE.seconds // 60} minutes of {now:{TIME_FORMAT}}"
        )
    expected = _signature(request, claim, signed_at, secret)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise InvalidSignatureException
    return claim.key_id


def read_claim(request: HttpRequest, service: str) -> Claim:
    """Reads the Authorization header."""
    header = request.headers.get("authorization", "").strip()
    if not header:
        raise MissingAuthenticationTokenException
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise IncompleteSignatureException(f"Authorization must begin with {ALGORITHM}.")
    parts = dict(part.split("=", 1) for part in re.split(r"[,\s]+", rest) if "=" in part)
    for name in ("Credential", "SignedHeaders", "Signature"):
        if name not in parts:
            raise IncompleteSignatureException(f"Authorization header requires '{name}' parameter.")
    scope = parts["Credential"].rsplit("/", 4)
    if len(scope) != 5 or scope[4] != "aws4_request" or scope[3] != service:
        raise IncompleteSignatureException(
            f"Credential must be <access key>/<date>/<region>/{service}/aws4_request."
        )
    signed = tuple(parts["SignedHeaders"].lower().split(";"))
    for name in MUST_BE_SIGNED:
        if name not in signed and (name == "host" or name in request.headers):
            raise IncompleteSignatureException(f"'{name}' must be a signed header.")
    return Claim(scope[0], (scope[1], scope[2], scope[3]), signed, parts["Signature"])


def _signed_at(request: HttpRequest, claim: Claim) -> datetime:
    stamp = request.headers.get("x-amz-date")
    if stamp is None:
        raise IncompleteSignatureException(
            "Authorization header requires existence of a 'X-Amz-Date' header."
        )
    try:
        signed_at = datetime.strptime(stamp, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise IncompleteSignatureException("X-Amz-Date must be YYYYMMDDTHHMMSSZ.") from None
    if f"{signed_at:%Y%m%d}" != claim.scope[0]:
        raise InvalidSignatureException("Date in Credential scope does not match X-Amz-Date.")
    return signed_at


def _signature(request: HttpRequest, claim: Claim, signed_at: datetime, secret: str) -> str:
    scope = "/".join((*claim.scope, "aws4_request"))
    digest = hashlib.sha256(_canonical(request, claim).encode()).hexdigest()
    text = "\n".join((ALGORITHM, f"{signed_at:{TIME_FORMAT}}", scope, digest))
    key = f"AWS4{secret}".encode()
    for part in (*claim.scope, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def _canonical(request: HttpRequest, claim: Claim) -> str:
    """The canonical request: six parts, a line each."""
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n"
        for name in claim.signed_headers
    )
    query = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in request.query
    )
    return "\n".join(
        (
            request.method,
            quote(request.path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in query),
            headers,
            ";".join(claim.signed_headers),
            hashlib.sha256(request.body).hexdigest(),
        )
    )
