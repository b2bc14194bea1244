"""The front door: a REST API with a path for each operation, and CloudFront before it.

An SDK sends every operation to its endpoint's one path and names it in X-Amz-Target; the edge
function (`edge/route.js`) makes the operation's own path of that. What is refused before a function
runs is refused in the service's own form, so that every SDK can read it.

What can somebody do who calls the REST API without the edge? Nothing more than through it: each
function verifies every request's signature with the keys of the service, over a host that the stage
lists (`sightline.wire.http`), and the stage's throttling holds for all. Only a web ACL stands at
the edge alone. So where there is one, the API asks for a key that only the distribution has.
"""

import json
from collections.abc import Mapping

from aws_cdk import Aws, CfnOutput, Fn, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.config import Config
from infra.edge import edge_code
from infra.gateway import definition
from infra.key import execution_log_name, log_group_name
from infra.logs import log_group
from infra.nag import acknowledge
from infra.openapi import families_of_operations
from sightline.wire.http import HOSTS

# Requests a second, and at once: enough for a team; what a stolen key can cost ends here too.
RATE, BURST = 100, 200
ACCESS_LOG = {  # never a header or a body: they carry signatures and images
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "functionMilliseconds": "$context.integration.latency",
    "trace": "$context.xrayTraceId",
}


