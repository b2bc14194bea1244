"""Rules for uploaded photos are checked as the operations' requests are."""

from typing import Any

import pytest
from botocore.model import StructureShape

from sightline.errors import SerializationException, ValidationException
from sightline.wire.model import input_shape, service_model
from sightline.wire.rules import checked_rule

LABELS = {"DetectLabels": {"MinConfidence": 80}}


def test_a_rule_is_stored_as_it_is_written() -> None:
    rule = {
        "Operations": {
            "DetectLabels": {
                "MaxLabels": 5,
                "Settings": {"GeneralLabels": {"LabelInclusionFilters": ["Dog"]}},
            },
            "DetectText": {"Filters": {"RegionsOfInterest": [{"BoundingBox": {"Width": 0.5}}]}},
            "IndexFaces": {"CollectionId": "people", "MaxFaces": 3},
        },
        "ResultsPrefix": "a/b.c",
        "Publish": False,
    }
    assert checked_rule(rule) == rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "operations"),
        ({"Operations": {}}, "no operation"),
        ({"Operations": {"DetectDogs": {}}}, "Operations.DetectDogs"),
        ({"Operations": {"DetectLabels": {"MinConfidense": 1}}}, "DetectLabels.MinConfidense"),
        ({"Operations": {"DetectLabels": {"MinConfidence": 101}}}, "minConfidence"),
        ({"Operations": {"DetectText": {"Filters": {"RegionsOfInterest": [{"x": 1}]}}}}, "x"),
        ({"Operations": {"DetectLabels": {"Image": {"Bytes": ""}}}}, "DetectLabels.Image"),
        ({"Operations": {"IndexFaces": {}}}, "collectionId"),
        ({"Operations": {"IndexFaces": {"CollectionId": "a b"}}}, "collectionId"),
        ({"Operations": LABELS, "ResultsPrefix": ""}, "resultsPrefix"),
        ({"Operations": LABELS, "ResultsPrefix": "/"}, "resultsPrefix"),
        ({"Operations": LABELS, "ResultsPrefix": "a//"}, "resultsPrefix"),
        ({"Operations": LABELS, "Suffix": ".jpg"}, "Suffix"),
    ],
)
def test_a_rule_that_no_operation_would_take(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationException, match=words):
        checked_rule(rule)


@pytest.mark.parametrize(
    "rule", [None, [], {"Operations": []}, {"Operations": LABELS, "Publish": "yes"}]
)
def test_a_rule_of_a_wrong_type(rule: object) -> None:
    with pytest.raises(SerializationException):
        checked_rule(rule)


def test_index_faces_takes_in_a_rule_what_it_takes_alone() -> None:
    rule, alone = service_model().shape_for("UploadIndexFaces"), input_shape("IndexFaces")
    assert isinstance(rule, StructureShape)
    assert {name: shape.name for name, shape in rule.members.items()} == {
        name: shape.name for name, shape in alone.members.items() if name != "Image"
    }
    assert {*rule.required_members} == {*alone.required_members} - {"Image"}


def test_rules_and_analyze_know_the_same_operations() -> None:
    rule, analyze = (
        service_model().shape_for(name) for name in ("UploadOperations", "AnalyzeOperations")
    )
    assert isinstance(rule, StructureShape)
    assert isinstance(analyze, StructureShape)
    assert rule.members.keys() == analyze.members.keys() | {"IndexFaces"}
