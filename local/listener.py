"""An HTTP/1.1 port for a WSGI application: cheroot, with what this service asks beyond it.

Bodies are read whole before the application runs: no lock inside it ever waits for a client.
"""

import logging
import socket
import sys
from collections.abc import Callable
from io import BytesIO
from threading import Thread
from typing import Any
from urllib.parse import unquote

from cheroot.errors import MaxSizeExceeded
from cheroot.server import HTTPConnection
from cheroot.wsgi import Gateway_10, Server
from moto.core import request as moto
from werkzeug import Response
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from sightline.telemetry import logger, where

THREADS = 64  # requests at a time; each of SQS's long polls holds one
PIECE = 2**18  # bytes read or written at a time: each time cheroot copies what is left
LINGER = 2**26  # bytes of a refused body that are read and dropped, so that the answer arrives

Environ = dict[str, Any]


class Listener(Server):
    """Serves an application on a host and port, which may be 0 for any free one.

    Args:
        limit_of: the most bytes that the body of a request may have.
        refuse: makes the answer to a request that has more than these.

    Raises:
        OSError: the address is taken, unknown or not ours to listen on.
    """

    keep_alive_conn_limit = 512
    expiration_interval = 0.1  # seconds; a stop waits for one of these
    max_request_header_size = 2**16

    def __init__(
        self,
        host: str,
        port: int,
        application: Callable[..., Any],
        limit_of: Callable[[Environ], int],
        refuse: Callable[[int], Response],
    ) -> None:
        super().__init__((host, port), application, THREADS, "Sightline", timeout=75)
        self.gateway, self.limit_of, self.refuse = _Gateway, limit_of, refuse
        self.request_queue_size, self.shutdown_timeout = 128, None
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        self.bound: socket.socket = super().bind(family, socket.SOCK_STREAM)
        self.bound.listen(self.request_queue_size)  # who comes before `begin` waits for it

    def bind(self, *_: Any, **__: Any) -> None:
        """A step of `prepare` that is done already: there the system's own words would be lost."""
        self.socket = self.bound

    def begin(self) -> None:
        """Serve in the background. Threads inherit from `prepare`'s not to delay an exit."""
        preparing = Thread(target=self.prepare, daemon=True)
        preparing.start()
        preparing.join()
        Thread(target=self.serve, name="listener", daemon=True).start()

    def end(self, patience: float) -> None:
        """Take no more connections and let running requests finish, for `patience` seconds."""
        ending = Thread(target=self.stop, daemon=True)
        ending.start()
        ending.join(patience)

    def process_conn(self, conn: HTTPConnection) -> None:
        """A new connection waits for its first byte where idle ones wait, not in a thread."""
        (self.put_conn if conn.last_used is None else super().process_conn)(conn)

    def error_log(self, *_: Any, level: int = logging.INFO, **__: Any) -> None:
        """Log what ended a connection; less than an error is what the client broke."""
        if level >= logging.ERROR and (error := sys.exception()) is not None:
            extra = {"error": type(error).__name__, "where": where(error)}
            logger.error("connection failed", extra=extra)


class _Gateway(Gateway_10):
    """One request: what moto wants of its head, its whole body, and its answer in pieces."""

    def respond(self) -> None:
        uri: str = self.env["REQUEST_URI"]
        names = [str(name, "latin-1").lower() for name in self.req.inheaders]
        self.env |= {
            "RAW_URI": uri,
            "PATH_INFO": unquote(uri.split("?", 1)[0], "latin-1"),  # cheroot would leave %2F
            moto.PRESERVED_HEADER_NAMES_ENVIRON_KEY: {
                moto.environ_key_for_header(name): name
                for name in names
                if moto.should_preserve_original_header_name(name)
            },
        }
        try:
            body = self._body(self.req.server.limit_of(self.env))
        except HTTPException as refusal:
            self.req.close_connection = True
            for part in refusal(self.env, self.start_response):
                self.write(part)
            return
        self.env |= {"wsgi.input": body, "CONTENT_LENGTH": str(body.getbuffer().nbytes)}
        self.env.pop("HTTP_TRANSFER_ENCODING", None)
        super().respond()

    def write(self, chunk: bytes) -> None:
        for start in range(0, len(chunk), PIECE):
            super().write(chunk[start : start + PIECE])

    def _body(self, limit: int) -> BytesIO:
        """Raises BadRequest where its end is not clear, RequestEntityTooLarge over the limit."""
        source, chunked, body, size = self.req.rfile, self.req.chunked_read, BytesIO(), 0
        length = 0 if chunked else int(self.env.get("CONTENT_LENGTH", "0"))
        source.maxlen = limit + LINGER  # a chunked body's; another's is looked at here
        try:
            while 0 <= length <= source.maxlen and (piece := source.read(PIECE)):
                size += len(piece)
                if size <= limit:
                    body.write(piece)
            if chunked:
                list(source.read_trailer_lines())
        except ValueError:
            raise BadRequest from None
        except (ConnectionError, TimeoutError):
            raise
        except (MaxSizeExceeded, OSError):  # both are cheroot's for more than `maxlen`
            size = source.maxlen
        if max(size, length) > limit:
            raise RequestEntityTooLarge(response=self.req.server.refuse(limit))
        if not chunked and size != length:
            raise BadRequest  # it ended early, or the length is below zero
        body.seek(0)
        return body
