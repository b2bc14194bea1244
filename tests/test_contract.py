"""The disk is the registry: handler files, golden requests and the README's table agree with
the service model's 75 operations, and every built operation keeps to its errors.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.frontdoor import FUNCTIONS, built_operations, handler_of
from sightline.errors import NotImplementedException, ServiceError
from sightline.wire.constraints import check
from sightline.wire.model import (
    EXTENSIONS,
    input_shape,
    module_name,
    operation_model,
    service_model,
)
from sightline.wire.parse import parse_document

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).resolve().parent.parent
BUILT = sorted(built_operations())
FACE_ID = "11111111-2222-3333-4444-555555555555"
KNOWN = {  # values that lead past the checks, to what an operation does
    "CollectionId": ["people", "People", "nobody"],
    "FaceId": [FACE_ID],
    "UserId": ["eileen"],
    "S3Bucket": ["photos", "photo"],
    "S3ObjectName": ["cat.png", "text.txt"],
    "ResourceArn": ["arn:aws:rekognition:us-east-1:123456789012:collection/people"],
}


def test_the_service_has_75_operations() -> None:
    assert len(service_model().operation_names) == 75 + len(EXTENSIONS)


def test_extensions_are_apart_from_the_services_own_operations() -> None:
    files = {path.stem for path in (FUNCTIONS / "extensions").glob("*.py")} - {"__init__"}
    assert files == {module_name(name) for name in EXTENSIONS}


def test_analyze_takes_and_gives_what_its_operations_do() -> None:
    taken = input_shape("Analyze").members["Operations"]
    given = operation_model("Analyze").output_shape
    assert isinstance(taken, StructureShape)
    assert isinstance(given, StructureShape)
    for name, shape in taken.members.items():
        alone = input_shape(name)
        assert isinstance(shape, StructureShape)
        assert {member: each.name for member, each in shape.members.items()} == {
            member: each.name for member, each in alone.members.items() if member != "Image"
        }
        assert {*shape.required_members} == {*alone.required_members} - {"Image"}
        output = operation_model(name).output_shape
        assert output is not None
        assert given.members[name].name == output.name
    errors = {error.name for error in operation_model("Analyze").error_shapes}
    assert errors == {
        error.name for name in taken.members for error in operation_model(name).error_shapes
    }


def test_every_handler_file_is_an_operation() -> None:
    operations = {module_name(name) for name in service_model().operation_names}
    families = [path for path in FUNCTIONS.iterdir() if path.is_dir() and path.name != "workers"]
    files = {path.stem for family in families for path in family.glob("*.py")}
    assert files - {"__init__"} == operations & files - {"__init__"}


def test_every_built_operation_has_a_golden_request_that_the_model_accepts() -> None:
    for name, handler in built_operations().items():
        event = ROOT / "events" / handler.parent.name / f"{handler.stem}.json"
        request = parse_document(json.loads(event.read_text()), input_shape(name))
        check(request, input_shape(name))
        assert request.keys() == json.loads(event.read_text()).keys(), name


def test_every_golden_request_has_a_handler() -> None:
    goldens = {path.relative_to(ROOT / "events") for path in ROOT.glob("events/*/*.json")}
    goldens = {path for path in goldens if path.parts[0] != "triggers"}  # the workers' events
    handlers = {path.relative_to(FUNCTIONS) for path in built_operations().values()}
    assert goldens == {path.with_suffix(".json") for path in handlers}


def test_the_readme_lists_all_operations_as_they_are() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    expected = {
        name: "built" if name in built_operations() else "not yet"
        for name in set(service_model().operation_names) - EXTENSIONS
    }
    assert dict(rows) == expected
    assert len(rows) == 75


def test_an_operation_that_is_not_built_says_so() -> None:
    missing = next(name for name in service_model().operation_names if name not in BUILT)
    with pytest.raises(NotImplementedException, match=missing):
        handler_of(missing)


def test_every_exception_of_the_model_has_its_class() -> None:
    classes = {error.__name__ for error in ServiceError.__subclasses__()} - {"EdgeError"}
    shapes = service_model().shape_names
    modelled = {
        name for name in shapes if service_model().shape_for(name).metadata.get("exception")
    }
    assert classes == modelled


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Values of a shape's type: mostly within its limits, sometimes not."""
    match shape:
        case StructureShape():
            required = {name: values(shape.members[name]) for name in shape.required_members}
            optional = {name: values(member) for name, member in shape.members.items()}
            return st.fixed_dictionaries(
                required, optional={name: optional[name] for name in optional.keys() - required}
            )
        case ListShape():
            return st.lists(values(shape.member), max_size=3)
        case MapShape():
            return st.dictionaries(values(shape.key), values(shape.value), max_size=3)
        case StringShape():
            return strings(shape)
    simple: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "blob": lambda: st.binary(max_size=64),
        "boolean": st.booleans,
        "timestamp": lambda: st.datetimes(min_value=datetime(1970, 1, 2)),
        "integer": lambda: numbers(shape, st.integers),
        "long": lambda: numbers(shape, st.integers),
    }
    return simple.get(shape.type_name, lambda: numbers(shape, st.floats))()


def strings(shape: StringShape) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from([*shape.enum, "OTHER"])
    known = KNOWN.get(shape.name, ["x", "a.b-c_d", "ü", ""])
    return st.one_of(st.sampled_from(known), st.sampled_from(known), st.text(max_size=8))


def numbers(shape: Shape, kind: Callable[..., st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 1000)
    return st.one_of(kind(low, high), kind(low, high), kind(low - 2, high + 2))


@pytest.mark.parametrize("name", BUILT)
def test_any_input_gets_an_answer_or_an_error_of_the_model(
    name: str,
    client_of: Callable[..., "RekognitionClient"],
    extended: boto3.Session,
    s3: "S3Client",
    cat: bytes,
) -> None:
    s3.put_object(Bucket="photos", Key="cat.png", Body=cat)
    s3.put_object(Bucket="photos", Key="text.txt", Body=b"no image")
    client = client_of(session=extended, parameter_validation=False)
    client.create_collection(CollectionId="people")
    allowed = {shape.name for shape in operation_model(name).error_shapes}

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(input_shape(name)))
    def drive(request: dict[str, Any]) -> None:
        try:
            getattr(client, module_name(name))(**request)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            assert code in allowed - {"InternalServerError"} | {"ValidationException"}

    drive()
