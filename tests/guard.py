"""Plays IAM: a call to AWS that a handler makes in a test must be one that its role allows.

Which function runs is known in each thread, and in those threads that it gives work to. Judged are
calls of the store's clients, and import-linter sees to it that handlers have no others; so a test
may do what it likes, even in the middle of a handler. A refused call goes through, for a handler
may hide an error of AWS; the test fails at its end.

Rights to the KMS key are not judged, since it is AWS that uses the key: `tests.infra.test_guard`
compares them with what a function does to encrypted resources.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, NamedTuple

from botocore.client import BaseClient

from local import frontdoor
from sightline.store import aws
from sightline.wire.model import module_name
from tests.policies import Policy

Parameters = Mapping[str, Any]
Handler = Callable[..., Any]

# "Actions, resources, and condition keys" of each service, where the action has another name than
# the operation. Those with versions and conditions are below.
ACTIONS = {
    "HeadObject": "GetObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "DeleteObjects": "DeleteObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "PublishBatch": "Publish",
    "Invoke": "InvokeFunction",
}
VERSIONED = {"GetObject": "GetObjectVersion", "DeleteObject": "DeleteObjectVersion"}
IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}

_running: ContextVar[str | None] = ContextVar("function", default=None)
_policies: dict[str, Policy] = {}
_refused: list[str] = []


class Refused(AssertionError):
    """A handler called what its role does not allow."""


class Demand(NamedTuple):
    """What one call needs: an action, on a resource as `Policy` writes it."""

    action: str
    resource: str


@cache
def install() -> None:
    """Watches the calls of this process, before any test module takes hold of a handler."""
    call, submit, handler_of = (
        BaseClient.__dict__["_make_api_call"],
        ThreadPoolExecutor.submit,
        frontdoor.handler_of,
    )

    def watched_call(client: BaseClient, operation: str, parameters: Parameters) -> Any:
        function, service = _running.get(), client.meta.service_model.service_name
        if function in _policies and client is aws._shared(service):
            _judge(function, service, operation, parameters)
        return call(client, operation, parameters)

    def handing_on(
        pool: ThreadPoolExecutor, work: Handler, /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        function = _running.get()
        return submit(pool, watched(function, work) if function else work, *args, **kwargs)

    def watched_handler_of(operation: str) -> Handler:
        return watched(module_name(operation), handler_of(operation))

    for owner, name, mended in (
        (BaseClient, "_make_api_call", watched_call),
        (ThreadPoolExecutor, "submit", handing_on),
        (frontdoor, "handler_of", watched_handler_of),
    ):
        setattr(owner, name, mended)


def watched(function: str, work: Handler) -> Handler:
    """The same work, done as that function."""

    @wraps(work)
    def as_function(*args: Any, **kwargs: Any) -> Any:
        before = _running.set(function)
        try:
            return work(*args, **kwargs)
        finally:
            _running.reset(before)

    return as_function


def judge_by(policies: Mapping[str, Policy]) -> None:
    """From now on these are the roles' policies, by module."""
    _policies.clear()
    _policies.update(policies)


def refused() -> list[str]:
    """What was refused since the last time."""
    found = sorted(set(_refused))
    _refused.clear()
    return found


def hold() -> None:
    """Ends a test.

    Raises:
        Refused: with every call that a role does not allow.
    """
    if found := refused():
        raise Refused("\n".join(found))


def _judge(function: str, service: str, operation: str, parameters: Parameters) -> None:
    policy = _policies[function]
    _refused.extend(
        f"{function} may not {action} on {resource}"
        for action, resource in demands(policy, service, operation, parameters)
        if not policy.allows(action, resource)
    )


def demands(
    policy: Policy, service: str, operation: str, parameters: Parameters
) -> Iterator[Demand]:
    """What a call needs; of a service that is not known here, what no policy allows."""
    resources = {
        "dynamodb": _tables,
        "lambda": _invoked,
        "s3": _objects,
        "secretsmanager": _secrets,
        "sns": _topics,
        "sqs": _queues,
    }.get(service, _unknown)
    for action, resource in resources(policy, operation, parameters):
        yield Demand(f"{service}:{action}", resource)


def _named(policy: Policy, name: str) -> str:
    """The resource of the templates that has this name here, as the function's environment says."""
    return next(
        (place for variable, place in policy.names.items() if os.environ.get(variable) == name),
        f"{name}, which its environment does not name",
    )


def _arn(reference: str) -> str:
    return f"{reference.removesuffix('}')}.Arn}}"


def _tables(policy: Policy, operation: str, parameters: Parameters) -> Iterator[tuple[str, str]]:
    if operation.startswith("Transact"):
        for item in parameters["TransactItems"]:
            for verb, inner in item.items():
                yield from _tables(policy, IN_TRANSACTIONS[verb], inner)
        return
    for table in parameters.get("RequestItems", [parameters.get("TableName")]):
        index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
        yield operation, _arn(_named(policy, table)) + index


def _objects(policy: Policy, operation: str, parameters: Parameters) -> Iterator[tuple[str, str]]:
    ours = parameters["Bucket"] == os.environ["SIGHTLINE_BUCKET"]
    bucket = _arn(policy.names["SIGHTLINE_BUCKET"] if ours else policy.photos)
    action = ACTIONS.get(operation, operation)
    if operation == "HeadBucket":
        return  # botocore asks so for a region after a status of 400; a refusal tells it, too
    if operation == "DeleteObjects":
        for each in parameters["Delete"]["Objects"]:
            yield from _objects(policy, action, {"Bucket": parameters["Bucket"], **each})
        return
    if "Key" not in parameters:
        listed = f"?prefix={parameters.get('Prefix', '')}" if ours else ""
        yield action, bucket + listed
        return
    resource = f"{bucket}/{parameters['Key']}"
    yield VERSIONED.get(action, action) if "VersionId" in parameters else action, resource
    # "conditional deletes with a specific ETag value require both", and so do writes
    if operation in ("PutObject", "DeleteObject") and "IfMatch" in parameters:
        yield "GetObject", resource


def _secrets(policy: Policy, operation: str, parameters: Parameters) -> Iterator[tuple[str, str]]:
    here, there = os.environ["SIGHTLINE_KEYS"], policy.names["SIGHTLINE_KEYS"]
    name = str(parameters.get("SecretId")).replace(f"{here}/", f"{there}/", 1)
    # Secrets Manager adds six characters to every name.
    yield operation, f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf"


def _topics(policy: Policy, operation: str, parameters: Parameters) -> Iterator[tuple[str, str]]:
    topic = str(parameters.get("TopicArn"))
    ours = topic in map(os.environ.get, policy.names)
    yield ACTIONS.get(operation, operation), _named(policy, topic) if ours else topic


def _queues(policy: Policy, operation: str, parameters: Parameters) -> Iterator[tuple[str, str]]:
    queue = _arn(_named(policy, str(parameters.get("QueueUrl"))))
    yield ACTIONS.get(operation, operation), queue


def _invoked(policy: Policy, operation: str, parameters: Parameters) -> Iterator[tuple[str, str]]:
    name = str(parameters.get("FunctionName"))
    ours = name == os.environ.get("SIGHTLINE_SEARCH_FUNCTION")
    name = policy.names.get("SIGHTLINE_SEARCH_FUNCTION", name) if ours else name
    resource = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    yield ACTIONS.get(operation, operation), resource


def _unknown(policy: Policy, operation: str, parameters: Parameters) -> Iterator[tuple[str, str]]:
    yield operation, "a service that tests.guard does not know"
