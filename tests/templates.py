"""The templates of a synthesis: as they are written, and the service's as one."""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

Template = dict[str, Any]
Templates = dict[str, Template]  # `State`, `Api`, and those nested in `Api` by their logical ids
NESTED = "AWS::CloudFormation::Stack"
STACKS = ("State", "Api")


def written(assembly: Any, prefix: str) -> Templates:
    """The templates as they are deployed, of stacks whose names begin with a prefix."""
    found: Templates = {
        name: assembly.get_stack_by_name(f"{prefix}-{name}").template for name in STACKS
    }
    api = assembly.get_stack_by_name(f"{prefix}-Api")
    folder = Path(assembly.directory)
    files = json.loads((folder / f"{api.id}.assets.json").read_text())["files"]
    for logical, resource in found["Api"]["Resources"].items():
        if resource["Type"] == NESTED:
            place = files[asset(resource)]["source"]["path"]
            found[logical] = json.loads((folder / place).read_text())
    return found


def asset(resource: Mapping[str, Any]) -> str:
    """The hash of a nested stack's template, by which it lies in S3."""
    *_, key = resource["Properties"]["TemplateURL"]["Fn::Join"][1]
    return PurePosixPath(key).stem


def whole(templates: Templates) -> Template:
    """The template of `Api` as if nothing were nested: every reference is to what it is of."""
    api = templates["Api"]
    outer = {name: each for name, each in api["Resources"].items() if each["Type"] != NESTED}
    inner: dict[str, Any] = {}
    meant: dict[str, Any] = {}  # by the reference, as JSON
    for stack in api["Resources"].keys() - outer.keys():
        given = api["Resources"][stack]["Properties"].get("Parameters", {})
        parameters = {json.dumps({"Ref": name}): value for name, value in given.items()}
        found = replaced(templates[stack]["Resources"], parameters)
        assert not found.keys() & (inner.keys() | outer.keys())
        inner |= found
        for name, output in templates[stack].get("Outputs", {}).items():
            reference = json.dumps({"Fn::GetAtt": [stack, f"Outputs.{name}"]})
            meant[reference] = replaced(output["Value"], parameters)
    rest = {name: each for name, each in api.items() if name != "Resources"}
    made: Template = replaced({**rest, "Resources": {**outer, **inner}}, meant)
    return made


def replaced(value: Any, by: Mapping[str, Any]) -> Any:
    """A value with something else for references in it, which are given as JSON."""
    match value:
        case {"Ref": _} | {"Fn::GetAtt": _} if (key := json.dumps(value)) in by:
            return by[key]
        case dict():
            return {name: replaced(each, by) for name, each in value.items()}
        case list():
            return [replaced(each, by) for each in value]
    return value
