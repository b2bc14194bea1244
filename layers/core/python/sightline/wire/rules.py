"""Rules for uploaded photos, checked by the operations' own shapes before they are stored."""

from typing import Any, cast

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sightline.errors import ValidationException
from sightline.wire.constraints import check
from sightline.wire.model import operation_model, service_model
from sightline.wire.parse import parse_document
from sightline.wire.render import render


def checked_rule(document: object) -> dict[str, Any]:
    """A rule as it is stored; its shape is `UploadRule` in the additions to the service model.

    Raises:
        SerializationException: a value of a wrong type.
        ValidationException: a value that the operation would not take, or a name that it does
            not know, which a request might have: in a rule it is a slip that nobody would notice.
    """
    shape = cast(StructureShape, service_model().shape_for("UploadRule"))
    rule = parse_document(document, shape)
    unknown = _unknown(document, shape, "")
    if unknown:
        raise ValidationException(f"The rule has members that nothing knows: {', '.join(unknown)}")
    check(rule, shape)
    if not rule["Operations"]:
        raise ValidationException("The rule has no operation.")
    return rule


def rendered(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An operation's answer as a client would get it."""
    return render(answer, operation_model(operation).output_shape)


def _unknown(value: Any, shape: Shape, path: str) -> list[str]:
    if value is None:  # as if it were left out
        return []
    match shape:
        case StructureShape():
            return [
                name
                for member, each in value.items()
                for name in (
                    _unknown(each, shape.members[member], f"{path}{member}.")
                    if member in shape.members
                    else [f"{path}{member}"]
                )
            ]
        case ListShape():
            return [name for each in value for name in _unknown(each, shape.member, path)]
        case MapShape():
            return [name for each in value.values() for name in _unknown(each, shape.value, path)]
    return []
