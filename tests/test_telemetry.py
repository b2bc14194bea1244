"""What goes to the log, and what must not: an image, a vector, a secret, whoever logs it."""

import base64
import json
import logging
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sightline.telemetry import Scrub, logger, where

IMAGE = bytes(range(256)) * 4
SECRETS = [secrets.token_urlsafe(30) for _ in range(50)]  # as an access key's
PRIVATE = {
    "base64": base64.b64encode(IMAGE).decode(),
    "lines of base64": base64.encodebytes(IMAGE).decode(),
    "base64 for addresses": base64.urlsafe_b64encode(IMAGE).decode(),
    "hex": IMAGE.hex(),
    "spaced hex": IMAGE.hex(" "),
    "bytes": str(IMAGE),
    "numbers": str(list(IMAGE)),
    "vector": str([0.125 + each / 1000 for each in range(128)]),
    "numpy's vector": str(list(np.linspace(0, 1, 128, dtype=np.float32))),
    "secrets": " ".join(SECRETS),
}
Log = Callable[[Callable[[], None]], str]


def fail(words: str) -> None:
    raise ValueError(words)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Log:
    """What the log's own handler writes."""

    def call(act: Callable[[], None]) -> str:
        lines: list[str] = []
        handler = logger.registered_handler
        monkeypatch.setattr(handler, "emit", lambda record: lines.append(handler.format(record)))
        act()
        return "\n".join(lines)

    return call


def test_ids_counts_and_places_are_kept(logged: Log) -> None:
    fields: dict[str, Any] = {
        "operation": "DetectProtectiveEquipment",
        "request_id": "f3b6c0de-8b1d-4e55-9a57-6a3f2f0c8d11",
        "where": ["detect_protective_equipment.py:12 a_function_with_a_rather_long_name_for_one"],
        "milliseconds": 12.5,
    }
    line = json.loads(logged(lambda: logger.info("answered", extra=fields)))
    assert (line["message"], line["level"], line["service"]) == ("answered", "INFO", "sightline")
    assert {name: line[name] for name in fields} == fields


@pytest.mark.parametrize("private", PRIVATE.values(), ids=PRIVATE.keys())
@pytest.mark.parametrize(
    "way", ["message", "argument", "field", "nested", "name", "kept key", "exception"]
)
def test_images_vectors_and_secrets_stay_out(logged: Log, private: str, way: str) -> None:
    def log() -> None:
        match way:
            case "message":
                logger.warning(f"no {private} here")
            case "argument":
                logger.warning("no %s here", private)
            case "field":
                logger.warning("x", extra={"held": private})
            case "nested":
                logger.warning("x", extra={"held": {"deep": [private]}})
            case "name":
                logger.warning("x", extra={"held": {private: 1}})
            case "kept key":
                logger.append_keys(held=private)
                logger.warning("x")
                logger.remove_keys(["held"])
            case _:
                try:
                    fail(private)
                except ValueError:
                    logger.exception("x")

    text = logged(log)
    assert json.loads(text)["level"] in {"WARNING", "ERROR"}
    pieces = [private[at : at + 40] for at in range(0, len(private) - 40, 41)]
    assert not [piece for piece in pieces if json.dumps(piece)[1:-1] in text]


@pytest.mark.parametrize(
    "value",
    [b"\xff\xd8image", np.ones(128), [0.5] * 8, (0.5, 0.25), list(IMAGE), dict.fromkeys(IMAGE, 1)],
    ids=["bytes", "array", "list", "tuple", "many", "dict"],
)
def test_what_is_no_text_or_large_is_named_by_its_type(logged: Log, value: Any) -> None:
    line = json.loads(logged(lambda: logger.info("x", extra={"held": value})))
    assert line["held"] == f"<{type(value).__name__}>"


def test_a_line_has_an_end(logged: Log) -> None:
    held = {str(each): ["word " * 100] * 20 for each in range(20)}
    assert len(logged(lambda: logger.info("x", extra={"held": held}))) < 10_000


def test_what_holds_itself_is_written(logged: Log) -> None:
    held: dict[str, Any] = {}
    held["held"] = held
    assert json.loads(logged(lambda: logger.info("x", extra={"held": held})))["message"] == "x"


def test_a_librarys_lines_are_scrubbed_too() -> None:
    """In Lambda the root logger has a handler before a function's code is there."""
    code = (
        "import logging, sys; logging.basicConfig(stream=sys.stdout, level='DEBUG');"
        "import sightline.telemetry;"
        f"logging.getLogger('botocore.endpoint').debug('body %s', {SECRETS[0]!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "body" in done.stdout
    assert SECRETS[0] not in done.stdout


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("message", "arguments"), [("%d", ("x",)), ("%s %s", ("x",)), ("%s", (Unprintable(),))]
)
def test_a_librarys_wrong_line_harms_nobody(message: str, arguments: tuple[Any, ...]) -> None:
    record = logging.makeLogRecord({"msg": message, "args": arguments})
    assert Scrub().filter(record)
    assert "cannot be written" in record.getMessage()


def test_where_tells_the_way_and_no_value() -> None:
    try:
        fail(SECRETS[0])
    except ValueError as error:
        told = where(error)
    assert re.fullmatch(r"test_telemetry.py:\d+ fail", told[-1])
    assert SECRETS[0] not in str(told)
