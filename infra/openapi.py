"""The OpenAPI document of the service, out of botocore's service model and Sightline's additions.

`python -m infra.openapi` writes docs/openapi.json; the REST API is made of the same operations.
Only what has a handler is in it, so both grow with `functions/`.
"""

import json
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

from infra.functions import functions
from sightline import errors
from sightline.wire.http import CONTENT_TYPE
from sightline.wire.model import operation_model, service_model, target

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"
TOO_LARGE = 413  # what stands before a function refuses a body with; the service's errors are 400
NUMBERS = {
    "integer": {"type": "integer", "format": "int32"},
    "long": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
}
ABOUT = (
    "Amazon Rekognition's API on infrastructure of your own. Every request is signed with "
    "Signature Version 4 for the service {}; the AWS SDKs and the AWS CLI send all of them to "
    "`POST /`, where the header X-Amz-Target alone names the operation."
)


def document(families: Mapping[str, str]) -> dict[str, Any]:
    """The whole document.

    Args:
        families: the operations that have a handler, each with the folder that it is in.
    """
    metadata = service_model().metadata
    models = [operation_model(name) for name in sorted(families)]
    return {
        "openapi": "3.0.1",
        "info": {
            "title": "Sightline",
            "version": metadata["apiVersion"],
            "description": ABOUT.format(metadata["endpointPrefix"]),
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "tags": [{"name": family} for family in sorted(set(families.values()))],
        "paths": {f"/{each.name}": {"post": _operation(each, families)} for each in models},
        "components": {
            "schemas": _components(models),
            "responses": {
                "TooLarge": _failed("The request is too large.", ["ValidationException"])
            },
            "securitySchemes": {
                "SigV4": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "AWS Signature Version 4, with one of the service's own keys.",
                }
            },
        },
        "security": [{"SigV4": []}],
    }


def written(families: Mapping[str, str]) -> str:
    """The document as its file has it."""
    return json.dumps(document(families), indent=1, ensure_ascii=False) + "\n"


def families_of_operations() -> dict[str, str]:
    """The operations that have a handler, each with the folder that it is in."""
    return {each.operation: each.family for each in functions() if each.operation}


def plain(documentation: str) -> str:
    """The first paragraph of the service model's HTML, as text."""
    reader = _FirstParagraph()
    reader.feed(documentation)
    reader.close()
    return " ".join("".join(reader.text).split())


class _FirstParagraph(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._ended = False

    def handle_endtag(self, tag: str) -> None:
        self._ended = self._ended or (tag == "p" and bool("".join(self.text).strip()))

    def handle_data(self, data: str) -> None:
        if not self._ended:
            self.text.append(data)


def _operation(model: OperationModel, families: Mapping[str, str]) -> dict[str, Any]:
    body = _content(_reference(cast(StructureShape, model.input_shape)))
    output = model.output_shape
    return {
        "operationId": model.name,
        "tags": [families[model.name]],
        **_described(model.documentation),
        "parameters": [
            {
                "name": "X-Amz-Target",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "enum": [target(model.name)]},
            }
        ],
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": {
                "description": "The operation's answer.",
                "content": _content({"type": "object"} if output is None else _reference(output)),
            },
            **_failures(model),
        },
    }


def _failures(model: OperationModel) -> dict[str, Any]:
    """What the operation itself raises, and what may meet any request before that."""
    found: dict[int, set[str]] = {}
    for error in {*_own_errors(model), *_met_by_any()}:
        found.setdefault(error.status, set()).add(error.__name__)
    words = {400: "The request was refused.", 500: "The service failed."}
    answers: dict[str, Any] = {
        str(status): _failed(words[status], names) for status, names in found.items()
    }
    answers[str(TOO_LARGE)] = {"$ref": "#/components/responses/TooLarge"}
    return dict(sorted(answers.items()))


def _failed(words: str, names: Iterable[str]) -> dict[str, Any]:
    one_of = [{"$ref": f"#/components/schemas/{name}"} for name in sorted(names)]
    schema = {"oneOf": one_of, "discriminator": {"propertyName": "__type"}}
    return {"description": words, "content": _content(schema if len(one_of) > 1 else one_of[0])}


def _own_errors(model: OperationModel) -> list[type[errors.ServiceError]]:
    return [getattr(errors, shape.name) for shape in model.error_shapes]


