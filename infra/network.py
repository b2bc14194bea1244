"""A network without a way to the internet, for functions that must not have one.

What the functions call is reached through endpoints inside it; no address of it can be reached from
outside, and Lambda itself calls in without any.
"""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.config import Config
from infra.key import log_group_name
from infra.logs import log_group

ZONES = 2  # of availability
GATEWAYS = {
    "S3": ec2.GatewayVpcEndpointAwsService.S3,
    "DynamoDb": ec2.GatewayVpcEndpointAwsService.DYNAMODB,
}
INTERFACES = {
    "SecretsManager": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Lambda": ec2.InterfaceVpcEndpointAwsService.LAMBDA_,
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "Sns": ec2.InterfaceVpcEndpointAwsService.SNS,
    "Kms": ec2.InterfaceVpcEndpointAwsService.KMS,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "XRay": ec2.InterfaceVpcEndpointAwsService.XRAY,
}


class Network(Construct):
    """The network, its endpoints, and where in it functions are: `subnets`, `functions`."""

    def __init__(self, scope: Construct, id: str, *, config: Config, key: kms.IKey) -> None:
        super().__init__(scope, id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=ZONES,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Functions", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22
                )
            ],
            restrict_default_security_group=False,  # would bring a function along; nothing is in it
        )
        self.vpc.add_flow_log(
            "Flows",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                log_group(
                    self,
                    "FlowLogs",
                    name=log_group_name(config, "network"),
                    config=config,
                    key=key,
                )
            ),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
        self.subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        self.functions = self._group("Functions", "Sightline functions: HTTPS out, nothing in")
        self.functions.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443))
        for name, gateway in GATEWAYS.items():
            self.vpc.add_gateway_endpoint(name, service=gateway)
        self._interfaces()

    def _interfaces(self) -> None:
        endpoints = self._group("Endpoints", "Sightline endpoints: HTTPS from functions")
        endpoints.add_ingress_rule(self.functions, ec2.Port.tcp(443))
        for name, service in INTERFACES.items():
            self.vpc.add_interface_endpoint(
                name, service=service, security_groups=[endpoints], open=False
            )

    def _group(self, id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, id, vpc=self.vpc, description=description, allow_all_outbound=False
        )
