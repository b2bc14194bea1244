"""Handlers' dicts become JSON by the output shapes."""

from datetime import UTC, datetime

import pytest
from botocore.model import StructureShape

from sightline.wire.model import operation_model
from sightline.wire.render import render


def output(name: str) -> StructureShape | None:
    return operation_model(name).output_shape


def test_none_is_left_out_and_times_are_seconds() -> None:
    moment = datetime(2026, 11, 21, 12, 0, 0, 250_000, UTC)
    document = render(
        {"FaceCount": 3, "CreationTimestamp": moment, "UserCount": None},
        output("DescribeCollection"),
    )
    assert document == {"FaceCount": 3, "CreationTimestamp": 1795262400.25}


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_cannot_carry_raises(number: float) -> None:
    with pytest.raises(ValueError, match="Similarity"):
        render({"FaceMatches": [{"Similarity": number}]}, output("SearchFaces"))


def test_a_member_that_the_shape_lacks_raises() -> None:
    with pytest.raises(ValueError, match="Colour"):
        render({"Colour": 1}, output("SearchFaces"))
