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
# What the edge function (infra/edge/route.js) hands on, because CloudFront and API Gateway change
# it: the host and path that were signed, and the header that API Gateway keeps to itself when it
# holds a Signature Version 4.
EDGE_HOST = "x-sightline-host"
EDGE_PATH = "x-sightline-path"
EDGE_AUTHORIZATION = "x-sightline-authorization"
HOSTS = "hosts"  # the stage variable with the host names of the edge, joined by commas


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
    context, headers = event["requestContext"], _headers(event)
    if "http" in context:  # payload version 2: HTTP API, function URL
        method, path = context["http"]["method"], event.get("rawPath", "/")
    else:
        method, path = event["httpMethod"], _signed_path(event, headers)
    text = event.get("body") or ""
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    headers.setdefault("content-length", str(len(body)))  # some SDKs sign it, no event has it
    return HttpRequest(
        method=method,
        path=path,
        query=tuple(_query(event)),
        headers=headers,
        body=body,
        request_id=context.get("requestId") or str(uuid4()),
    )


def _signed_path(event: dict[str, Any], headers: dict[str, str]) -> str:
    """The path that the client signed; behind the edge, its headers become again what it signed.

    Anyone can call API Gateway without the edge and send what the edge would hand on. That proves
    nothing: the signature is still made with a key's secret, over the host and path that are told
    here. But a request that was signed for another deployment with the same keys, and was seen on
    its way, could be sent here with that deployment's name; so a name counts only when the stage,
    which no caller can change, lists it. And as every operation is signed for the same path, its
    target must be among what was signed.
    """
    host, path = headers.pop(EDGE_HOST, "").lower(), headers.pop(EDGE_PATH, "/")
    if EDGE_AUTHORIZATION in headers:
        headers["authorization"] = headers.pop(EDGE_AUTHORIZATION)
    if host and host in (event.get("stageVariables") or {}).get(HOSTS, "").split(","):
        headers["host"] = host
        headers.setdefault("x-amz-target", "")
        return path
    # A call without the edge is signed for the stage's path, which `path` leaves out.
    direct: str = event["requestContext"].get("path") or event.get("path", "/")
    return direct


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
