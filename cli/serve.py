"""`sightline serve`: the whole service on this machine, on one port."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.report import one_line_errors, out


def serve(
    host: Annotated[
        str, typer.Option(envvar="HOST", help="Name or address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="PORT", min=0, max=65535, help="Port; 0 takes any free one.")
    ] = 4599,
    data: Annotated[
        str,
        typer.Option(
            envvar="DATA",
            help="Folder that keeps tables, objects and access keys; `none` keeps nothing.",
        ),
    ] = ".sightline",
) -> None:
    """Run the service here: Rekognition, S3, DynamoDB and the rest of AWS's stand-ins on one port.

    Ctrl-C stops it; what it holds is saved every few seconds and at a stop.
    """
    from local import serve as service  # noqa: PLC0415 - takes a second to import

    folder = None if data == "none" else Path(data or ".sightline")
    with one_line_errors(service.StartError):
        service.serve(host, port, folder, lambda line: out.print(escape(line), soft_wrap=True))
