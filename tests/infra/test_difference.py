"""`.github/difference.sh` shows what changes in each template, and passes over no refusal."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.functions import ROOT

SCRIPT = ROOT / ".github" / "difference.sh"
NESTED = {
    "Type": "AWS::CloudFormation::Stack",
    "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", "/abc.json"]]}},
}
NEW = {**NESTED, "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", "/def.json"]]}}}
AWS = """#!/bin/bash
name=$4
case "$2 $name" in
  "$REFUSED") echo "User is not authorized to perform: it" >&2; exit 254 ;;
  "list-stack-resources Sightline-dev-Api") printf 'FacesNested\\tarn:faces\\n' ;;
  "list-stack-resources "*) ;;
  "get-template Sightline-dev-State") echo "Stack with id $name does not exist" >&2; exit 254 ;;
  *) echo "\\"deployed $name\\"" ;;
esac
"""
# The CDK's command, of which it says the stack, what it would be, and what is deployed.
NPX = """#!/bin/bash
app=$5 stack=$7
file=$(jq -r --arg stack "$stack" '.artifacts[$stack].properties.templateFile' "$app/manifest.json")
echo "$1 $2 $3: $stack would be $file and is $(cat "$9")"
cat
"""


def difference(folder: Path, refused: str = "") -> subprocess.CompletedProcess[str]:
    """The script over a synthesis and an account of few words."""
    if shutil.which("jq") is None:
        pytest.skip("needs jq")
    made, commands = folder / "cdk.out", folder / ".venv" / "bin"
    made.mkdir()
    commands.mkdir(parents=True)
    stacks = [f"Sightline-dev-{name}" for name in ("State", "Api")]
    nested = {"FacesNested": NESTED, "ImageNested": NEW}
    templates: dict[str, Any] = {"State": {}, "Api": nested}
    files = {name: {"source": {"path": f"{name}.nested.json"}} for name in ("abc", "def")}
    written: dict[str, Any] = {
        "manifest": {"artifacts": {each: {"properties": {"templateFile": each}} for each in stacks}}
    }
    for name, resources in templates.items():
        written[f"Sightline-dev-{name}.template"] = {"Resources": resources}
        written[f"Sightline-dev-{name}.assets"] = {"files": files}
    for name, content in written.items():
        (made / f"{name}.json").write_text(json.dumps(content))
    for name, text in (("aws", AWS), ("npx", NPX)):
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    environment = {
        "PATH": f"{commands}:{os.environ['PATH']}",
        "CDK": "aws-cdk@2",
        "REFUSED": refused,
        "TMPDIR": str(folder),
    }
    return subprocess.run(
        [str(SCRIPT), "dev"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_template_is_compared_with_what_is_deployed(tmp_path: Path) -> None:
    done = difference(tmp_path)
    assert done.returncode == 0, done.stderr
    api = "Sightline-dev-Api"
    said = [line for line in done.stdout.splitlines() if line.startswith("--yes aws-cdk@2 diff: ")]
    assert [line.partition(": ")[2] for line in said] == [
        "Sightline-dev-State would be Sightline-dev-State and is {}",
        f'{api} would be {api} and is "deployed {api}"',
        f'{api} would be abc.nested.json and is "deployed arn:faces"',
        f"{api} would be def.nested.json and is {{}}",
    ]
    assert f"## {api}, FacesNested" in done.stdout
    assert not [*tmp_path.glob("tmp.*")]


@pytest.mark.parametrize(
    "refused",
    [
        "get-template Sightline-dev-Api",
        "get-template arn:faces",
        "list-stack-resources Sightline-dev-Api",
    ],
)
def test_a_refusal_ends_it(tmp_path: Path, refused: str) -> None:
    done = difference(tmp_path, refused)
    assert done.returncode != 0
    assert "not authorized" in done.stderr


def test_the_workflow_runs_it() -> None:
    workflow = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    assert '.github/difference.sh "$STAGE" | tee' in workflow
    assert os.access(SCRIPT, os.X_OK)
