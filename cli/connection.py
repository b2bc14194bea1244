"""Where the commands that talk to a stack find it, and with what key."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import urlsplit

import typer

from cli.report import one_line_errors

LOCAL = "http://127.0.0.1:4599"
LOCAL_KEY = "test"  # what `sightline serve` starts with
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
CLOUD = "aws"

EndpointUrl = Annotated[
    str,
    typer.Option(
        envvar="AWS_ENDPOINT_URL", help=f"Where the stack is; `{CLOUD}` for the cloud's endpoints."
    ),
]
Region = Annotated[
    str, typer.Option(envvar=["AWS_REGION", "AWS_DEFAULT_REGION"], help="Region of the stack.")
]
TableName = Annotated[str, typer.Option(envvar="SIGHTLINE_TABLE", help="The service's table.")]

# What the service's settings must have; a command names those that it uses. Compaction that nobody
# could be asked for is done when its schedule comes round.
SETTINGS = (
    "SIGHTLINE_ACCOUNT",
    "SIGHTLINE_TABLE",
    "SIGHTLINE_BUCKET",
    "SIGHTLINE_KEYS",
    "SIGHTLINE_COMPACTION_QUEUE",
)


@contextmanager
def stack(endpoint_url: str, region: str, **names: str) -> Iterator[None]:
    """Points the service's own stores at the stack; what goes wrong with it ends in one line."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from sightline.errors import ServiceError  # noqa: PLC0415

    connect(endpoint_url, region)
    os.environ |= {**dict.fromkeys(SETTINGS, "-"), **names}
    with one_line_errors(BotoCoreError, ClientError, ServiceError, ValueError):
        yield


def connect(endpoint_url: str, region: str) -> None:
    """Let all boto3 clients of this process talk to the stack.

    A stack on this machine is called with the key `test` where the environment names no other.
    """
    os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
    os.environ.pop("AWS_ENDPOINT_URL", None)
    if endpoint_url == CLOUD:
        return
    os.environ["AWS_ENDPOINT_URL"] = endpoint_url
    local = urlsplit(endpoint_url).hostname in LOOPBACK
    if local and not {"AWS_ACCESS_KEY_ID", "AWS_PROFILE"} & os.environ.keys():
        os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = LOCAL_KEY
