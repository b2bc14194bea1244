"""Logs as JSON lines. Nothing that a caller sent, no secret and no vector goes into them."""

import traceback
from pathlib import Path

from aws_lambda_powertools import Logger

logger = Logger(service="sightline", location=None)


def where(error: BaseException) -> list[str]:
    """The way to an error as "file:line function", outermost first.

    In place of the usual traceback, whose messages repeat values: those of the botocore and JSON
    libraries may be images, vectors or secrets.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
