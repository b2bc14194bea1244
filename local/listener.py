"""An HTTP/1.1 port for a WSGI application: one thread per connection, connections kept open.

Bodies are read whole before the application runs, so that no lock inside it ever waits for a
client; chunked bodies and `Expect: 100-continue` are dealt with here.
"""

import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from io import BytesIO
from string import hexdigits
from typing import Any, NamedTuple

from moto.moto_server.werkzeug_app import MotoRequestHandler

from sightline.telemetry import logger, where

IDLE = 75.0  # seconds that an open connection may stay silent
LINGER = 64 * 2**20  # bytes of a refused body that are read and dropped, so that the answer arrives
PATIENCE = 5.0  # seconds to wait for more of such a body
LINE = 4096  # bytes of a chunk's size line
NO_BODY = {204, 304}

Environ = dict[str, Any]
Write = Callable[[bytes], object]
StartResponse = Callable[..., Write]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class Response(NamedTuple):
    """What goes back to the client."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class TooLarge(Exception):
    """A body over the limit; `limit` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"Request body is over {limit} bytes")
        self.limit = limit


class _Malformed(Exception):
    """A body whose length cannot be told."""


class Listener(ThreadingHTTPServer):
    """Serves an application on a host and port, which may be 0 for any free one.

    Args:
        limit_of: the most bytes that a request with these headers may carry.
        refuse: makes the answer to a request that carries more.

    Raises:
        OSError: the address is taken, unknown or not ours to listen on.
    """

    daemon_threads = True
    request_queue_size = 128
    # werkzeug's handler asks its server for these
    ssl_context = None
    multithread = True
    multiprocess = False
    _server_version = "Sightline"

    def __init__(
        self,
        host: str,
        port: int,
        application: Application,
        limit_of: Callable[[Mapping[str, str]], int],
        refuse: Callable[[TooLarge], Response],
    ) -> None:
        self.application = application
        self.limit_of = limit_of
        self.refuse = refuse
        self._running = 0
        self._idle = threading.Condition()
        self.address_family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        super().__init__((host, port), _Connection)

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Counts a request from when it was read to when it is answered."""
        with self._idle:
            self._running += 1
        try:
            yield
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def stop(self, patience: float) -> None:
        """Take no more connections and let running requests finish, for `patience` seconds."""
        self.shutdown()
        self.server_close()
        with self._idle:
            self._idle.wait_for(lambda: self._running == 0, patience)

    def handle_error(self, *_: Any) -> None:
        """Log what ended a connection; one that the client broke does not come here."""
        error = sys.exception()
        if error is not None:
            extra = {"error": type(error).__name__, "where": where(error)}
            logger.error("connection failed", extra=extra)


class _Connection(MotoRequestHandler):
    """One client's connection. From moto's own server it takes the making of an environ."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE
    disable_nagle_algorithm = True
    server: Listener  # type: ignore[assignment]

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def log_error(self, *args: Any) -> None:
        pass

    def handle_expect_100(self) -> bool:
        try:
            self._declared_length()
        except (TooLarge, _Malformed):
            return True  # the body is refused where it would be read
        return super().handle_expect_100()

    def run_wsgi(self) -> None:
        """Answer one request; the application's own errors are the application's to answer."""
        try:
            body = self._body()
        except TooLarge as error:
            self._reply(self.server.refuse(error), closing=True)
            self._linger()
        except _Malformed as error:
            plain = [("Content-Type", "text/plain")]
            self._reply(Response(HTTPStatus.BAD_REQUEST, plain, str(error).encode()), closing=True)
        else:
            with self.server.running():
                self._reply(self._call(body), closing=False)

    def _declared_length(self) -> int | None:
        """Bytes to come, None when they come in chunks."""
        coding = self.headers.get("Transfer-Encoding", "").lower()
        lengths = set(self.headers.get_all("Content-Length", []))
        if coding:
            if coding != "chunked" or lengths:
                raise _Malformed("Bad Transfer-Encoding")
            return None
        text = lengths.pop() if lengths else "0"
        if lengths or not text.isascii() or not text.isdigit():
            raise _Malformed("Bad Content-Length")
        limit = self.server.limit_of(dict(self.headers.items()))
        if int(text) > limit:
            raise TooLarge(limit)
        return int(text)

    def _body(self) -> bytes:
        length = self._declared_length()
        return self._chunks() if length is None else self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        data = self.rfile.read(length)
        if len(data) < length:
            raise ConnectionError("The client went away inside a body")
        return data

    def _chunks(self) -> bytes:
        limit, body = self.server.limit_of(dict(self.headers.items())), bytearray()
        while True:
            size = _chunk_size(self.rfile.readline(LINE))
            if len(body) + size > limit:
                raise TooLarge(limit)
            if size == 0:
                while self.rfile.readline(LINE) not in {b"\r\n", b"\n", b""}:
                    pass  # trailing headers say nothing that is asked here
                return bytes(body)
            body += self._exactly(size)
            if self.rfile.readline(LINE) not in {b"\r\n", b"\n"}:
                raise _Malformed("Bad chunk")

    def _call(self, body: bytes) -> Response:
        environ: Environ = self.make_environ()
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Write:
            started.append((status, headers))
            return written.append

        written: list[bytes] = []
        answer = self.server.application(environ, start)
        try:
            content = b"".join([*written, *answer])
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        status, headers = started[-1]
        return Response(int(status.split(" ", 1)[0]), headers, content)

    def _reply(self, response: Response, *, closing: bool) -> None:
        own = {"connection", "transfer-encoding", "date", "server"}
        headers = [(name, value) for name, value in response.headers if name.lower() not in own]
        silent = self.command == "HEAD" or response.status in NO_BODY
        if not silent:
            headers = [pair for pair in headers if pair[0].lower() != "content-length"]
            headers.append(("Content-Length", str(len(response.body))))
        self.close_connection = self.close_connection or closing
        if self.close_connection:
            headers.append(("Connection", "close"))
        self.send_response_only(response.status)
        for name, value in [("Date", self.date_time_string()), *headers]:
            self.send_header(name, value)
        self._headers_buffer.append(b"\r\n")
        head = b"".join(self._headers_buffer)
        self._headers_buffer.clear()
        self.wfile.write(head if silent else head + response.body)

    def _linger(self) -> None:
        with suppress(OSError):
            self.connection.settimeout(PATIENCE)
            self.connection.shutdown(socket.SHUT_WR)
            dropped = 0
            while dropped < LINGER and (data := self.rfile.read1(65536)):
                dropped += len(data)


def _chunk_size(line: bytes) -> int:
    digits = line.split(b";", 1)[0].strip()
    if not digits or digits.strip(hexdigits.encode()):
        raise _Malformed("Bad chunk")
    return int(digits, 16)
