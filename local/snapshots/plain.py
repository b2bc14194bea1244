"""moto's objects as JSON and back, attribute by attribute.

Only classes of moto come back to life, so that a data folder cannot bring code of its own.
"""

import base64
import importlib
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

_SCALARS = (str, int, float, bool, type(None))


class Unreadable(Exception):
    """Something that this version of moto does not know."""


def encode(value: Any) -> Any:
    """A value as JSON types; what JSON lacks is an object whose one or two names start with `$`.

    Raises:
        TypeError: naming a class that is neither plain nor moto's.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is list:
        return [encode(each) for each in value]
    for tag, of, write, _ in _LEAVES:
        if isinstance(value, of):
            return {tag: write(value)}
    if isinstance(value, (tuple, set, frozenset)):
        return {"$tuple" if isinstance(value, tuple) else "$set": [encode(each) for each in value]}
    if kind.__module__.startswith("moto."):
        return _encode_object(value)
    if isinstance(value, dict):
        return _encode_dict(value)
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} cannot be kept")


def _encode_object(value: Any) -> dict[str, Any]:
    name = f"{type(value).__module__}:{type(value).__qualname__}"
    if isinstance(value, Enum):
        return {"$enum": name, "$value": value.value}
    inside: dict[str, Any] = {"$attributes": encode(dict(vars(value)))}
    if isinstance(value, dict):
        inside["$items"] = [[encode(key), encode(each)] for key, each in dict.items(value)]
    return {"$object": name, **inside}


def _encode_dict(value: dict[Any, Any]) -> dict[str, Any]:
    if all(isinstance(key, str) and not key.startswith("$") for key in value):
        return {key: encode(each) for key, each in value.items()}
    return {"$dict": [[encode(key), encode(each)] for key, each in value.items()]}


def decode(value: Any) -> Any:
    """The value that `encode` was given.

    Raises:
        Unreadable: it is of a class that moto does not have.
    """
    if isinstance(value, list):
        return [decode(each) for each in value]
    if not isinstance(value, dict):
        return value
    for tag, _, _, read in _LEAVES:
        if tag in value:
            return read(value[tag])
    if "$tuple" in value:
        return tuple(decode(value["$tuple"]))
    if "$set" in value:
        return set(decode(value["$set"]))
    if "$dict" in value:
        return {decode(key): decode(each) for key, each in value["$dict"]}
    if "$enum" in value:
        return _class(value["$enum"])(value["$value"])
    if "$object" in value:
        return _decode_object(value)
    return {key: decode(each) for key, each in value.items()}


def _decode_object(value: dict[str, Any]) -> Any:
    found = _class(value["$object"])
    made = found.__new__(found)
    vars(made).update(decode(value["$attributes"]))
    for key, each in value.get("$items", []):
        dict.__setitem__(made, decode(key), decode(each))
    return made


def _class(name: str) -> Any:
    module, _, qualified = name.partition(":")
    if not module.startswith("moto."):
        raise Unreadable(f"{name} is not moto's")
    try:
        found: Any = importlib.import_module(module)
        for part in qualified.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        raise Unreadable(f"{name} is not in this version of moto") from None
    if not isinstance(found, type):
        raise Unreadable(f"{name} is not a class")
    return found


def _bytes(value: bytes) -> str:
    return base64.b64encode(value).decode()


_LEAVES: tuple[tuple[str, type, Any, Any], ...] = (
    ("$bytes", bytes, _bytes, base64.b64decode),
    ("$time", datetime, datetime.isoformat, datetime.fromisoformat),
    ("$decimal", Decimal, str, Decimal),
)
