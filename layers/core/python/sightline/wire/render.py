"""Turns a handler's dict into JSON by the output shape.

None is left out, times become seconds since 1970, blobs base64. A member that the shape does
not have, or a number that JSON cannot carry, is a mistake of ours and raises.
"""

import base64
import math
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


def render(output: dict[str, Any], shape: StructureShape | None) -> dict[str, Any]:
    """A handler's output as JSON's own types, by the operation's output shape.

    Raises:
        ValueError: the output does not fit the shape.
    """
    if shape is None:
        return {}
    rendered: dict[str, Any] = _render(output, shape, shape.name)
    return rendered


def _render(value: Any, shape: Shape, path: str) -> Any:
    match shape:
        case StructureShape():
            return _structure(value, shape, path)
        case ListShape():
            return [_render(item, shape.member, path) for item in value if item is not None]
        case MapShape():
            return {key: _render(item, shape.value, path) for key, item in value.items()}
    match shape.type_name:
        case "timestamp":
            return round(value.timestamp(), 3) if isinstance(value, datetime) else value
        case "blob":
            return base64.b64encode(value).decode()
        case "float" | "double":
            return _finite(float(value), path)
        case "integer" | "long":
            return int(value)
        case "boolean":
            return bool(value)
    return str(value)


def _structure(value: dict[str, Any], shape: StructureShape, path: str) -> dict[str, Any]:
    unknown = value.keys() - shape.members.keys()
    if unknown:
        raise ValueError(f"{path} has no member {', '.join(sorted(unknown))}")
    return {
        name: _render(item, shape.members[name], f"{path}.{name}")
        for name, item in value.items()
        if item is not None
    }


def _finite(number: float, path: str) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{path} is {number}")
    return number
