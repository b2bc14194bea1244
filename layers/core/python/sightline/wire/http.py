"""An HTTP request as API Gateway or a function URL hands it over, and the answer to it.

Everything that carries a `requestContext` came over HTTP and must prove who sent it; anything
else is a bare call (`lambda invoke`, Step Functions), which IAM has let through already.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sightline.errors import SerializationException, ServiceError

CONTENT_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request; header names are in lower case, values of one name joined by commas."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes
    request_id: str


def is_http(event: object) -> bool:
    """Whether a Lambda event is an HTTP request and not a bare call."""
    return isinstance(event, dict) and "requestContext" in event


def request_of(event: dict[str, Any]) -> HttpRequest:
    """Reads a proxy event of either payload version.

    Raises:
        SerializationException: it is none.
    """
    try:
        return _read(event)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SerializationException("The event is not a proxy request.") from None


def _read(event: dict[str, Any]) -> HttpRequest:
    context = event["requestContext"]
    if "http" in context:  # payload version 2: HTTP API, function URL
        method, path = context["http"]["method"], event.get("rawPath", "/")
    else:
        method, path = event["httpMethod"], event.get("path", "/")
    body = event.get("body") or ""
    return HttpRequest(
        method=method,
        path=path,
        query=tuple(_query(event)),
        headers=_headers(event),
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        request_id=context.get("requestId") or str(uuid4()),
    )


def _query(event: dict[str, Any]) -> Iterable[tuple[str, str]]:
    many = event.get("multiValueQueryStringParameters") or {}
    for name, value in (event.get("queryStringParameters") or {}).items():
        for each in many.get(name, [value]):
            yield name, each


def _headers(event: dict[str, Any]) -> dict[str, str]:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        headers[name.lower()] = ",".join(values)
    return headers


def ok(document: dict[str, Any], request_id: str) -> dict[str, Any]:
    """A proxy response with an operation's answer."""
    return _response(200, document, {"x-amzn-RequestId": request_id})


def failed(error: ServiceError, request_id: str) -> dict[str, Any]:
    """A proxy response with an error as the SDKs parse it: `__type` in the body decides."""
    headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": error.code}
    document = {"__type": error.code, error.message_key: error.message}
    return _response(error.status, document, headers)


def _response(status: int, document: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": CONTENT_TYPE, **headers},
        "body": json.dumps(document, allow_nan=False, separators=(",", ":")),
        "isBase64Encoded": False,
    }
