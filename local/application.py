"""One port for everything: Rekognition's requests go to the front door, others to moto.

A service that has a real server behind it (`local.forward`) is passed on to that.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Response

from local import frontdoor
from local.forward import Forward
from local.listener import Environ
from sightline.errors import InternalServerError, ServiceError, ValidationException
from sightline.telemetry import logger, where
from sightline.wire import http

TARGET = "RekognitionService."
SCOPE = re.compile(r"Credential=[^,/\s]+/\d{8}/[^,/\s]+/rekognition/aws4_request")
# CompareFaces with two images of 5 MiB in base64 is 14 MB; the rest is room for JSON.
REKOGNITION_LIMIT = 16 * 2**20
MOTO_API = "/moto-api"  # would let any web page reset the state with one request
OTHER_LIMIT = 5 * 2**30  # S3's own, for one PutObject

Answer = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]


class Application:
    """The WSGI application of the local stack.

    Args:
        answer: answers Rekognition's requests.
    """

    def __init__(self, answer: Answer = frontdoor.answer) -> None:
        self._answer = answer
        self._forward = Forward()
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start: Any) -> Iterable[bytes]:
        headers = _headers(environ)
        try:
            if is_rekognition(headers):
                response = self._rekognition(environ, headers)
            elif endpoint := self._forward.endpoint(environ):
                response = self._forward.send(endpoint, environ, headers)
            elif environ["PATH_INFO"].startswith(MOTO_API):
                response = Response(status=HTTPStatus.NOT_FOUND)
            elif is_forged(environ["REQUEST_METHOD"], headers):
                response = Response(status=HTTPStatus.FORBIDDEN)
            else:
                return self._moto(environ, start)  # type: ignore[no-any-return]
        except Exception as error:
            response = _broken(error, environ["REQUEST_METHOD"], str(uuid4()))
        return response(environ, start)

    def _rekognition(self, environ: Environ, headers: Mapping[str, str]) -> Response:
        started = time.perf_counter()
        method, url, body = environ["REQUEST_METHOD"], environ["RAW_URI"], environ["wsgi.input"]
        try:
            status, answered, content = self._answer(method, url, headers, body.read())
            response = Response(content, status, list(answered.items()))
        except Exception as error:
            response = _broken(error, headers.get("x-amz-target", ""), str(uuid4()))
        _line(headers.get("x-amz-target", ""), response.status_code, time.perf_counter() - started)
        return response


def is_rekognition(headers: Mapping[str, str]) -> bool:
    """Whether a request is for Rekognition, by its target or by what its signature is for."""
    lower = {name.lower(): value for name, value in headers.items()}
    target, signature = lower.get("x-amz-target", ""), lower.get("authorization", "")
    return target.startswith(TARGET) or SCOPE.search(signature) is not None


def is_forged(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a web page of another origin may have sent this without the browser asking first.

    A page may POST a form anywhere; all else, and whatever carries a signature in a header, a
    browser sends only where a bucket's CORS rules allow it.
    """
    origin = headers.get("origin")
    return (
        method == "POST"
        and origin is not None
        and origin.partition("://")[2] != headers.get("host")
        and "authorization" not in headers
    )


def limit_of(environ: Environ) -> int:
    """The most bytes that the body of a request may have."""
    return REKOGNITION_LIMIT if is_rekognition(_headers(environ)) else OTHER_LIMIT


def refuse(limit: int) -> Response:
    """The answer to a body over the limit, in words that every SDK parses."""
    error = ValidationException(f"Request body is over {limit} bytes.")
    return _failed(error, str(uuid4()), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _headers(environ: Environ) -> dict[str, str]:
    original: dict[str, str] = environ.get(PRESERVED_HEADER_NAMES_ENVIRON_KEY, {})
    headers = {
        original.get(name, name[5:].replace("_", "-")).lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("content-type", "content-length"):
        value = environ.get(name.upper().replace("-", "_"))
        if value is not None:
            headers[name] = value
    return headers


def _broken(error: Exception, what: str, request_id: str) -> Response:
    """What nobody foresaw: a log entry to find it by, and an answer that names the entry."""
    logger.error(
        "failed",
        extra={
            "request": what,
            "request_id": request_id,
            "error": type(error).__name__,
            "where": where(error),
        },
    )
    return _failed(InternalServerError(), request_id)


def _failed(error: ServiceError, request_id: str, status: int | None = None) -> Response:
    rendered = http.failed(error, request_id)
    headers = list(rendered["headers"].items())
    return Response(rendered["body"], status or rendered["statusCode"], headers)


def _line(target: str, status: int, seconds: float) -> None:
    """For the person who watches the terminal; control characters of a request stay out of it."""
    operation = json.dumps(target.removeprefix(TARGET))[1:-1][:64]
    now = time.strftime("%H:%M:%S")
    print(f"{now} {operation} {status} {seconds * 1000:.0f} ms", file=sys.stderr, flush=True)
