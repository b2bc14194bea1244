"""Human loops: what moderation found goes to people where the operator's flow definition says so.

The flow definition is Sightline's own, under the name in the request's ARN; whoever reads the queue
of reviews shows the image to people.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sightline.domain import conditions
from sightline.errors import InvalidParameterException, ResourceNotFoundException
from sightline.settings import settings
from sightline.store import reviews
from sightline.store.reviews import Loop

ARN = re.compile(
    r"arn:aws[a-z-]*:sagemaker:(?P<region>[a-z0-9-]*):(?P<account>\d{12})"
    r":flow-definition/(?P<name>.+)"
)
# Amazon Augmented AI's rule for the names of flow definitions.
FLOW_NAME = re.compile(r"[a-z0-9](-*[a-z0-9]){0,62}")
REASON = "ConditionsEvaluation"


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow definition and its activation conditions."""

    arn: str
    conditions: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """What people are to look at.

    Attributes:
        image: where it is in S3, or its digest, as the message says it; never the image.
        seen: a digest of what it shows, the same wherever the image is.
    """

    image: dict[str, Any]
    seen: str


def put_flow(name: str, document: Any) -> None:
    """Writes a flow definition, new or changed.

    Raises:
        ValueError: the name, or the activation conditions in `document`, cannot be used.
    """
    if not FLOW_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name: small letters, digits and - between, at most 63")
    reviews.put_flow(name, conditions.checked(document))


def need_flow(arn: str) -> Flow:
    """The flow definition with that ARN.

    Raises:
        InvalidParameterException: not the ARN of a flow definition.
        ResourceNotFoundException: there is none.
    """
    parts = ARN.fullmatch(arn)
    if parts is None:
        raise InvalidParameterException(
            "Request has invalid parameters: FlowDefinitionArn is not a flow definition's ARN"
        )
    home = (settings().region, settings().account)
    found = reviews.flow(parts["name"]) if (parts["region"], parts["account"]) == home else None
    if found is None:
        raise ResourceNotFoundException(f"The flow definition: {arn} does not exist")
    return Flow(arn, found)


def review(
    flow: Flow, config: dict[str, Any], subject: Subject, labels: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Starts a human loop if the flow's conditions say so; `HumanLoopActivationOutput`.

    The same image with the same configuration always has the same outcome, sampled or not; so a
    request that comes twice starts one loop.

    Args:
        flow: from `need_flow`.
        config: the request's HumanLoopConfig.
        subject: the image that has the labels.
        labels: as in the answer.

    Raises:
        InvalidParameterException: a loop of this name reviews something else.
    """
    confidences = {label["Name"]: label["Confidence"] for label in labels}
    asked = {"FlowDefinitionArn": flow.arn} | {
        name: config[name] for name in ("DataAttributes",) if name in config
    }
    results = conditions.evaluate(flow.conditions, confidences, _draw(flow, subject))
    output = {"HumanLoopActivationConditionsEvaluationResults": json.dumps(results)}
    if not conditions.activated(results):
        return output
    arn = _loop_arn(config["HumanLoopName"])
    message = {
        "HumanLoopArn": arn,
        "HumanLoopName": config["HumanLoopName"],
        **asked,
        "Image": subject.image,
        "ModerationLabels": list(labels),
        "HumanLoopActivationConditionsEvaluationResults": results,
    }
    _start(Loop(config["HumanLoopName"], _digest({**asked, "Image": subject.seen}), message))
    return {"HumanLoopArn": arn, "HumanLoopActivationReasons": [REASON], **output}


def resume() -> int:
    """Sends the messages of loops whose start was cut short; how many."""
    return sum(reviews.send(name) for name in reviews.unsent())


def _start(loop: Loop) -> None:
    """Writes a loop and sends its message, what of both is not done yet."""
    if not reviews.record(loop) and reviews.digest(loop.name) != loop.digest:
        raise InvalidParameterException(
            f"Request has invalid parameters: there is a human loop {loop.name} with other input"
        )
    reviews.send(loop.name)


def _draw(flow: Flow, subject: Subject) -> float:
    """A number from 0 up to 100, evenly spread over images, fixed for one image and its flow."""
    place = int(_digest({"Image": subject.seen, "Flow": flow.arn, **flow.conditions})[:13], 16)
    return 100 * place / 16**13  # 13 digits fill the mantissa of a float


def _digest(document: dict[str, Any]) -> str:
    return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _loop_arn(name: str) -> str:
    return f"arn:aws:sagemaker:{settings().region}:{settings().account}:human-loop/{name}"
