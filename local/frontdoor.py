"""Plays API Gateway: routes a request by its target to the operation's handler.

The disk is the registry: `functions/<family>/<operation>.py` is the handler, and an operation of
the service model without such a file is answered as not built yet.
"""

import base64
import importlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

from sightline.errors import NotImplementedException, ServiceError, UnknownOperationException
from sightline.wire import http, model

FUNCTIONS = Path(__file__).resolve().parent.parent / "functions"


class Answer(NamedTuple):
    """What goes back to the client."""

    status: int
    headers: dict[str, str]
    body: bytes


def answer(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Answers one request of any SDK.

    Args:
        url: path and query, as the client sent them.
    """
    request_id = str(uuid4())
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        handler = handler_of(_operation(method, lower.get("x-amz-target", "")))
    except ServiceError as error:
        response = http.failed(error, request_id)
    else:
        response = handler(_event(method, url, lower, body, request_id), None)
    return Answer(response["statusCode"], response["headers"], response["body"].encode())


@cache
def handler_of(operation: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The entry point of an operation's function.

    Raises:
        NotImplementedException: there is no such file.
    """
    found = built_operations().get(operation)
    if found is None:
        raise NotImplementedException(
            f"{operation} is not built yet in Sightline. The README lists what is."
        )
    handler: Callable[[dict[str, Any], Any], dict[str, Any]] = importlib.import_module(
        f"functions.{found.parent.name}.{found.stem}"
    ).handler
    return handler


@cache
def built_operations() -> dict[str, Path]:
    """The operations that have a handler, and its file."""
    files = {path.stem: path for path in FUNCTIONS.glob("*/*.py") if path.stem != "__init__"}
    return {
        name: files[model.module_name(name)]
        for name in model.service_model().operation_names
        if model.module_name(name) in files
    }


def _operation(method: str, target: str) -> str:
    prefix, _, name = target.partition(".")
    known = (
        method == "POST"
        and prefix == model.service_model().metadata["targetPrefix"]
        and name in model.service_model().operation_names
    )
    if not known:
        raise UnknownOperationException(
            "No operation with that X-Amz-Target." if target else "X-Amz-Target is missing."
        )
    return name


def _event(
    method: str, url: str, headers: dict[str, str], body: bytes, request_id: str
) -> dict[str, Any]:
    """An API Gateway REST proxy event."""
    parts = urlsplit(url)
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return {
        "httpMethod": method,
        "path": unquote(parts.path) or "/",
        "headers": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"requestId": request_id},
    }
