"""One Lambda function with all that is its own: role, log group, published version and alias.

Callers go to the alias `live`, so that going back to an earlier version is one call.
"""

from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_ecr_assets import Platform
from constructs import Construct

from infra.config import Config
from infra.events import SCHEDULES
from infra.functions import ALIAS, Function, Kind
from infra.grants import reasons, statements
from infra.image import context
from infra.key import log_group_name
from infra.layers import Layers
from infra.logs import log_group
from infra.models import models
from infra.nag import acknowledge, wildcard
from infra.needs import LEAST_STORAGE, PROFILES, needs, storage
from infra.network import Network
from infra.rights import VIDEO_STEPS, Grant
from infra.state import StateStack

SYNCHRONOUS = (
    "Called by API Gateway, a queue or a function, which wait for the answer and know of a failure"
)
SAME_AGAIN = "Called by the clock: the next run does what this one did not"
RUNTIME = "The layers' wheels are locked for Python 3.13"
NO_NARROWER = "X-Ray's actions, and those on network interfaces to be made, take no resource"
NETWORK = (  # of Lambda's guide, "Giving Lambda functions access to resources in a VPC"
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)

# A function's references to layers bear names of the stack around it, by which a version would be a
# new one in another app with the same layers. What is in the layers makes a version new anyway.
lambda_.Function.classify_version_property("Layers", False)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all functions of a deployment share."""

    config: Config
    state: StateStack
    layers: Layers
    network: Network | None


class LambdaFunction(Construct):
    """The function of one handler file.

    Attributes:
        alias: what callers call.
    """

    def __init__(
        self, scope: Construct, function: Function, shared: Surroundings, code: lambda_.Code
    ) -> None:
        super().__init__(scope, function.id)
        self.of, self._shared, self._needs = function, shared, needs(function)
        self._code = code
        self._models = models(function.module)
        self._name = shared.config.name(function.name)
        self._log_group = log_group(
            self,
            "Logs",
            name=log_group_name(shared.config, function.name),
            config=shared.config,
            key=shared.state.key,
        )
        self._role = self._make_role()
        self.function = self._make_function()
        self.alias = self._alias()
        self._acknowledge()

    @property
    def _provisioned(self) -> int | None:
        """Processes that are started beforehand: where callers would wait for models."""
        waits = self._models and self.of.kind is not Kind.WORKER
        return (self._shared.config.provisioned_concurrency or None) if waits else None

    @property
    def _snap_start(self) -> lambda_.SnapStartConf | None:
        """A snapshot for who opens models; of processes started beforehand Lambda takes none."""
        wanted = self._models and self._provisioned is None and self._shared.config.snapshots
        return lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if wanted else None

    @property
    def _asks_itself(self) -> bool:
        return {Grant.COMPACTION_SEND, Grant.COMPACTION_CONSUME} <= {*self._needs.grants}

    @property
    def _takes_webp(self) -> bool:
        return self._shared.config.webp and Grant.IMAGES in self._needs.grants

    def _make_role(self) -> iam.Role:
        state = self._shared.state
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"{self._name}: what it calls and no more",
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[self._log_group.log_group_arn],
            )
        )
        for statement in statements(self._needs, state, Stack.of(self)):
            role.add_to_policy(statement)
        if self._shared.network is not None:
            role.add_to_policy(iam.PolicyStatement(actions=[*NETWORK], resources=["*"]))
        return role

    def _make_function(self) -> lambda_.Function:
        config, network = self._shared.config, self._shared.network
        memory, snapshot = PROFILES[config.memory_profile][self._needs.size], self._snap_start
        files = storage(self._needs, memory, snapshots=snapshot is not None)
        options: dict[str, Any] = {
            "function_name": self._name,
            "description": f"Sightline: {self.of.operation or self.of.module}",
            "architecture": lambda_.Architecture.ARM_64,
            "role": self._role,
            "memory_size": memory,
            "ephemeral_storage_size": Size.mebibytes(files) if files > LEAST_STORAGE else None,
            "timeout": Duration.seconds(self._needs.timeout),
            "environment": self._environment(),
            "reserved_concurrent_executions": config.reserved_concurrency.get(self.of.name),
            # Compaction asks itself for more, and Lambda would take that for a mistake.
            "recursive_loop": lambda_.RecursiveLoop.ALLOW if self._asks_itself else None,
            "tracing": lambda_.Tracing.ACTIVE,
            "log_group": self._log_group,
            "logging_format": lambda_.LoggingFormat.JSON,
            "vpc": network.vpc if network else None,
            "vpc_subnets": network.subnets if network else None,
            "security_groups": [network.functions] if network else None,
            # Not RETAIN: what a failed deployment published would stay, and be in the next's way.
            "current_version_options": lambda_.VersionOptions(
                removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
            ),
        }
        if self._needs.image:
            image = lambda_.DockerImageCode.from_image_asset(
                str(context()), cmd=[self.of.handler], platform=Platform.LINUX_ARM64
            )
            return lambda_.DockerImageFunction(self, "Function", code=image, **options)
        return lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            code=self._code,
            handler=self.of.handler,
            layers=self._shared.layers.of(self._needs),
            snap_start=snapshot,
            **options,
        )

    def _environment(self) -> dict[str, str]:
        """What `sightline.settings` reads for what this function does; a test compares them."""
        state = self._shared.state
        needed = {
            Grant.REVIEWS_SEND: ("SIGHTLINE_REVIEWS_QUEUE", state.reviews.queue_url),
            Grant.UPLOADS_BURY: ("SIGHTLINE_UPLOADS_DEAD_LETTERS", state.uploads_dead.queue_url),
            Grant.RESULTS_PUBLISH: ("SIGHTLINE_RESULTS_TOPIC", state.results.topic_arn),
            Grant.MEDIA_SEND: ("SIGHTLINE_MEDIA_QUEUE", state.media.queue_url),
            Grant.COMPACTION_SEND: ("SIGHTLINE_COMPACTION_QUEUE", state.compaction.queue_url),
            Grant.SEARCH_INVOKE: (
                "SIGHTLINE_SEARCH_FUNCTION",
                self._shared.config.search_function,
            ),
        }
        sends = {each for grant in self._needs.grants for each in grant.sends_to}
        steps = {
            f"SIGHTLINE_VIDEO_{step.upper()}_QUEUE": queue.queue_url
            for step, queue in state.video.items()
            if VIDEO_STEPS[step] in sends
        }
        return {
            "SIGHTLINE_ACCOUNT": Stack.of(self).account,
            "SIGHTLINE_TABLE": state.table.table_name,
            "SIGHTLINE_BUCKET": state.data.bucket_name,
            "SIGHTLINE_KEYS": state.keys_prefix,
            **({"SIGHTLINE_PRELOAD": ",".join(self._models)} if self._models else {}),
            **({"SIGHTLINE_WEBP": "1"} if self._takes_webp else {}),
            **dict(needed[grant] for grant in self._needs.grants if grant in needed),
            **steps,
        }

    def _alias(self) -> lambda_.Alias:
        return lambda_.Alias(
            self,
            "Alias",
            alias_name=ALIAS,
            version=self.function.current_version,
            provisioned_concurrent_executions=self._provisioned,
        )

    def _acknowledge(self) -> None:
        repeats = SAME_AGAIN if self.of.module in SCHEDULES else SYNCHRONOUS
        acknowledge(
            self.function,
            {
                "AwsSolutions-L1": RUNTIME,
                "Serverless-LambdaLatestVersion": RUNTIME,
                "Serverless-LambdaDLQ": repeats,
                "Serverless-LambdaAsyncFailureDestination": repeats,
                "@aws-cdk/aws-lambda:snapStartRequirePublish": "The alias is of such a one",
            },
        )
        stack = Stack.of(self)
        why = reasons(self._needs, self._shared.state, stack)
        acknowledge(self._role, {**why, wildcard(stack, "*"): NO_NARROWER})
