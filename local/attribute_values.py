"""Answers of moto's DynamoDB without its detour for attribute values.

moto looks up every member that an attribute value might have, each under several names: a tenth
of a millisecond per attribute, most of the time of a search. Here its one member is taken.
"""

from collections.abc import MutableMapping
from functools import cache
from typing import Any

from moto.core.model import StructureShape
from moto.core.serialize import BaseJSONSerializer

_moto_structure = BaseJSONSerializer._serialize_type_structure


@cache
def install() -> None:
    """Mend moto's JSON answers in this process; a second call changes nothing."""
    BaseJSONSerializer._serialize_type_structure = _structure  # type: ignore[assignment, method-assign]


def _structure(
    self: BaseJSONSerializer,
    answer: MutableMapping[str, Any],
    value: Any,
    shape: StructureShape,
    key: str,
) -> None:
    if shape.name == "AttributeValue" and isinstance(value, dict):
        self._default_serialize(answer, _plain(self, value), shape, key)
    else:
        _moto_structure(self, answer, value, shape, key)


def _plain(serializer: BaseJSONSerializer, value: dict[str, Any]) -> dict[str, Any]:
    """An attribute value as JSON has it: bytes in base64, the others as they are."""
    ((kind, content),) = value.items()
    match kind:
        case "M":
            return {"M": {name: _plain(serializer, inner) for name, inner in content.items()}}
        case "L":
            return {"L": [_plain(serializer, inner) for inner in content]}
        case "B":
            return {"B": serializer._base64(content)}
        case "BS":
            return {"BS": [serializer._base64(one) for one in content]}
    return value
