"""The rules of cdk-nag hold, and they would say so where one did not."""

from collections.abc import Callable
from typing import Any

import pytest

CONTEXTS: list[dict[str, Any]] = [
    {},
    {"vpc": True, "image_buckets": ["other-photos"]},
    {
        "domain": "vision.example.com",
        "certificate": "arn:aws:acm:us-east-1:123456789012:certificate/example",
        "waf": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/example/1",
        "provisioned_concurrency": 1,
    },
]


@pytest.mark.parametrize("context", CONTEXTS, ids=["plain", "network", "domain"])
def test_no_rule_is_broken(templates_of: Callable[..., Any], context: dict[str, Any]) -> None:
    assert templates_of(**context)  # else the synthesis fails


@pytest.mark.parametrize("nested", [False, True])
def test_a_broken_rule_ends_the_synthesis(app_of: Callable[..., Any], nested: bool) -> None:
    from aws_cdk import aws_sqs as sqs

    app = app_of()
    api = app.node.find_child("Sightline-dev-Api")
    sqs.Queue(api.node.find_child("Image") if nested else api, "Open")
    with pytest.raises(RuntimeError, match=r"(?s)AwsSolutions-SQS3.*Serverless-SQSRedrivePolicy"):
        app.synth()


def test_a_whole_stack_is_never_excused(app_of: Callable[..., Any]) -> None:
    from infra.nag import acknowledge

    app = app_of()
    api = app.node.find_child("Sightline-dev-Api")
    for construct in (app, api, api.node.find_child("Image")):
        with pytest.raises(ValueError, match="never for a whole stack"):
            acknowledge(construct, {"AwsSolutions-S1": "because"})


def test_every_excuse_has_a_reason_of_its_own_construct(app_of: Callable[..., Any]) -> None:
    from aws_cdk import Validations

    key = Validations.ACKNOWLEDGED_RULES_METADATA_KEY
    stacks = [each for each in app_of().node.children if each.node.id.startswith("Sightline")]
    excuses = [
        entry.data
        for stack in stacks
        for construct in stack.node.find_all()
        for entry in construct.node.metadata
        if entry.type == key
    ]
    assert excuses
    assert all(len(reason.split()) > 3 for each in excuses for reason in each.values())
    assert not any(entry.type == key for stack in stacks for entry in stack.node.metadata)
