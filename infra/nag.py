"""cdk-nag: which rules an app is held to, and where one of them does not fit, with the reason."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import IConstruct


def hold_to_rules(app: App) -> None:
    """Makes the synthesis fail where a rule of the packs is broken and nobody said why."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Says why a rule does not fit one construct, by the rule's id.

    Raises:
        ValueError: the construct is a whole stack or app.
    """
    if App.is_app(construct) or Stack.is_stack(construct):
        raise ValueError("A rule is acknowledged for one construct, never for a whole stack.")
    rules = [Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items()]
    Validations.of(construct).acknowledge(*rules)


def wildcard(stack: Stack, arn: str) -> str:
    """The rule that an ARN with a star breaks, as cdk-nag writes it: references as `<name>`."""
    return f"AwsSolutions-IAM5[Resource::{_flat(stack.resolve(arn))}]"


def _flat(resolved: Any) -> str:
    match resolved:
        case {"Fn::Join": [str(between), [*parts]]}:
            return between.join(map(_flat, parts))
        case {"Fn::ImportValue": str(name)}:
            return name
        case {"Ref": str(name)}:
            return f"<{name}>"
    return str(resolved)
