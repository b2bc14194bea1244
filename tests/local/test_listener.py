"""The port: connections kept open, bodies in every coding, requests in parallel, clear refusals."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID

import pytest

from local import application
from local.application import Application, limit_of, refuse
from local.listener import THREADS, Listener

TARGET = {"X-Amz-Target": "RekognitionService.DetectFaces"}
Answer = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]


@contextmanager
def _listening(answer: Answer) -> Iterator[Listener]:
    listener = Listener("127.0.0.1", 0, Application(answer), limit_of, refuse)
    listener.begin()
    try:
        yield listener
    finally:
        listener.end(patience=5)


def _echo(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
    return (
        200,
        {"Content-Type": "text/plain", "X-Url": url, "X-Type": headers["x-amz-target"]},
        body,
    )


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """The address of a listener whose Rekognition answers with the request's body."""
    with _listening(_echo) as listener:
        yield "127.0.0.1", listener.bind_addr[1]


@contextmanager
def _connection(address: Any) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(address[0], address[1], timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def _post(connection: http.client.HTTPConnection, **request: Any) -> tuple[int, bytes]:
    connection.request("POST", "/", **{"headers": TARGET} | request)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_connection_is_used_again(echo: Any) -> None:
    with _connection(echo) as connection:
        assert _post(connection, body=b"one") == (200, b"one")
        first = connection.sock
        assert _post(connection, body=b"") == (200, b"")
        assert _post(connection, body=iter([b"ch", b"unks" * 9999])) == (
            200,
            b"ch" + b"unks" * 9999,
        )
        assert _post(connection, body=b"three") == (200, b"three")
        assert first is not None
        assert connection.sock is first


def test_a_large_body_arrives_whole(echo: Any) -> None:
    body = bytes(range(256)) * (14_000_000 // 256)
    with _connection(echo) as connection:
        assert _post(connection, body=body) == (200, body)


def test_the_body_of_a_client_that_asks_first_is_asked_for(echo: Any) -> None:
    with socket.create_connection(echo) as client, client.makefile("rb") as answer:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: RekognitionService.X\r\n"
            b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        )
        assert answer.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert answer.readline() == b"\r\n"
        client.sendall(b"body")
        assert answer.readline() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("expect", [{}, {"Expect": "100-continue"}])
def test_a_body_over_the_limit_is_refused_unread(echo: Any, expect: dict[str, str]) -> None:
    with _connection(echo) as connection:
        connection.putrequest("POST", "/")
        for name, value in {**TARGET, **expect, "Content-Length": str(10**12)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 413
        assert answer.getheader("Connection") == "close"
        document = json.loads(answer.read())
        assert document["__type"] == "ValidationException"
        assert document["message"] == "Request body is over 16777216 bytes."


def test_a_client_that_sends_too_much_still_reads_why(echo: Any) -> None:
    with _connection(echo) as connection:
        status, body = _post(connection, body=b"x" * (application.REKOGNITION_LIMIT + 2**20))
        assert status == 413
        assert b"16777216" in body


def test_chunks_over_the_limit_are_refused(echo: Any) -> None:
    chunks = (b"x" * 2**20 for _ in range(20))
    with _connection(echo) as connection:
        try:
            status, _ = _post(connection, body=chunks)
        except ConnectionError:  # seen where the answer came while the client still wrote
            status = 413
        assert status == 413


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: -1",
        b"Content-Length: many",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        b"a line that is no header",
    ],
)
def test_a_malformed_request_is_refused_and_the_server_goes_on(echo: Any, lines: bytes) -> None:
    with socket.create_connection(echo) as client, client.makefile("rb") as answer:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n\r\n")
        assert answer.readline().startswith(b"HTTP/1.1 400 ")
        answer.read()  # ends, since the connection is closed
    with _connection(echo) as connection:
        assert _post(connection, body=b"still here") == (200, b"still here")


