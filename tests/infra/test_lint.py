"""cfn-lint knows CloudFormation's resources by their schemas: properties, values, references."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from tests.infra.test_nag import CONTEXTS
from tests.templates import Template, Templates

REDUNDANT = "W3005"  # a dependency that a reference brings anyway: the CDK writes both


@pytest.mark.parametrize("context", CONTEXTS[1:], ids=["network", "domain"])
def test_every_template_is_in_order(
    written_of: Callable[..., Templates], context: dict[str, Any]
) -> None:
    for name, template in written_of(**context).items():
        assert complaints(template) == [], name


def test_it_would_complain(written_of: Callable[..., Templates]) -> None:
    template = copy.deepcopy(next(each for name, each in written_of().items() if "Tags" in name))
    function = next(
        each for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function"
    )
    function["Properties"] |= {"MemorySize": 100, "Memory": 100}
    assert {each.split()[0] for each in complaints(template)} == {"[E3002:", "[E3034:"}


def complaints(template: Template) -> list[str]:
    found = lint(json.dumps(template, indent=1), config=ManualArgs(ignore_checks=[REDUNDANT]))
    return [str(each) for each in found]
