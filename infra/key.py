"""The one key that encrypts everything at rest, and the AWS services that may use it for us.

Roles get their rights to it in their own policies, as the key's default policy lets them.
"""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.config import Config

# With whatever is in the state; but what a failed first deployment made is empty, and would be in
# the way of the next one.
KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
PASS_ON = ("kms:Decrypt", "kms:GenerateDataKey")  # what a service needs to send into a queue


def service_key(scope: Construct, config: Config) -> kms.Key:
    """A key that is rotated every year and kept when the stack goes."""
    key = kms.Key(
        scope,
        "Key",
        alias=f"alias/sightline-{config.stage}",
        description=f"Sightline {config.stage}: everything at rest",
        enable_key_rotation=True,
        removal_policy=KEPT,
    )
    key.add_to_resource_policy(_logs(config))
    for service in ("events", "cloudwatch"):  # events of S3 on their way, alarms
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                actions=[*PASS_ON],
                resources=["*"],  # of a key's policy: this key
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
    return key


def _logs(config: Config) -> iam.PolicyStatement:
    """The log groups of this stage, and no others; those without a name get their stack's."""
    groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group"
    names = (
        log_group_name(config, "*"),
        execution_log_name(config, "*"),
        f"Sightline-{config.stage}-*",
    )
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
        actions=[
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        resources=["*"],
        conditions={
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": [f"{groups}:{name}" for name in names]
            }
        },
    )


def log_group_name(config: Config, name: str) -> str:
    """Where the logs of something in this stage are."""
    return f"/sightline/{config.stage}/{name}"


def execution_log_name(config: Config, api: str) -> str:
    """Where API Gateway logs errors of its own; the name is API Gateway's."""
    return f"API-Gateway-Execution-Logs_{api}/{config.stage}"
