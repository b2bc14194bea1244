"""The stacks hold the whole service: each operation of the service model, and its workers."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.functions import Function, Kind, functions
from infra.needs import NEEDS
from sightline.wire import model
from sightline.wire.model import module_name, service_model
from tests.infra.conftest import of_type
from tests.templates import NESTED, Templates, whole, written

WORKERS, EXTENSIONS = 20, 5
FAMILIES = {  # where operations without a handler will be; of what fits none: custom_labels
    "video": r"(Start|Get)\w+(Detection|Moderation|Recognition|Search|Tracking)",
    "media": r"\w+MediaAnalysisJobs?",
    "streams": r"\w+StreamProcessors?",
    "liveness": r"\w+FaceLiveness\w+",
}
ALL = {  # whatever adds resources
    "stage": "a" * 16,
    "vpc": True,
    "domain": "vision.example.com",
    "certificate": "arn:aws:acm:us-east-1:1:certificate/c",
    "waf": "arn:aws:wafv2:us-east-1:1:global/webacl/sightline/a",
}
# "AWS CloudFormation quotas", and of a role's policies "IAM and AWS STS quotas".
RESOURCES, OUTPUTS, PARAMETERS, TEMPLATE = 500, 200, 200, 1_000_000
POLICIES = {"Policy": 10_240, "ManagedPolicy": 6_144}
STATEMENT = '{"Action":"lambda:InvokeFunction","Effect":"Allow","Resource":[]},'
ARN = '"arn:aws:lambda:ap-southeast-1:123456789012:function::live",'


def family(operation: str) -> str:
    found = (name for name, form in FAMILIES.items() if re.fullmatch(form, operation))
    return next(found, "custom_labels")


def missing() -> Iterator[Function]:
    """Stand-ins for what has no file yet."""
    there = functions()
    for name in {*service_model().operation_names} - {each.operation for each in there}:
        yield Function(family(name), module_name(name), Kind.OPERATION, name)
    extensions = sum(each.kind is Kind.EXTENSION for each in there)
    for number in range(extensions, EXTENSIONS):  # no operation of the model: called by nobody
        yield Function("extensions", f"extension_{number}", Kind.WORKER, None)
    workers = sum(each.kind is Kind.WORKER for each in there)
    for number in range(workers, WORKERS):
        yield Function("workers", f"worker_{number}", Kind.WORKER, None)


@pytest.fixture(scope="module")
def largest(cdk: None, app_of: Callable[..., Any]) -> Templates:
    """The templates of all that is to come, each function with all that one may need."""
    added = [*missing()]
    every = tuple(sorted((*functions(), *added), key=lambda each: (each.family, each.module)))
    from infra import api, events, openapi

    with pytest.MonkeyPatch.context() as patch:
        for module in (api, openapi):
            patch.setattr(module, "functions", lambda: every)
        for each in added:
            patch.setitem(NEEDS, each.module, NEEDS["on_upload"])
            if each.kind is Kind.WORKER:
                patch.setitem(events.SCHEDULES, each.module, events.SCHEDULES["sweep"])
        return written(app_of(**ALL).synth(), f"Sightline-{ALL['stage']}")


def test_every_operation_has_a_function(largest: Templates) -> None:
    found = of_type(whole(largest), "Lambda::Function")
    own = {*service_model().operation_names} - model.EXTENSIONS
    assert len(own) == 75
    assert len(found) == len(own) + EXTENSIONS + WORKERS
    assert sum(each["Type"] == NESTED for each in largest["Api"]["Resources"].values()) == 10


def test_no_template_is_too_large(largest: Templates) -> None:
    for name, template in largest.items():
        assert len(template["Resources"]) < RESOURCES * 0.75, name  # and room for more
        assert len(template.get("Outputs", {})) < OUTPUTS, name
        assert len(template.get("Parameters", {})) < PARAMETERS, name
        assert len(json.dumps(template, indent=1)) < TEMPLATE, name


def test_the_apis_role_may_call_them_all(largest: Templates) -> None:
    template = whole(largest)
    aliases = of_type(template, "Lambda::Alias")
    made = of_type(template, "Lambda::Function")
    called = []
    for kind, most in POLICIES.items():
        for name, policy in of_type(template, f"IAM::{kind}").items():
            if not name.startswith("FrontDoorInvoker"):
                continue
            size = 0
            for statement in policy["PolicyDocument"]["Statement"]:
                aliased = [aliases[each["Ref"]] for each in statement["Resource"]]
                names = [made[each["FunctionName"]["Ref"]]["FunctionName"] for each in aliased]
                size += len(STATEMENT) + sum(len(ARN + each) for each in names)
                called += names
            assert size < most, kind
    assert len(called) == len(set(called)) == len({*service_model().operation_names})
