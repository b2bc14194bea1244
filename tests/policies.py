"""What the synthesised roles allow, function by function, for `tests.guard` to hold calls against.

The templates are made once for each state of `infra/` and kept in pytest's cache: without that, a
run of one test would wait for the CDK. Folders with nothing in them stand in for the layers.
"""

import fcntl
import hashlib
import importlib.util
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from infra.functions import ROOT, functions
from sightline.domain.video import kinds
from sightline.store import job_objects, shard_objects
from tests import templates as made
from tests.templates import Templates, whole

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Of one function's role.

    A resource of the templates is written as `${LogicalId}`, its ARN as `${LogicalId.Arn}`; the
    ARN of a topic is what a reference to it gives. A bucket of which a part may be listed has that
    part after it, as `${LogicalId.Arn}?prefix=jobs/*`.

    Attributes:
        allowed: actions by resource; `*` in a resource stands for any text.
        names: what the function's environment variables name.
        photos: the bucket that stands for all buckets of callers.
    """

    allowed: Mapping[str, frozenset[str]]
    names: Mapping[str, str]
    photos: str

    def allows(self, action: str, resource: str) -> bool:
        """Whether AWS would let the function do that."""
        return any(
            action in actions and fnmatchcase(resource, pattern.replace("[", "[[]"))
            for pattern, actions in self.allowed.items()
        )


def missing() -> str | None:
    """What a synthesis needs and is not installed."""
    if importlib.util.find_spec("aws_cdk") is None:
        return "needs aws-cdk-lib"
    return "needs Node on PATH, for the CDK" if shutil.which("node") is None else None


def synthesised(cache: Path) -> Templates:
    """The templates of `cdk.json`'s deployment, out of the cache where nothing has changed."""
    kept = cache / f"{_digest()}.json"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of workers that start together one synthesises
        if not kept.exists():
            for old in cache.glob("*.json"):
                old.unlink()
            made = json.dumps(_synthesise(cache))
            kept.write_text(made)
    found: Templates = json.loads(kept.read_text())
    return found


def _digest() -> str:
    """Of all that the templates are made of, beside the layers' and the handlers' content."""
    files = [path for path in (ROOT / "infra").rglob("*") if path.suffix in (".py", ".js")]
    theirs = (kinds.__file__, job_objects.__file__, shard_objects.__file__)  # what `infra` reads
    read = (*theirs, __file__, made.__file__)
    digest = hashlib.sha256(version("aws-cdk-lib").encode())
    for path in (*sorted(files), ROOT / "cdk.json", *map(Path, read)):
        digest.update(path.name.encode() + path.read_bytes())
    digest.update("".join(each.handler for each in functions()).encode())
    return digest.hexdigest()


def _synthesise(cache: Path) -> Templates:
    from infra import bundle
    from infra.app import build

    def folder(layer: str) -> Path:
        made = cache / f"layer-{layer}"
        made.mkdir(exist_ok=True)
        (made / "name.txt").write_text(layer)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "build", folder)
        return made.written(build().synth(), "Sightline-dev")


def policies(templates: Templates) -> dict[str, Policy]:
    """The policy of every function, by module."""
    api, outputs = whole(templates)["Resources"], templates["State"]["Outputs"]
    exports = {
        each["Export"]["Name"]: each["Value"] for each in outputs.values() if "Export" in each
    }
    photos = _text(outputs["PhotosBucket"]["Value"], exports)
    roles: dict[str, dict[str, set[str]]] = {}
    for properties in _of_type(api, "AWS::IAM::Policy"):
        (role,) = properties["Roles"]
        allowed = roles.setdefault(role["Ref"], {})
        for statement in properties["PolicyDocument"]["Statement"]:
            # A denial, or a condition but that of a list, would need to be understood here.
            assert statement.keys() - {"Sid", "Condition"} == {"Action", "Effect", "Resource"}
            assert statement["Effect"] == "Allow"
            within = _prefix(statement.get("Condition"))
            for resource in _listed(statement["Resource"]):
                actions = allowed.setdefault(_text(resource, exports) + within, set())
                actions.update(_listed(statement["Action"]))
    modules = {each.name: each.module for each in functions()}
    return {
        modules[properties["FunctionName"].split("-", 2)[2]]: Policy(
            {
                resource: frozenset(actions)
                for resource, actions in roles[properties["Role"]["Fn::GetAtt"][0]].items()
            },
            {
                name: _text(value, exports)
                for name, value in properties["Environment"]["Variables"].items()
            },
            photos,
        )
        for properties in _of_type(api, "AWS::Lambda::Function")
    }


def _of_type(resources: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    return (each["Properties"] for each in resources.values() if each["Type"] == kind)


def _prefix(condition: Any) -> str:
    """What a list is limited to."""
    if condition is None:
        return ""
    prefix = condition["StringLike"]["s3:prefix"]
    assert condition == {"StringLike": {"s3:prefix": prefix}}
    return f"?prefix={prefix}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any, exports: Mapping[str, Any]) -> str:
    match value:
        case str():
            return value
        case {"Fn::Join": [str(between), [*parts]]}:
            return between.join(_text(each, exports) for each in parts)
        case {"Fn::ImportValue": str(name)}:
            return _text(exports[name], exports)
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
        case {"Ref": str(name)}:
            return PSEUDO.get(name, f"${{{name}}}")
    raise ValueError(f"{value} is in no policy and no environment so far.")
