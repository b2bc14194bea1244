"""Human loop activation conditions, as Amazon Augmented AI documents them: when people should look
at what moderation found.

    {"Conditions": [CONDITION, ...]}            any of them starts a loop
    CONDITION = {"And": [CONDITION, ...]} | {"Or": [CONDITION, ...]}        at most two levels deep
              | {"ConditionType": "ModerationLabelConfidenceCheck", "ConditionParameters":
                    {"ModerationLabelName": NAME or "*", "ConfidenceLessThan": 0 to 100, ...}}
              | {"ConditionType": "Sampling", "ConditionParameters":
                    {"RandomSamplingPercentage": 0.01 to 100}}
"""

import json
import operator
from collections.abc import Callable, Mapping
from reprlib import repr as shortened
from typing import Any

from sightline.domain.taxonomy import taxonomy

Document = dict[str, Any]

# The text of its documentation names the first form of those with two, its examples the second.
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "ConfidenceEquals": operator.eq,
    "ConfidenceLessThan": operator.lt,
    "ConfidenceLessThanEquals": operator.le,
    "ConfidenceLessThanOrEqual": operator.le,
    "ConfidenceGreaterThan": operator.gt,
    "ConfidenceGreaterThanEquals": operator.ge,
    "ConfidenceGreaterThanOrEqual": operator.ge,
}
CHECK = "ModerationLabelConfidenceCheck"
ANY_LABEL = "*"
NESTING = 2  # levels of And and Or
LEAST_SHARE = 0.01  # percent
LONGEST_RESULTS = 10_240  # characters that the service model allows for the evaluation's results


def checked(document: Any) -> Document:
    """Activation conditions that can be evaluated.

    Raises:
        ValueError: they cannot; it says what is wrong with which part.
    """
    if not isinstance(document, dict) or set(document) != {"Conditions"}:
        raise ValueError('activation conditions are {"Conditions": [...]}')
    if not isinstance(document["Conditions"], list) or not document["Conditions"]:
        raise ValueError("Conditions is a list of at least one condition")
    for condition in document["Conditions"]:
        _check(condition, NESTING)
    if len(json.dumps(evaluate(document, {}, 100.0))) > LONGEST_RESULTS:
        raise ValueError(f"the results would be longer than {LONGEST_RESULTS} characters")
    return document


def evaluate(document: Document, labels: Mapping[str, float], draw: float) -> Document:
    """The conditions, each with an `EvaluationResult`.

    Args:
        document: from `checked`.
        labels: confidences of the labels found, 0 to 100; a check of another label fails.
        draw: from 0 up to 100; a sample of more percent than this takes the image.
    """
    return {"Conditions": [_evaluated(each, labels, draw) for each in document["Conditions"]]}


def activated(results: Document) -> bool:
    """Whether the results of `evaluate` start a human loop."""
    return any(each["EvaluationResult"] for each in results["Conditions"])


def _evaluated(condition: Document, labels: Mapping[str, float], draw: float) -> Document:
    """All parts are evaluated, also those that can no longer change the outcome."""
    for name, combine in (("And", all), ("Or", any)):
        if name in condition:
            parts = [_evaluated(each, labels, draw) for each in condition[name]]
            return {name: parts, "EvaluationResult": combine(p["EvaluationResult"] for p in parts)}
    parameters = condition["ConditionParameters"]
    if condition["ConditionType"] == CHECK:
        met = _holds(parameters, labels)
    else:
        met = draw < parameters["RandomSamplingPercentage"]
    return {**condition, "EvaluationResult": met}


def _holds(parameters: Document, labels: Mapping[str, float]) -> bool:
    name = parameters["ModerationLabelName"]
    confidences = [each for label, each in labels.items() if name in {ANY_LABEL, label}]
    return any(
        all(
            compare(confidence, parameters[comparison])
            for comparison, compare in COMPARISONS.items()
            if comparison in parameters
        )
        for confidence in confidences
    )


def _check(condition: Any, levels: int) -> None:
    match condition:
        case {"And": list(parts), **rest} | {"Or": list(parts), **rest} if not rest:
            if not levels:
                raise ValueError(f"And and Or are nested more than {NESTING} levels deep")
            if len(parts) < 2:
                raise ValueError("And and Or combine two conditions or more")
            for part in parts:
                _check(part, levels - 1)
        case {"ConditionType": str(kind), "ConditionParameters": dict(parameters), **rest} if (
            not rest
        ):
            _check_parameters(kind, parameters)
        case _:
            raise ValueError(f"not a condition: {shortened(condition)}")


def _check_parameters(kind: str, parameters: Document) -> None:
    if kind == "Sampling":
        if set(parameters) != {"RandomSamplingPercentage"} or not _is_within(
            parameters["RandomSamplingPercentage"], LEAST_SHARE
        ):
            raise ValueError(f"Sampling takes a RandomSamplingPercentage, {LEAST_SHARE} to 100")
    elif kind == CHECK:
        _check_label(parameters)
    else:
        raise ValueError(f"there is no ConditionType {kind}; it is {CHECK} or Sampling")


def _check_label(parameters: Document) -> None:
    comparisons = set(parameters) - {"ModerationLabelName"}
    label = parameters.get("ModerationLabelName")
    if not isinstance(label, str) or not comparisons:
        raise ValueError(f"{CHECK} takes a ModerationLabelName and a comparison")
    if label != ANY_LABEL and label not in {each.name for each in taxonomy().labels}:
        raise ValueError(f"version 7 has no ModerationLabelName {shortened(label)}")
    for name in comparisons:
        if name not in COMPARISONS or not _is_within(parameters[name], 0):
            raise ValueError(f"{CHECK} takes no {name}: {shortened(parameters[name])}")


def _is_within(value: Any, least: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and least <= value <= 100
