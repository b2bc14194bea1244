"""The front door as it is synthesised: what is open, what is refused, and in which words."""

import json
import re
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from typing import Any

import boto3
import pytest
from botocore.parsers import create_parser
from moto import mock_aws
from openapi_spec_validator import validate

from infra.functions import functions
from sightline.wire.model import operation_model
from tests.infra.conftest import of_type
from tests.templates import Template

DOMAIN = {"domain": "vision.example.com", "certificate": "arn:aws:acm:us-east-1:1:certificate/c"}
WAF = {"waf": "arn:aws:wafv2:us-east-1:1:global/webacl/sightline/a"}
OPERATIONS = sorted(each.operation for each in functions() if each.operation)
Templates = Callable[..., dict[str, Template]]


def only(template: Template, kind: str) -> dict[str, Any]:
    ((_, properties),) = of_type(template, kind).items()
    return dict(properties)


def named(template: Template, kind: str, part: str) -> dict[str, Any]:
    (found,) = (each for name, each in of_type(template, kind).items() if part in name)
    return dict(found)


def joined(value: Any) -> str:
    """A value with its references as `${…}`."""
    match value:
        case {"Fn::Join": [str(between), list(parts)]}:
            return between.join(map(joined, parts))
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
    return str(value)


def flat(value: Any) -> Any:
    """The same with every reference in it as text."""
    match value:
        case {"Fn::Join": _} | {"Ref": _} | {"Fn::GetAtt": _}:
            return joined(value)
        case dict():
            return {name: flat(each) for name, each in value.items()}
        case list():
            return [flat(each) for each in value]
    return value