def test_a_body_that_ends_early_never_reaches_the_application() -> None:
    bodies = list[bytes]()

    def answer(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        bodies.append(body)
        return 200, {}, b""

    with _listening(answer) as listener:
        for lines in (
            b"Content-Length: 9\r\n\r\nhalf",
            b"Transfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        ):
            with socket.create_connection(listener.bind_addr) as client:
                head = b"POST / HTTP/1.1\r\nX-Amz-Target: RekognitionService.X\r\n"
                client.sendall(head + lines)
                client.shutdown(socket.SHUT_WR)
                with client.makefile("rb") as refusal:
                    assert refusal.readline().startswith(b"HTTP/1.1 400 ")
    assert bodies == []


def test_trailers_of_a_chunked_body_are_not_the_next_request(echo: Any) -> None:
    head = b"POST / HTTP/1.1\r\nX-Amz-Target: RekognitionService.X\r\n"
    with socket.create_connection(echo) as client, client.makefile("rb") as answer:
        for _ in range(2):
            client.sendall(
                head + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"
            )
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
            while (line := answer.readline()) != b"\r\n":
                assert not line.lower().startswith(b"transfer-encoding")
            assert answer.read(3) == b"abc"


def test_an_answer_to_head_has_no_body(echo: Any) -> None:
    with _connection(echo) as connection:
        connection.request("HEAD", "/", headers=TARGET, body=b"four")
        answer = connection.getresponse()
        answer.read()
        first = connection.sock
        assert answer.getheader("Content-Length") == "4"
        assert _post(connection, body=b"next") == (200, b"next")
        assert connection.sock is first


def test_silent_connections_keep_nobody_waiting(echo: Any) -> None:
    with ExitStack() as stack:
        for _ in range(THREADS + 8):
            stack.enter_context(socket.create_connection(echo))
        with _connection(echo) as connection:
            assert _post(connection, body=b"served") == (200, b"served")


def test_a_client_that_goes_away_harms_nobody(echo: Any) -> None:
    for sent in (b"", b"POST", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf"):
        with socket.create_connection(echo) as client:
            client.sendall(sent)
    with _connection(echo) as connection:
        assert _post(connection, body=b"still here") == (200, b"still here")


def test_requests_run_at_the_same_time() -> None:
    """Each request waits inside its handler for all the others."""
    together = threading.Barrier(8, timeout=30)

    def answer(*_: object) -> Any:
        together.wait()
        return 200, {}, b""

    statuses = list[int]()

    def ask(address: Any) -> None:
        with _connection(address) as connection:
            statuses.append(_post(connection, body=b"{}")[0])

    with _listening(answer) as listener:
        threads = [threading.Thread(target=ask, args=(listener.bind_addr,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 8


def test_what_nobody_foresaw_is_answered_logged_and_survived(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def answer(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        if body == b"bad":
            raise ZeroDivisionError("a secret")
        return 200, {}, b"fine"

    with _listening(answer) as listener, _connection(listener.bind_addr) as connection:
        connection.request("POST", "/", headers=TARGET, body=b"bad")
        reply = connection.getresponse()
        document = json.loads(reply.read())
        assert (reply.status, document["__type"]) == (500, "InternalServerError")
        assert _post(connection, body=b"good") == (200, b"fine")
    request_id = str(UUID(reply.getheader("x-amzn-RequestId")))
    entry = next(vars(each) for each in caplog.records if hasattr(each, "request_id"))
    assert (entry["levelname"], entry["request_id"]) == ("ERROR", request_id)
    assert entry["error"] == "ZeroDivisionError"
    assert any("test_listener.py" in frame for frame in entry["where"])
    assert "a secret" not in str([vars(each) for each in caplog.records])
    printed = capsys.readouterr().err
    assert "DetectFaces 500" in printed
    assert "a secret" not in printed


def test_a_signature_for_rekognition_is_enough_to_tell_whose_request_it_is(echo: Any) -> None:
    scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, Signature=x"
    assert application.is_rekognition({"Authorization": scope.format("rekognition")})
    assert not application.is_rekognition({"Authorization": scope.format("s3")})
    assert not application.is_rekognition({"X-Amz-Target": "DynamoDB_20120810.GetItem"})


def test_control_characters_of_a_request_do_not_reach_the_terminal(
    echo: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with _connection(echo) as connection:
        target = {"X-Amz-Target": "RekognitionService.\x1b[31mred"}
        assert _post(connection, headers=target, body=b"")[0] == 200
    assert "\x1b" not in capsys.readouterr().err


def test_stop_lets_a_running_request_finish() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def answer(*_: object) -> Any:
        inside.set()
        assert go_on.wait(30)
        return 200, {}, b"finished"

    answers = list[tuple[int, bytes]]()

    def ask(address: Any) -> None:
        with _connection(address) as connection:
            answers.append(_post(connection, body=b"{}"))

    with _listening(answer) as listener:
        asking = threading.Thread(target=ask, args=(listener.bind_addr,))
        asking.start()
        assert inside.wait(30)
        stopping = threading.Thread(target=listener.end, args=(30,))
        stopping.start()
        go_on.set()
        stopping.join()
        asking.join()
    assert answers == [(200, b"finished")]
