"""`sightline versions`: which published version of each function callers get.

A deployment moves the alias `live` of every function that changed to its new version. Where what
was deployed does not work, `restore` moves it back: one call for each function, no new deployment.
CloudFormation does not know of that, and leaves a function that the next deployment does not change
where `restore` moved it: `deployed` has callers get what is deployed again.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.connection import CLOUD, Region, connect
from cli.documents import read_json
from cli.report import Failure, one_line_errors, out

app = typer.Typer(
    help="The versions of functions that callers get: save, restore, deployed, prune.",
    no_args_is_help=True,
)

Stage = Annotated[str, typer.Option(help="The deployment's stage.")]
ALIAS = "live"  # as `infra.functions` names it


@app.command()
def save(
    file: Annotated[Path, typer.Argument(help="Where to write them, as JSON.")],
    stage: Stage = "dev",
    region: Region = "us-east-1",
) -> None:
    """Write down which version of each function callers get now."""
    with _cloud(region) as client:
        versions = dict(_live(client, stage))
        file.write_text(json.dumps(versions, indent=1) + "\n")
    out.print(f"{len(versions)} functions in {file}", markup=False, soft_wrap=True)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `save` wrote.")],
    region: Region = "us-east-1",
) -> None:
    """Give callers the versions that were written down; a function made since stays as it is."""
    with _cloud(region) as client:
        versions = _checked(read_json(file))
        left = _move(client, versions)
    out.print(f"{len(versions) - left} of {len(versions)} functions are as they were.")
    if left:
        raise typer.Exit(1)


@app.command()
def deployed(stage: Stage = "dev", region: Region = "us-east-1") -> None:
    """Give callers the versions that were deployed last, whatever `restore` did before."""
    with _cloud(region) as client:
        versions = dict(_deployed(stage))
        left = _move(client, versions)
    out.print(f"{len(versions) - left} of {len(versions)} functions are as deployed.")
    if left:
        raise typer.Exit(1)


@app.command()
def prune(
    keep: Annotated[
        Path | None, typer.Option(help="What `save` wrote: versions that are kept as well.")
    ] = None,
    stage: Stage = "dev",
    region: Region = "us-east-1",
) -> None:
    """Delete earlier versions than callers get: Lambda charges for each one's snapshot."""
    deleted = 0
    with _cloud(region) as client:
        kept = {} if keep is None else _checked(read_json(keep))
        for function, live in _live(client, stage):
            for number in _numbers(client, function):
                if number < int(live) and str(number) != kept.get(function):
                    client.delete_function(FunctionName=function, Qualifier=str(number))
                    deleted += 1
    out.print(f"{deleted} versions deleted.")


@contextmanager
def _cloud(region: str) -> Iterator[Any]:
    """A client of Lambda; what goes wrong ends in one line."""
    import boto3  # noqa: PLC0415 - `--help` need not wait for these
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    connect(CLOUD, region)
    with one_line_errors(BotoCoreError, ClientError, OSError, ValueError):
        yield boto3.client("lambda")


def _live(client: Any, stage: str) -> Iterator[tuple[str, str]]:
    """The functions of a stage that are deployed, each with the version that callers get."""
    from infra.config import Config  # noqa: PLC0415
    from infra.functions import functions  # noqa: PLC0415

    config = Config(stage=stage)
    for each in functions():
        name = config.name(each.name)
        try:
            yield name, client.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"]
        except client.exceptions.ResourceNotFoundException:
            continue


def _deployed(stage: str) -> Iterator[tuple[str, str]]:
    """The functions of a stage, each with the version that CloudFormation takes for the live one.

    The newest one may be another: a deployment that failed leaves those that it published.
    """
    import boto3  # noqa: PLC0415

    pages = boto3.client("cloudformation").get_paginator("list_stack_resources")
    todo = [f"Sightline-{stage}-Api"]
    while todo:
        for page in pages.paginate(StackName=todo.pop()):
            for each in page["StackResourceSummaries"]:
                if each["ResourceStatus"].startswith("DELETE"):
                    continue
                if each["ResourceType"] == "AWS::CloudFormation::Stack":
                    todo.append(each["PhysicalResourceId"])
                if each["ResourceType"] == "AWS::Lambda::Version":
                    *_, function, version = each["PhysicalResourceId"].split(":")  # of an ARN
                    yield function, version


def _checked(document: Any) -> dict[str, str]:
    """What `save` wrote.

    Raises:
        Failure: somebody else wrote it.
    """
    if not isinstance(document, dict) or not all(isinstance(v, str) for v in document.values()):
        raise Failure("The file is not what `sightline versions save` wrote.")
    return document


def _move(client: Any, versions: dict[str, str]) -> int:
    """Lets callers have a version of each function; the number of those where it cannot be."""
    left = 0
    for function, version in versions.items():
        try:
            client.update_alias(FunctionName=function, Name=ALIAS, FunctionVersion=version)
        except client.exceptions.ClientError as error:  # of one, which keeps no other from it
            line = f"{function}: not at version {version}: {error}"
            out.print(line, markup=False, soft_wrap=True)
            left += 1
    return left


def _numbers(client: Any, function: str) -> list[int]:
    """The published versions of a function, the earliest first."""
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    found = (each["Version"] for page in pages for each in page["Versions"])
    return sorted(int(version) for version in found if version != "$LATEST")
