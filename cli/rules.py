"""`sightline rules`: what is done with photos that are uploaded to a bucket."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.connection import LOCAL, EndpointUrl, Region, TableName, stack
from cli.documents import read_json
from cli.report import Failure, one_line_errors, out

app = typer.Typer(
    help="Rules for photos that are analysed as they arrive: put, list, show, remove.",
    no_args_is_help=True,
)

Bucket = Annotated[str, typer.Argument(help="The bucket.")]
Prefix = Annotated[str, typer.Argument(help="Of the photos' keys; none for the whole bucket.")]
Queue = Annotated[
    str, typer.Option(help="Name of the queue that the bucket sends its events to; '' for none.")
]


@app.command()
def put(
    bucket: Bucket,
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PREFIX] FILE", help="The rule is a JSON document.")
    ],
    queue: Queue = "sightline-uploads",
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Set the rule for a bucket, or for a prefix of its keys, and have S3 tell of uploads."""
    with one_line_errors(OSError):
        *prefixes, file = arguments
        if len(prefixes) > 1:
            raise Failure("There is one PREFIX and one FILE.")
        prefix = "".join(prefixes)
        document = read_json(Path(file))
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.domain import rules  # noqa: PLC0415
        from sightline.store import watches  # noqa: PLC0415
        from sightline.wire.rules import checked_rule  # noqa: PLC0415

        rule = checked_rule(document)
        rules.check(bucket, prefix, rule)  # first, for what is refused is not watched either
        if queue:  # before the rule, for a bucket that does not exist needs none
            watches.watch(bucket, queue)
        rules.put(bucket, prefix, rule)
    operations = ", ".join(rule["Operations"])
    out.print(f"Photos in {bucket}/{prefix} get {operations}.", markup=False, soft_wrap=True)


@app.command("list")
def list_rules(
    endpoint_url: EndpointUrl = LOCAL, region: Region = "us-east-1", table: TableName = "sightline"
) -> None:
    """List all rules."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.domain.rules import rule_of  # noqa: PLC0415
        from sightline.store import rules  # noqa: PLC0415

        found = [
            (bucket, prefix, rule_of(document))
            for bucket, documents in rules.every()
            for prefix, document in sorted(documents.items())
        ]
    shown = Table("bucket", "prefix", "operations", "results", "topic", box=None, pad_edge=False)
    for bucket, prefix, rule in found:
        operations, topic = ", ".join(rule.operations), "yes" if rule.publish else "no"
        shown.add_row(bucket, escape(prefix), operations, escape(f"{rule.results_prefix}/"), topic)
    out.print(shown)


@app.command()
def show(
    bucket: Bucket,
    prefix: Prefix = "",
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Print a rule as it is stored."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.store import rules  # noqa: PLC0415

        rule = rules.of(bucket).get(prefix)
        if rule is None:
            raise Failure(f"There is no rule for {bucket}/{prefix}.")
    out.print_json(json.dumps(rule))


@app.command()
def remove(
    bucket: Bucket,
    prefix: Prefix = "",
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """Remove a rule; results stay. After a bucket's last rule S3 tells of its uploads no more."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        from sightline.domain.rules import remove  # noqa: PLC0415
        from sightline.store import rules, watches  # noqa: PLC0415

        if prefix not in rules.of(bucket):
            raise Failure(f"There is no rule for {bucket}/{prefix}.")
        if not remove(bucket, prefix):
            watches.unwatch(bucket)
    out.print(f"Photos in {bucket}/{prefix} have no rule now.", markup=False, soft_wrap=True)
