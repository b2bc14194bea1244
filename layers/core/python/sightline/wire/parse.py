"""Turns a JSON body into Python values by the input shape.

botocore parses responses, not requests; this is the other direction. Unknown members are
ignored, null members are absent, and a value of a wrong type is a SerializationException.
"""

import base64
import binascii
import json
import math
from datetime import UTC, datetime
from typing import Any, NoReturn

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sightline.errors import SerializationException

INTEGER_BITS = {"integer": 31, "long": 63}


def parse_body(body: bytes, shape: StructureShape) -> dict[str, Any]:
    """Parses a request body; an empty one means no parameters.

    Raises:
        SerializationException: not JSON in UTF-8, not an object, or a value of a wrong type.
    """
    try:
        document = json.loads(body.decode() or "{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise SerializationException("The request body is not valid JSON.") from None
    return parse_document(document, shape)


def parse_document(document: object, shape: StructureShape) -> dict[str, Any]:
    """Parses a JSON document (strings, numbers, lists, dicts) by the input shape.

    Raises:
        SerializationException: a value of a wrong type.
    """
    parsed: dict[str, Any] = _parse(document, shape, "")
    return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _parse(value: Any, shape: Shape, path: str) -> Any:
    match shape:
        case StructureShape():
            return _structure(value, shape, path)
        case ListShape():
            _expect(value, list, "a list", path)
            return [
                _parse(item, shape.member, f"{path}[{index}]") for index, item in enumerate(value)
            ]
        case MapShape():
            _expect(value, dict, "an object", path)
            return {
                _parse(key, shape.key, path): _parse(item, shape.value, f"{path}.{key}")
                for key, item in value.items()
            }
    return _scalar(value, shape.type_name, path)


def _structure(value: Any, shape: StructureShape, path: str) -> dict[str, Any]:
    _expect(value, dict, "an object", path)
    return {
        name: _parse(value[name], member, f"{path}.{name}" if path else name)
        for name, member in shape.members.items()
        if value.get(name) is not None
    }


def _scalar(value: Any, type_name: str, path: str) -> Any:
    match type_name:
        case "string":
            return _string(value, path)
        case "blob":
            return _blob(value, path)
        case "boolean":
            _expect(value, bool, "true or false", path)
            return value
        case "integer" | "long":
            return _integer(value, INTEGER_BITS[type_name], path)
        case "timestamp":
            return _timestamp(value, path)
    return _number(value, path)


def _string(value: Any, path: str) -> str:
    _expect(value, str, "a string", path)
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell and UTF-8 cannot
        raise SerializationException(f"{path} is not valid Unicode.") from None
    text: str = value
    return text


def _blob(value: Any, path: str) -> bytes:
    _expect(value, str, "a base64 string", path)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise SerializationException(f"{path} is not valid base64.") from None


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _wrong_type("a number", path)
    try:
        number = float(value)
    except OverflowError:
        _wrong_type("a number that fits", path)
    if not math.isfinite(number):
        _wrong_type("a number that fits", path)
    return number


def _integer(value: Any, bits: int, path: str) -> int:
    number = value if type(value) is int else _number(value, path)
    if number != int(number) or not -(1 << bits) <= number < 1 << bits:
        _wrong_type(f"a whole number of {bits + 1} bits", path)
    return int(number)


def _timestamp(value: Any, path: str) -> datetime:
    try:
        return datetime.fromtimestamp(_number(value, path), UTC)
    except (ValueError, OverflowError, OSError):
        _wrong_type("a time in seconds since 1970", path)


def _expect(value: Any, kind: type, words: str, path: str) -> None:
    if not isinstance(value, kind):
        _wrong_type(words, path)


def _wrong_type(words: str, path: str) -> NoReturn:
    raise SerializationException(f"{path or 'The request body'} must be {words}.")
