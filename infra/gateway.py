"""The REST API as API Gateway imports it: the paths of the OpenAPI document, and what each calls.

No schemas go along. API Gateway would check bodies by them in words of its own, and every function
does it in the service's.
"""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws

from infra.edge import BODY_LIMIT
from infra.openapi import document
from sightline import errors

TIMEOUT = 29_000  # milliseconds, the most that API Gateway waits where no quota was raised
# What API Gateway refuses by itself, by the ids in "Gateway response types" of its guide. Of a path
# or method that the API does not have it says that a token is missing.
REFUSALS: Mapping[str, tuple[errors.ServiceError, int]] = {
    "REQUEST_TOO_LARGE": (  # by API Gateway or Lambda, as the edge would have: its limit is lower
        errors.ValidationException(f"Request body is over {BODY_LIMIT} bytes."),
        413,
    ),
    "MISSING_AUTHENTICATION_TOKEN": (
        errors.UnknownOperationException("No operation at that path."),
        400,
    ),
    "THROTTLED": (errors.ThrottlingException(), 400),
    "QUOTA_EXCEEDED": (errors.ThrottlingException(), 400),
    "INTEGRATION_TIMEOUT": (
        errors.InternalServerError(f"No answer within {TIMEOUT // 1000} seconds."),
        500,
    ),
    "DEFAULT_5XX": (errors.InternalServerError(), 500),
    "DEFAULT_4XX": (errors.AccessDeniedException("The request was not let through."), 400),
}


def definition(
    name: str,
    functions: Mapping[str, str],
    families: Mapping[str, str],
    role: str,
    *,
    closed: bool,
) -> dict[str, Any]:
    """The definition of the REST API.

    Args:
        name: of the API, which an import names after the title; its metrics are found by it.
        functions: ARN of what answers each operation.
        families: as `infra.openapi.document` takes them.
        role: ARN of the role with which API Gateway calls them.
        closed: whether only requests with an API key get in.
    """
    described = document(families)
    made: dict[str, Any] = {
        "openapi": described["openapi"],
        "info": {
            "title": name,
            **{each: described["info"][each] for each in ("version", "description")},
        },
        "paths": {
            path: {"post": _method(item["post"], functions, role, closed)}
            for path, item in described["paths"].items()
        },
        "x-amazon-apigateway-gateway-responses": {
            kind: _refusal(error, status) for kind, (error, status) in REFUSALS.items()
        },
    }
    if closed:
        scheme = {"type": "apiKey", "name": "x-api-key", "in": "header"}
        made["components"] = {"securitySchemes": {"EdgeKey": scheme}}
        made["x-amazon-apigateway-api-key-source"] = "HEADER"
    return made


def _method(
    operation: Mapping[str, Any], functions: Mapping[str, str], role: str, closed: bool
) -> dict[str, Any]:
    name = operation["operationId"]
    path = f"lambda:path/2015-03-31/functions/{functions[name]}/invocations"
    return {
        "operationId": name,
        "responses": {"200": {"description": operation["responses"]["200"]["description"]}},
        **({"security": [{"EdgeKey": []}]} if closed else {}),
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}:{path}",
            "credentials": role,
            "timeoutInMillis": TIMEOUT,
        },
    }


def _refusal(error: errors.ServiceError, status: int) -> dict[str, Any]:
    """An error in the service's own form; the header too, which some SDKs look at first."""
    body = {"__type": error.code, error.message_key: error.message}
    return {
        "statusCode": str(status),
        "responseParameters": {"gatewayresponse.header.x-amzn-ErrorType": f"'{error.code}'"},
        "responseTemplates": {"application/json": json.dumps(body)},
    }
