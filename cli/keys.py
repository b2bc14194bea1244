"""`sightline keys`: who may call the service, and which of its operations."""

from typing import Annotated

import typer
from rich.table import Table

from cli.connection import LOCAL, EndpointUrl, Region, stack
from cli.report import out

app = typer.Typer(help="Access keys of the service: create, list, disable.", no_args_is_help=True)

Prefix = Annotated[
    str, typer.Option(envvar="SIGHTLINE_KEYS", help="Where Secrets Manager keeps the keys.")
]


@app.command()
def create(
    allow: Annotated[
        list[str] | None,
        typer.Option(help='Operations that the key may call, as "Detect*"; repeat for more.'),
    ] = None,
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    prefix: Prefix = "sightline/keys",
) -> None:
    """Make an access key and print it; its secret is shown this once."""
    with stack(endpoint_url, region, SIGHTLINE_KEYS=prefix):
        from sightline.domain import access  # noqa: PLC0415

        key = access.create(_checked(allow or ["*"]))
    out.print(f"Access key id      [bold]{key.id}[/]", soft_wrap=True)
    out.print(f"Secret access key  [bold]{key.secret}[/]", soft_wrap=True)
    out.print(f"Allowed            {', '.join(key.allowed)}", soft_wrap=True, markup=False)
    out.print("The secret is not shown again.", style="dim")


@app.command("list")
def list_keys(
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    prefix: Prefix = "sightline/keys",
) -> None:
    """List the access keys, without their secrets."""
    with stack(endpoint_url, region, SIGHTLINE_KEYS=prefix):
        from sightline.store import keys  # noqa: PLC0415

        found = sorted(keys.all_keys(), key=lambda key: key.id)
    table = Table("access key id", "allowed", "state", box=None, pad_edge=False)
    for key in found:
        state = "active" if key.active else "[red]disabled[/]"
        table.add_row(key.id, ", ".join(key.allowed), state)
    out.print(table)


@app.command()
def disable(
    key_id: Annotated[str, typer.Argument(help="The access key's id.")],
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    prefix: Prefix = "sightline/keys",
) -> None:
    """Make an access key useless; running functions notice within ten seconds."""
    with stack(endpoint_url, region, SIGHTLINE_KEYS=prefix):
        from sightline.domain import access  # noqa: PLC0415

        access.disable(key_id)
    out.print(f"{key_id} is disabled.", markup=False)


def _checked(allow: list[str]) -> tuple[str, ...]:
    """The operations' names, with IAM's prefix taken off.

    Raises:
        ValueError: one of them names no operation of the service.
    """
    from sightline.domain.access import covers  # noqa: PLC0415
    from sightline.wire.model import service_model  # noqa: PLC0415

    names = [each.removeprefix("rekognition:") for each in allow]
    for name in names:
        if not any(covers(name, operation) for operation in service_model().operation_names):
            raise ValueError(f"--allow {name!r} names no operation of Rekognition")
    return tuple(names)
