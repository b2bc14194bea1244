"""`sightline reviews`: which moderated images go to people."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import LOCAL, EndpointUrl, Region, TableName, stack
from cli.documents import read_json
from cli.report import one_line_errors, out

app = typer.Typer(
    help="Flow definitions: which moderated images go to people.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="The flow definition's name, the last part of its ARN.")]


@app.command()
def put(
    name: Name,
    file: Annotated[
        Path, typer.Argument(help="JSON of Amazon Augmented AI's HumanLoopActivationConditions.")
    ],
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Write a flow definition, new or changed."""
    with one_line_errors(OSError):
        document = read_json(file)
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.domain import reviews  # noqa: PLC0415

        reviews.put_flow(name, document)
    out.print(f"{name} is in use from now on.", markup=False)


@app.command("list")
def list_flows(
    endpoint_url: EndpointUrl = LOCAL, region: Region = "us-east-1", table: TableName = "sightline"
) -> None:
    """List the flow definitions with their conditions."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.store import reviews  # noqa: PLC0415

        found = list(reviews.flows())
    for name, conditions in found:
        out.print(f"[bold]{name}[/]  ", end="")
        out.print(json.dumps(conditions), soft_wrap=True, markup=False)


@app.command()
def remove(
    name: Name,
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Delete a flow definition; requests that name it are refused from then on."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.store import reviews  # noqa: PLC0415

        if not reviews.remove_flow(name):
            raise ValueError(f"There is no flow definition {name}")
    out.print(f"{name} is removed.", markup=False)


@app.command()
def resume(
    queue: Annotated[str, typer.Option(help="Name of the queue.")] = "sightline-reviews",
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Send the messages of human loops whose start was cut short."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.domain import reviews  # noqa: PLC0415
        from sightline.store import aws  # noqa: PLC0415

        url = aws.sqs().get_queue_url(QueueName=queue)["QueueUrl"]
        os.environ["SIGHTLINE_REVIEWS_QUEUE"] = url
        sent = reviews.resume()
    out.print(f"{sent} sent.", markup=False)
