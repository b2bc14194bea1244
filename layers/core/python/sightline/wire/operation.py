"""`@operation` makes a Lambda entry point of a handler: the whole way in and the whole way out.

    HTTP event ─ authenticate ─┐
                               ├─ parse ─ check ─ handler ─ render ─ answer
    bare call ─────────────────┘

Over HTTP an error is a response with `__type`; on a bare call it is raised, so that Step
Functions can catch it by its name.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from uuid import uuid4

from sightline.domain import access
from sightline.errors import InternalServerError, ServiceError, UnknownOperationException
from sightline.metrics import measured
from sightline.telemetry import logger, where
from sightline.wire import http, model, sigv4
from sightline.wire.constraints import check
from sightline.wire.parse import parse_body, parse_document
from sightline.wire.render import render

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def operation(name: str) -> Callable[[Handler], Handler]:
    """Decorates the handler of the service's operation `name`.

    The handler gets the request parsed and checked by the service model (AWS's names, blobs as
    bytes) and Lambda's context; it returns a dict of AWS's names, in which None is left out.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def entry(event: dict[str, Any], context: Any) -> dict[str, Any]:
            if http.is_http(event):
                return _over_http(name, handler, event, context)
            return _bare(name, handler, event, context)

        return entry

    return decorate


def _over_http(name: str, handler: Handler, event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        request = http.request_of(event)
    except ServiceError as error:
        return http.failed(error, str(uuid4()))

    def answer() -> dict[str, Any]:
        key_id = _authenticate(name, request)
        parsed = parse_body(request.body, model.input_shape(name))
        for other in _also_needed(name, parsed):
            access.authorize(key_id, other)
        return _call(name, handler, parsed, context)

    try:
        return http.ok(_logged(name, request.request_id, answer), request.request_id)
    except ServiceError as error:
        return http.failed(error, request.request_id)


def _bare(name: str, handler: Handler, event: dict[str, Any], context: Any) -> dict[str, Any]:
    def answer() -> dict[str, Any]:
        return _call(name, handler, parse_document(event, model.input_shape(name)), context)

    return _logged(name, getattr(context, "aws_request_id", None) or str(uuid4()), answer)


def _authenticate(name: str, request: http.HttpRequest) -> str:
    """Proves who sent a request and that the operation is allowed; gives the access key's id."""
    if request.headers.get("x-amz-target", model.target(name)) != model.target(name):
        raise UnknownOperationException(f"The target of this request is not {name}.")
    key_id = sigv4.verify(request, model.SERVICE, access.secret_of, datetime.now(UTC))
    access.authorize(key_id, name)
    return key_id


def _also_needed(name: str, parsed: dict[str, Any]) -> list[str]:
    """The other operations that a request's key must allow."""
    if name == "Analyze":
        return list(parsed.get("Operations", {}))
    # Whoever tags something as it is made needs to be allowed both.
    return ["TagResource"] if parsed.get("Tags") else []


def _call(name: str, handler: Handler, request: dict[str, Any], context: Any) -> dict[str, Any]:
    check(request, model.input_shape(name))
    return render(handler(request, context), model.operation_model(name).output_shape)


def _logged(name: str, request_id: str, answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Runs `answer`; one log line says how it ended, never with what was in the request.

    Raises:
        ServiceError: InternalServerError for anything that was not foreseen.
    """
    started = time.perf_counter()
    fields = {"operation": name, "request_id": request_id}
    try:
        with measured(name):
            document = answer()
    except ServiceError as error:
        logger.info("refused", extra={**fields, "error": error.code})
        raise
    except Exception as error:
        logger.error(
            "failed", extra={**fields, "error": type(error).__name__, "where": where(error)}
        )
        raise InternalServerError from None
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    logger.info("answered", extra={**fields, "milliseconds": milliseconds})
    return document