def _met_by_any() -> list[type[errors.ServiceError]]:
    """Errors that any request may meet before its operation runs, or instead of its answer."""
    edge = set(errors.EdgeError.__subclasses__()) - {errors.NotImplementedException}
    return [*edge, errors.AccessDeniedException, errors.InternalServerError]


def _components(models: Iterable[OperationModel]) -> dict[str, Any]:
    """The schemas of all structures that the operations reach, and of all errors, by name."""
    shapes = set[str]()
    raised = set(_met_by_any())
    for model in models:
        raised.update(_own_errors(model))
        for shape in (model.input_shape, model.output_shape):
            if shape is not None:
                _reach(shape, shapes)
    # As such: how a member came to it, the member's own description tells.
    schemas = {
        name: _structure(cast(StructureShape, service_model().shape_for(name))) for name in shapes
    }
    schemas |= {error.__name__: _error(error) for error in raised}
    return dict(sorted(schemas.items()))


def _reach(shape: Shape, found: set[str]) -> None:
    match shape:
        case StructureShape() if shape.name not in found:
            found.add(shape.name)
            for member in shape.members.values():
                _reach(member, found)
        case ListShape():
            _reach(shape.member, found)
        case MapShape():
            _reach(shape.value, found)


def _error(error: type[errors.ServiceError]) -> dict[str, Any]:
    message = {"type": "string"} | (
        {"example": error.default_message} if error.default_message else {}
    )
    return {
        "type": "object",
        "required": ["__type", error.message_key],
        "properties": {
            "__type": {"type": "string", "enum": [error.__name__]},
            error.message_key: message,
        },
    }


def _structure(shape: StructureShape) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", **_described(shape.documentation)}
    if shape.required_members:
        schema["required"] = sorted(shape.required_members)
    if shape.members:
        schema["properties"] = {name: _member(each) for name, each in shape.members.items()}
    return schema


def _member(shape: Shape) -> dict[str, Any]:
    """A member, which may say more of itself than its shape does."""
    schema, described = _schema(shape), _described(shape.documentation)
    if "$ref" in schema and described:  # nothing may stand beside a reference
        return {"allOf": [schema], **described}
    return {**schema, **described}


def _schema(shape: Shape) -> dict[str, Any]:
    match shape:
        case StructureShape():
            return _reference(shape)
        case ListShape():
            return {"type": "array", "items": _schema(shape.member), **_limits(shape, "Items")}
        case MapShape():
            values = _schema(shape.value)
            return {
                "type": "object",
                "additionalProperties": values,
                **_limits(shape, "Properties"),
            }
        case StringShape():
            return _string(shape)
    match shape.type_name:
        case "blob":  # its limits are of bytes, of which base64 makes four characters of three
            limits = _limits(shape, "Length")
            return {
                "type": "string",
                "format": "byte",
                **{name: -(-limit // 3) * 4 for name, limit in limits.items()},
            }
        case "timestamp":
            return {"type": "number", "format": "double"}
        case "boolean":
            return {"type": "boolean"}
    names = {"min": "minimum", "max": "maximum"}
    limits = {word: shape.metadata[name] for name, word in names.items() if name in shape.metadata}
    return {**NUMBERS[shape.type_name], **limits}


def _string(shape: StringShape) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", **_limits(shape, "Length")}
    if shape.enum:
        schema["enum"] = list(shape.enum)
    pattern = shape.metadata.get("pattern")
    # Java's Unicode classes have no equal in all dialects that readers of this document speak; one
    # that refuses what the service takes would be worse than none.
    if pattern is not None and r"\p{" not in pattern:
        schema["pattern"] = f"^(?:{pattern})$"  # OpenAPI's would match a part of the value
    return schema


def _limits(shape: Shape, noun: str) -> dict[str, int]:
    return {
        f"{name}{noun}": shape.metadata[name] for name in ("min", "max") if name in shape.metadata
    }


def _described(documentation: str) -> dict[str, str]:
    text = plain(documentation)
    return {"description": text} if text else {}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {CONTENT_TYPE: {"schema": schema}}


def _reference(shape: Shape) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{shape.name}"}


if __name__ == "__main__":
    DOCUMENT.write_text(written(families_of_operations()), encoding="utf-8")
