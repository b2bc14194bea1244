"""docs/openapi.json: up to date, valid, and saying what the handlers do."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from botocore.model import StructureShape
from openapi_spec_validator import validate

from infra.functions import functions
from infra.openapi import DOCUMENT, document, families_of_operations, plain, written
from sightline import errors
from sightline.wire.model import input_shape, operation_model, target

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = families_of_operations()
MADE = document(FAMILIES)
SCHEMAS = MADE["components"]["schemas"]


def each_reference(value: Any) -> Iterator[str]:
    match value:
        case {"$ref": str(path)}:
            yield path
        case dict():
            for each in value.values():
                yield from each_reference(each)
        case list():
            for each in value:
                yield from each_reference(each)


def complaints(schema: str, instance: Any) -> list[str]:
    """What a validator of JSON schemas has against a value."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": MADE["components"]}
    validator = jsonschema.Draft4Validator(whole)
    return [error.message for error in validator.iter_errors(instance)]


def test_the_file_is_what_would_be_written() -> None:
    assert DOCUMENT.read_text() == written(FAMILIES), "run `python -m infra.openapi`"


def test_it_is_a_valid_document() -> None:
    validate(MADE)
    found = {path.rpartition("/")[2] for path in each_reference(MADE)}
    assert found == SCHEMAS.keys() | {"TooLarge"}


def test_every_operation_with_a_handler_has_its_path_and_no_other() -> None:
    assert MADE["paths"].keys() == {f"/{each.operation}" for each in functions() if each.operation}
    for path, item in MADE["paths"].items():
        (parameter,) = item["post"]["parameters"]
        assert parameter["schema"]["enum"] == [target(path.removeprefix("/"))]
        assert item["post"]["description"].endswith(".")


def test_a_new_handler_is_a_new_path() -> None:
    made = document({**FAMILIES, "CreateProject": "custom_labels"})
    assert made["paths"].keys() - MADE["paths"].keys() == {"/CreateProject"}
    assert made["paths"]["/CreateProject"]["post"]["tags"] == ["custom_labels"]
    validate(made)


def test_it_has_nothing_of_one_deployment() -> None:
    assert "x-amazon" not in DOCUMENT.read_text()
    assert "arn:aws:lambda" not in DOCUMENT.read_text()


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_golden_requests_fit_their_schemas(name: str) -> None:
    handler = next(each for each in functions() if each.operation == name)
    golden = ROOT / "events" / handler.family / f"{handler.module}.json"
    assert complaints(input_shape(name).name, json.loads(golden.read_text())) == []


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_member_and_error_of_the_model_is_there(name: str) -> None:
    model = operation_model(name)
    shapes = [model.input_shape, model.output_shape]
    for shape in (each for each in shapes if isinstance(each, StructureShape)):
        assert SCHEMAS[shape.name].get("properties", {}).keys() == shape.members.keys()
        assert SCHEMAS[shape.name].get("required", []) == sorted(shape.required_members)
    answers = MADE["paths"][f"/{name}"]["post"]["responses"]
    for error in model.error_shapes:
        status = getattr(errors, error.name).status
        assert f"#/components/schemas/{error.name}" in each_reference(answers[str(status)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"CollectionId": None}, "is not of type 'string'"),
        ({"CollectionId": ""}, "too short|non-empty"),
        ({"CollectionId": "x" * 256}, "too long"),
        ({"CollectionId": "a b"}, "does not match"),
        ({"CollectionId": "a b c\nd"}, "does not match"),
        ({"MaxFaces": 0}, "less than the minimum"),
        ({"QualityFilter": "BEST"}, "is not one of"),
        ({"DetectionAttributes": ["ANY"]}, "is not one of"),
        ({"Image": {"Bytes": b64encode(bytes(5 * 2**20 + 3)).decode()}}, "too long"),
    ],
)
def test_what_the_service_refuses_is_against_the_schema(change: Any, words: str) -> None:
    request = {"CollectionId": "people", "Image": {"Bytes": b64encode(b"x").decode()}}
    assert complaints("IndexFacesRequest", request) == []
    assert re.search(words, "".join(complaints("IndexFacesRequest", {**request, **change})))


def test_what_the_service_takes_is_not_against_the_schema() -> None:
    """Letters of any language, which patterns of Java know by a class of their own."""
    made = {"CollectionId": "people", "Tags": {"Größe": "北"}}
    assert complaints("CreateCollectionRequest", made) == []


def test_errors_are_told_apart_by_their_type() -> None:
    (reference,) = set(each_reference(MADE["components"]["responses"]["TooLarge"]))
    assert reference == "#/components/schemas/ValidationException"
    assert complaints("InvalidParameterException", {"__type": "Other", "Message": ""}) != []
    good = {"__type": "InvalidParameterException", "Message": "Request has invalid parameters"}
    assert complaints("InvalidParameterException", good) == []


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>One   <code>A</code>\n two.</p><p>Three.</p>", "One A two."),
        ("<p> </p><p>Second &amp; last.</p>", "Second & last."),
        ("<note><p>In a note.</p></note>", "In a note."),
    ],
)
def test_descriptions_are_text(html: str, text: str) -> None:
    assert plain(html) == text


def test_no_description_has_markup() -> None:
    found = re.findall(r'"description": "[^"]*</?[a-z]+>', DOCUMENT.read_text())
    assert found == []