def referred(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            for each in value.values():
                yield from referred(each)
        case list():
            for each in value:
                yield from referred(each)


@pytest.fixture(scope="module")
def body(api: Template) -> Any:
    return flat(only(api, "ApiGateway::RestApi")["Body"])


def test_there_is_a_path_for_each_operation_and_nothing_else(body: Any, api: Template) -> None:
    assert sorted(body["paths"]) == [f"/{name}" for name in OPERATIONS]
    aliases = of_type(api, "Lambda::Alias")
    called = set()
    for path, item in body["paths"].items():
        assert item.keys() == {"post"}
        integration = item["post"]["x-amazon-apigateway-integration"]
        assert (integration["type"], integration["httpMethod"]) == ("aws_proxy", "POST")
        (alias,) = re.findall(r"/functions/\$\{(\w+)\}/invocations$", integration["uri"])
        assert aliases[alias]["Name"] == "live"
        assert alias.startswith(path.removeprefix("/"))
        called.add(alias)
    assert len(called) == len(OPERATIONS)


def test_the_api_is_valid_and_checks_no_bodies_itself(body: Any, api: Template) -> None:
    validate(body)
    assert "components" not in body
    assert not any("validator" in name for name in [*body, *body["paths"]["/DetectFaces"]["post"]])
    rest = only(api, "ApiGateway::RestApi")
    assert rest["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    # Bodies are text: as binary they would be base64 in base64, and a third less would fit.
    assert not rest.keys() & {"BinaryMediaTypes", "MinimumCompressionSize"}


def test_an_import_makes_a_resource_for_each_path(body: Any) -> None:
    """moto's API Gateway, as strict as it is asked to be."""
    text = re.sub(r"\$\{\w+\.Arn\}", "arn:aws:iam::123456789012:role/invoker", json.dumps(body))
    with mock_aws():
        client = boto3.client("apigateway", "us-east-1")
        made = client.import_rest_api(body=text.encode(), failOnWarnings=True)
        found = client.get_resources(restApiId=made["id"], limit=500)["items"]
    methods = {each["path"]: each.get("resourceMethods", {}).keys() for each in found}
    assert methods == {"/": set(), **{f"/{name}": {"POST"} for name in OPERATIONS}}


def test_the_api_may_call_the_operations_and_nothing_else(body: Any, api: Template) -> None:
    (role,) = {
        item["post"]["x-amazon-apigateway-integration"]["credentials"]
        for item in body["paths"].values()
    }
    policy = named(api, "IAM::Policy", "Invoker")
    assert f"${{{policy['Roles'][0]['Ref']}.Arn}}" == role
    statements = policy["PolicyDocument"]["Statement"]
    for each in statements:
        assert (each["Action"], each["Effect"]) == ("lambda:InvokeFunction", "Allow")
    uris = (
        each["post"]["x-amazon-apigateway-integration"]["uri"] for each in body["paths"].values()
    )
    called = [arn for each in statements for arn in each["Resource"]]
    assert sorted(map(joined, called)) == sorted(
        uri.partition("/functions/")[2].removesuffix("/invocations") for uri in uris
    )


def test_the_stage_logs_traces_throttles_and_keeps_bodies_to_itself(api: Template) -> None:
    stage = only(api, "ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert settings["DataTraceEnabled"] is False
    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"]
    assert stage["TracingEnabled"] is True
    fields = json.loads(stage["AccessLogSetting"]["Format"])
    assert not any(re.search("header|body|input|params", each, re.I) for each in fields.values())
    log = named(api, "Logs::LogGroup", "AccessLog")
    assert log["RetentionInDays"] == 90
    assert "KmsKeyId" in log


def test_api_gateways_own_errors_are_kept_like_all_logs(api: Template) -> None:
    """In a group that is there first: API Gateway would make it without key and without end."""
    ((rest, properties),) = of_type(api, "ApiGateway::RestApi").items()
    ((made, group),) = (
        (name, each)
        for name, each in of_type(api, "Logs::LogGroup").items()
        if "Execution" in joined(each["LogGroupName"])
    )
    assert joined(group["LogGroupName"]) == f"API-Gateway-Execution-Logs_${{{rest}}}/dev"
    assert group["RetentionInDays"] == 90
    assert "KmsKeyId" in group
    (stage,) = (
        each for each in api["Resources"].values() if each["Type"] == "AWS::ApiGateway::Stage"
    )
    assert made in stage["DependsOn"]
    # The alarm on its metrics asks for them by a name, which an import takes from the title.
    assert flat(properties["Body"])["info"]["title"] == properties["Name"] == "sightline-dev-api"


def test_the_stage_lists_the_hosts_of_its_own_distribution(
    api: Template, templates_of: Templates
) -> None:
    (distribution,) = of_type(api, "CloudFront::Distribution")
    own = f"${{{distribution}.DomainName}}"
    hosts = only(api, "ApiGateway::Stage")["Variables"]["hosts"]
    assert joined(hosts) == own
    hosts = only(templates_of(**DOMAIN)["Api"], "ApiGateway::Stage")["Variables"]["hosts"]
    assert joined(hosts) == f"{own},vision.example.com"


@pytest.mark.parametrize("context", [{}, DOMAIN | WAF])
def test_nothing_needs_itself_to_be_made(written_of: Templates, context: dict[str, str]) -> None:
    for template in written_of(**context).values():
        resources = template["Resources"]
        needs = {
            name: {each for each in referred(resource) if each in resources}
            | {*([on] if isinstance(on := resource.get("DependsOn", []), str) else on)}
            for name, resource in resources.items()
        }
        TopologicalSorter(needs).prepare()  # raises CycleError


def test_the_distribution_takes_https_and_keeps_nothing(api: Template) -> None:
    config = only(api, "CloudFront::Distribution")["DistributionConfig"]
    behavior = config["DefaultCacheBehavior"]
    assert "CacheBehaviors" not in config
    assert behavior["ViewerProtocolPolicy"] == "https-only"
    # "Use managed cache policies" and "… origin request policies" in CloudFront's guide.
    assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CachingDisabled
    assert behavior["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    assert behavior["Compress"] is False
    (origin,) = config["Origins"]
    (rest,) = of_type(api, "ApiGateway::RestApi")
    assert joined(origin["DomainName"]).startswith(f"${{{rest}}}.execute-api.${{AWS::Region}}.")
    assert origin["OriginPath"] == f"/{only(api, 'ApiGateway::Stage')['StageName']}" == "/dev"
    assert origin["CustomOriginConfig"] == {
        "OriginProtocolPolicy": "https-only",
        "OriginSSLProtocols": ["TLSv1.2"],
    }


def test_the_edge_function_runs_for_every_request(api: Template) -> None:
    from infra.edge import edge_code

    ((name, function),) = of_type(api, "CloudFront::Function").items()
    assert function["FunctionCode"] == edge_code()
    assert function["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"
    assert function["AutoPublish"] is True
    config = only(api, "CloudFront::Distribution")["DistributionConfig"]
    assert config["DefaultCacheBehavior"]["FunctionAssociations"] == [
        {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": [name, "FunctionARN"]}}
    ]


def test_a_domain_of_ones_own_has_tls_1_2(templates_of: Templates) -> None:
    template = templates_of(**DOMAIN)["Api"]
    config = only(template, "CloudFront::Distribution")["DistributionConfig"]
    assert config["Aliases"] == ["vision.example.com"]
    assert config["ViewerCertificate"] == {
        "AcmCertificateArn": DOMAIN["certificate"],
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }
    outputs = [each["Value"] for each in template["Outputs"].values()]
    assert "https://vision.example.com" in outputs


def test_without_a_web_acl_the_api_is_open_to_signed_requests(body: Any, api: Template) -> None:
    assert not any("security" in item["post"] for item in body["paths"].values())
    assert "WebACLId" not in only(api, "CloudFront::Distribution")["DistributionConfig"]
    assert not of_type(api, "ApiGateway::ApiKey")


def test_there_is_no_way_around_a_web_acl(templates_of: Templates) -> None:
    template = templates_of(**WAF)["Api"]
    config = only(template, "CloudFront::Distribution")["DistributionConfig"]
    assert config["WebACLId"] == WAF["waf"]
    body = flat(only(template, "ApiGateway::RestApi")["Body"])
    validate(body)
    assert body["components"]["securitySchemes"] == {
        "EdgeKey": {"type": "apiKey", "name": "x-api-key", "in": "header"}
    }
    for item in body["paths"].values():
        assert item["post"]["security"] == [{"EdgeKey": []}]
    (header,) = config["Origins"][0]["OriginCustomHeaders"]
    assert header["HeaderName"] == "x-api-key"
    (secret,) = of_type(template, "SecretsManager::Secret")
    reference = f"{{{{resolve:secretsmanager:${{{secret}}}:SecretString:::}}}}"
    assert joined(header["HeaderValue"]) == reference
    assert joined(only(template, "ApiGateway::ApiKey")["Value"]) == reference
    (stage,) = of_type(template, "ApiGateway::Stage")
    (served,) = only(template, "ApiGateway::UsagePlan")["ApiStages"]
    assert served["Stage"] == {"Ref": stage}
    only(template, "ApiGateway::UsagePlanKey")


def test_a_change_of_the_api_is_deployed(api: Template, templates_of: Templates) -> None:
    """A deployment is a picture of the API; under the same logical id it would stay as it is."""
    before, after = (
        of_type(each, "ApiGateway::Deployment").keys() for each in (api, templates_of(**WAF)["Api"])
    )
    assert not before & after


@pytest.mark.parametrize(
    ("kind", "status", "code", "message"),
    [
        ("THROTTLED", 400, "ThrottlingException", "Slow down"),
        ("QUOTA_EXCEEDED", 400, "ThrottlingException", "Slow down"),
        ("REQUEST_TOO_LARGE", 413, "ValidationException", "Request body is over 6200000 bytes."),
        ("MISSING_AUTHENTICATION_TOKEN", 400, "UnknownOperationException", "No operation"),
        ("INTEGRATION_TIMEOUT", 500, "InternalServerError", "No answer within 29 seconds."),
        ("DEFAULT_4XX", 400, "AccessDeniedException", "not let through"),
        ("DEFAULT_5XX", 500, "InternalServerError", "Internal server error"),
    ],
)
def test_what_api_gateway_refuses_reads_as_the_services_own(
    body: Any, kind: str, status: int, code: str, message: str
) -> None:
    refusal = body["x-amazon-apigateway-gateway-responses"][kind]
    ((_, template),) = refusal["responseTemplates"].items()
    assert "$" not in template  # API Gateway would put something in for it
    ((header, value),) = refusal["responseParameters"].items()
    assert (header, value) == ("gatewayresponse.header.x-amzn-ErrorType", f"'{code}'")
    response = {
        "status_code": int(refusal["statusCode"]),
        "headers": {"x-amzn-ErrorType": code},
        "body": template.encode(),
    }
    shape = operation_model("DetectFaces").output_shape
    assert shape is not None
    parsed = create_parser("json").parse(response, shape)
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == status
    assert parsed["Error"]["Code"] == code
    assert message in parsed["Error"]["Message"]