class FrontDoor(Construct):
    """Where requests arrive.

    Args:
        operations: the function, or its alias, that answers each operation.
        key: encrypts the access log and the edge's key.

    Attributes:
        api: the REST API, whose one stage has the deployment's name.
        distribution: what clients call, over HTTPS.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        operations: Mapping[str, lambda_.IFunction],
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id)
        self._config, self._operations, self._key = config, operations, key
        secret = self._edge_key() if config.waf else None
        self.api = self._api(closed=secret is not None)
        self._keep_errors()
        self.distribution = self._distribution(secret)
        hosts = [self.distribution.distribution_domain_name]
        if config.domain is not None:
            hosts.append(config.domain)
        # The distribution is made of the API's id, and the API's stage of the distribution's name.
        stage = self.api.deployment_stage.node.default_child
        stage.variables = {HOSTS: Fn.join(",", hosts)}  # type: ignore[union-attr]
        if secret is not None:
            self._let_in(secret)
        self._acknowledge()
        CfnOutput(self, "Endpoint", value=f"https://{hosts[-1]}")

    def _api(self, *, closed: bool) -> apigateway.SpecRestApi:
        log = self._log("AccessLog", log_group_name(self._config, "access"))
        arns = {name: each.function_arn for name, each in self._operations.items()}
        families = {name: families_of_operations()[name] for name in arns}
        name = self._config.name("api")
        body = definition(name, arns, families, self._invoker().role_arn, closed=closed)
        return apigateway.SpecRestApi(
            self,
            "Api",
            rest_api_name=name,
            api_definition=apigateway.ApiDefinition.from_inline(body),
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN,  # the region's APIs share one
            deploy_options=apigateway.StageOptions(
                stage_name=self._config.stage,
                access_log_destination=apigateway.LogGroupLogDestination(log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG)),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,  # would log bodies
                metrics_enabled=True,
                tracing_enabled=True,
                throttling_rate_limit=RATE,
                throttling_burst_limit=BURST,
            ),
        )

    def _keep_errors(self) -> None:
        """The log group of API Gateway's own errors, which it would make without key or end."""
        name = execution_log_name(self._config, self.api.rest_api_id)
        self.api.deployment_stage.node.add_dependency(self._log("ExecutionLog", name))

    def _log(self, id: str, name: str) -> logs.LogGroup:
        return log_group(self, id, name=name, config=self._config, key=self._key)

    def _invoker(self) -> iam.Role:
        """One role for API Gateway, in place of a permission on each function.

        A statement for each: the CDK makes few of them, and of a policy that is too long several.
        """
        role = iam.Role(
            self, "Invoker", assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com")
        )
        for name in sorted(self._operations):
            arn = self._operations[name].function_arn
            role.add_to_policy(
                iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arn])
            )
        return role

    def _distribution(self, secret: secretsmanager.Secret | None) -> cloudfront.Distribution:
        config, certificate = self._config, None
        if config.certificate is not None:
            certificate = certificates.Certificate.from_certificate_arn(
                self, "Certificate", config.certificate
            )
        return cloudfront.Distribution(
            self,
            "Distribution",
            comment=config.name("front-door"),
            default_behavior=self._behavior(self._origin(secret)),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            web_acl_id=config.waf,
            domain_names=[config.domain] if config.domain is not None else None,
            certificate=certificate,
        )

    def _origin(self, secret: secretsmanager.Secret | None) -> origins.HttpOrigin:
        return origins.HttpOrigin(
            # Not the stage's URL: the stage is made after the distribution.
            f"{self.api.rest_api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}",
            origin_path=f"/{self._config.stage}",
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            custom_headers={"x-api-key": _revealed(secret)} if secret is not None else None,
        )

    def _behavior(self, origin: origins.HttpOrigin) -> cloudfront.BehaviorOptions:
        route = cloudfront.Function(
            self,
            "Route",
            code=cloudfront.FunctionCode.from_inline(edge_code()),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        return cloudfront.BehaviorOptions(
            origin=origin,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,  # no smaller set has POST
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            compress=False,
            function_associations=[
                cloudfront.FunctionAssociation(
                    event_type=cloudfront.FunctionEventType.VIEWER_REQUEST, function=route
                )
            ],
        )

    def _edge_key(self) -> secretsmanager.Secret:
        """What only the distribution knows; the template has no more of it than a reference."""
        secret = secretsmanager.Secret(
            self,
            "EdgeKey",
            description="The distribution shows it to the REST API, which asks for it",
            encryption_key=self._key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                exclude_punctuation=True, password_length=40
            ),
        )
        reason = "It opens nothing but the way that every caller has; a new one needs a deployment."
        acknowledge(secret, {"AwsSolutions-SMG4": reason})
        return secret

    def _let_in(self, secret: secretsmanager.Secret) -> None:
        key = apigateway.ApiKey(self, "ApiKey", value=_revealed(secret))
        plan = apigateway.UsagePlan(
            self,
            "UsagePlan",
            api_stages=[
                apigateway.UsagePlanPerApiStage(api=self.api, stage=self.api.deployment_stage)
            ],
        )
        plan.add_api_key(key)

    def _acknowledge(self) -> None:
        policy = "arn:<AWS::Partition>:iam::aws:policy/service-role"
        acknowledge(
            self.api,
            {
                "AwsSolutions-APIG2": "Functions check bodies by the service model, in its words.",
                "AwsSolutions-APIG3": "A web ACL stands before the distribution, where one is set.",
                f"AwsSolutions-IAM4[Policy::{policy}/AmazonAPIGatewayPushToCloudWatchLogs]": (
                    "API Gateway takes one role for all APIs of a region, and this is AWS's for it."
                ),
            },
        )
        reasons = {
            "AwsSolutions-CFR1": "Callers may be anywhere; each request is signed.",
            "AwsSolutions-CFR3": (
                "What passes the edge is in the API's access log; what it refuses goes no further."
            ),
        }
        if self._config.waf is None:
            reasons["AwsSolutions-CFR2"] = "The context `waf` names a web ACL where one is wanted."
        if self._config.domain is None:
            reasons["AwsSolutions-CFR4"] = (
                "CloudFront's own certificate fixes the version; with a `domain` it is TLS 1.2."
            )
        acknowledge(self.distribution, reasons)


def _revealed(secret: secretsmanager.Secret) -> str:
    """A reference that CloudFormation puts the value in for, as it makes the resource."""
    return secret.secret_value.unsafe_unwrap()
