"""Checks parsed input against the shapes: required, length, range, pattern, enum.

botocore's clients check only what is required and the minimums; the service checks everything
and names the violations in one ValidationException.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from sightline.errors import ValidationException

# Java's Unicode classes, which Python's `re` lacks. \w is letters, numbers and the underscore.
UNICODE_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}
MOST_NAMED = 10  # violations of one request; a list of a million bad ids must not become an answer
# Shapes whose maximum the operation holds up itself, since its documentation names another error.
HELD_BY_OPERATION = frozenset({"ListMediaAnalysisJobsPageSize"})
LONGEST_QUOTE = 256  # characters of a bad value that are worth repeating to the caller


def check(request: dict[str, Any], shape: StructureShape) -> None:
    """Checks a parsed request.

    Raises:
        ValidationException: with the first `MOST_NAMED` violations, in the service's words.
    """
    found = list(islice(_structure(request, shape, ""), MOST_NAMED))
    if found:
        plural = "s" if len(found) > 1 else ""
        raise ValidationException(
            f"{len(found)} validation error{plural} detected: {'; '.join(found)}"
        )


def _structure(value: dict[str, Any], shape: StructureShape, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: " + (
                "Member must not be null"
            )
    for name, member in shape.members.items():
        if name in value:
            yield from _value(value[name], member, _join(path, name))


def _value(value: Any, shape: Shape, path: str) -> Iterator[str]:
    wrong = False
    for words in _violations(value, shape):
        wrong = True
        yield f"Value {_quote(value, shape)}at '{path}' failed to satisfy constraint: {words}"
    if wrong:  # what is in a list that is too long is not looked at
        return
    match shape:
        case StructureShape():
            yield from _structure(value, shape, path)
        case ListShape():
            for index, item in enumerate(value, start=1):
                yield from _value(item, shape.member, f"{path}.{index}.member")
        case MapShape():
            for key, item in value.items():
                yield from _value(key, shape.key, f"{path}.key")
                yield from _value(item, shape.value, f"{path}.{key}.member")


def _violations(value: Any, shape: Shape) -> Iterator[str]:
    """What a single value breaks, in the service's words."""
    limits = shape.metadata
    measured, noun = (
        (value, "value")
        if shape.type_name in ("integer", "long", "float", "double")
        else (len(value), "length")
        if hasattr(value, "__len__")
        else (None, "")
    )
    if measured is not None:
        most = None if shape.name in HELD_BY_OPERATION else limits.get("max")
        if most is not None and measured > most:
            yield f"Member must have {noun} less than or equal to {most}"
        if "min" in limits and measured < limits["min"]:
            yield f"Member must have {noun} greater than or equal to {limits['min']}"
    if isinstance(shape, StringShape):
        pattern = limits.get("pattern")
        if pattern and not _compiled(pattern).fullmatch(value):
            yield f"Member must satisfy regular expression pattern: {pattern}"
        if shape.enum and value not in shape.enum:
            yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the model, which is Java's, for Python."""
    translated = pattern
    for java, python in UNICODE_CLASSES.items():
        translated = translated.replace(java, python)
    # Without \p, Java's \d and \w are ASCII's.
    return re.compile(translated, re.ASCII if translated == pattern else 0)


def _quote(value: Any, shape: Shape) -> str:
    """The bad value as the message repeats it; never a blob or something long."""
    if isinstance(value, bytes) or shape.metadata.get("sensitive"):
        return ""
    if isinstance(value, list | dict):
        text = f"[{', '.join(str(item) for item in islice(value, LONGEST_QUOTE))}]"
    else:
        text = str(value)
    return f"'{text}' " if len(text) <= LONGEST_QUOTE else f"'{text[:LONGEST_QUOTE]}…' "


def _join(path: str, name: str) -> str:
    camel = name[0].lower() + name[1:]
    return f"{path}.{camel}" if path else camel
