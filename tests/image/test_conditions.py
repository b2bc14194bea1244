"""Activation conditions of human loops, by the rules that Amazon Augmented AI documents."""

import json
from typing import Any

import pytest

from sightline.domain.conditions import activated, checked, evaluate

FOUND = {"Explicit": 70.0, "Alcohol": 90.0}


def check(label: str, **comparisons: Any) -> dict[str, Any]:
    return {
        "ConditionType": "ModerationLabelConfidenceCheck",
        "ConditionParameters": {"ModerationLabelName": label, **comparisons},
    }


def sampling(percentage: Any) -> dict[str, Any]:
    return {
        "ConditionType": "Sampling",
        "ConditionParameters": {"RandomSamplingPercentage": percentage},
    }


TRUE, FALSE = sampling(100), check("Gambling", ConfidenceGreaterThan=0)


def starts(*conditions: dict[str, Any], draw: float = 50.0) -> bool:
    return activated(evaluate(checked({"Conditions": list(conditions)}), FOUND, draw))


@pytest.mark.parametrize(
    ("comparison", "below", "equal", "above"),
    [
        ("ConfidenceEquals", False, True, False),
        ("ConfidenceLessThan", False, False, True),
        ("ConfidenceLessThanEquals", False, True, True),
        ("ConfidenceLessThanOrEqual", False, True, True),
        ("ConfidenceGreaterThan", True, False, False),
        ("ConfidenceGreaterThanEquals", True, True, False),
        ("ConfidenceGreaterThanOrEqual", True, True, False),
    ],
)
def test_comparisons(comparison: str, below: bool, equal: bool, above: bool) -> None:
    outcomes = [starts(check("Explicit", **{comparison: bound})) for bound in (69.9, 70, 70.1)]
    assert outcomes == [below, equal, above]


def test_several_comparisons_are_of_one_label() -> None:
    assert starts(check("*", ConfidenceGreaterThan=60, ConfidenceLessThan=80))
    assert not starts(check("*", ConfidenceGreaterThan=75, ConfidenceLessThan=85))


def test_any_label_and_labels_by_name() -> None:
    assert starts(check("*", ConfidenceGreaterThan=80))
    assert not starts(check("Gambling", ConfidenceLessThan=100)), "what was not found is no low"


@pytest.mark.parametrize(("draw", "taken"), [(0, True), (4.99, True), (5, False), (99, False)])
def test_sampling(draw: float, taken: bool) -> None:
    assert starts(sampling(5), draw=draw) is taken


def test_any_condition_of_the_list_starts_a_loop() -> None:
    assert starts(FALSE, TRUE)
    assert not starts(FALSE, FALSE)


@pytest.mark.parametrize("first", [TRUE, FALSE])
@pytest.mark.parametrize("second", [TRUE, FALSE])
@pytest.mark.parametrize("third", [TRUE, FALSE])
def test_and_and_or_nest(
    first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]
) -> None:
    a, b, c = (each is TRUE for each in (first, second, third))
    assert starts({"And": [first, {"Or": [second, third]}]}) is (a and (b or c))
    assert starts({"Or": [first, {"And": [second, third]}]}) is (a or (b and c))


def test_the_results_show_every_part() -> None:
    document = {"Conditions": [{"Or": [TRUE, {"And": [FALSE, TRUE]}]}]}
    assert evaluate(document, FOUND, 0) == {
        "Conditions": [
            {
                "Or": [
                    {**TRUE, "EvaluationResult": True},
                    {
                        "And": [
                            {**FALSE, "EvaluationResult": False},
                            {**TRUE, "EvaluationResult": True},
                        ],
                        "EvaluationResult": False,
                    },
                ],
                "EvaluationResult": True,
            }
        ]
    }


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "Conditions"),
        ({"Conditions": []}, "at least one"),
        ({"Conditions": [TRUE], "Other": 1}, "Conditions"),
        ({"Conditions": [{"And": [TRUE]}]}, "two conditions or more"),
        ({"Conditions": [{"And": [TRUE, TRUE], "Or": [TRUE, TRUE]}]}, "not a condition"),
        ({"Conditions": [{**TRUE, "And": [TRUE, TRUE]}]}, "not a condition"),
        (
            {"Conditions": [{"Or": [TRUE, {"Or": [TRUE, {"Or": [TRUE, TRUE]}]}]}]},
            "more than 2 levels",
        ),
        ({"Conditions": [sampling(0)]}, "RandomSamplingPercentage"),
        ({"Conditions": [sampling(True)]}, "RandomSamplingPercentage"),
        ({"Conditions": [sampling(101)]}, "RandomSamplingPercentage"),
        ({"Conditions": [check("Explicit")]}, "a comparison"),
        ({"Conditions": [check("Explicit", ConfidenceLessThan=101)]}, "ConfidenceLessThan"),
        ({"Conditions": [check("Explicit", ConfidenceBelow=50)]}, "ConfidenceBelow"),
        ({"Conditions": [check("NoSuchLabel", ConfidenceLessThan=50)]}, "NoSuchLabel"),
        ({"Conditions": [check("explicit", ConfidenceLessThan=50)]}, "explicit"),
        ({"Conditions": [check("Animated", ConfidenceLessThan=50)]}, "Animated"),
        (
            {"Conditions": [{"ConditionType": "ImportantFormKey", "ConditionParameters": {}}]},
            "ImportantFormKey",
        ),
        ({"Conditions": [TRUE] * 200}, "longer than 10240"),
    ],
)
def test_conditions_that_cannot_be_evaluated_are_refused(document: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        checked(json.loads(json.dumps(document)))


def test_what_is_nested_too_deep_to_be_written_out_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    for condition in (deep, check("Explicit", ConfidenceLessThan=deep)):
        with pytest.raises(ValueError, match=r"not a condition|takes no ConfidenceLessThan"):
            checked({"Conditions": [condition]})
