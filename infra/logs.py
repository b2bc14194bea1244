"""Log groups: encrypted with our key, kept as long as the deployment says, gone with the stack."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config import Config


def log_group(
    scope: Construct, id: str, *, name: str, config: Config, key: kms.IKey
) -> logs.LogGroup:
    """A log group; the key lets CloudWatch in for the names in `infra.key` and no others."""
    group = logs.LogGroup(
        scope,
        id,
        log_group_name=name,
        encryption_key=key,
        removal_policy=RemovalPolicy.DESTROY,
    )
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 - for the type
    resource.retention_in_days = config.log_retention_days
    return group
