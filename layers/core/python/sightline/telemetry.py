"""Logs as JSON lines. Nothing that a caller sent, no secret and no vector goes into them."""

import logging
import re
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_PRIVATE = re.compile(
    # Base64 of both alphabets and hex: images, secrets, signatures. Ids of ours are at most 36
    # characters, and names of functions have small letters only.
    r"(?=[a-z_+/-]*[A-Z0-9])[\w+/-]{37,}={0,2}"
    r"|(?:[0-9a-fA-F]{2}[ :%]){12,}"  # hex with something between
    r"|(?:\\x[0-9a-f]{2}.*?){3}.*"  # bytes as Python shows them
    r"|(?:\d[\d.e+-]*[^\d]{1,16}){16,}",  # a vector, or bytes as numbers
    re.ASCII | re.DOTALL,
)
_LONGEST_TEXT = 1000  # characters
_MOST_ENTRIES = 20  # of a list or a dict
_DEEPEST = 4
_LONGEST_LINE = 8000  # characters


class ScrubbedFormatter(LambdaPowertoolsFormatter):
    """Takes what may be an image, a vector or a secret out of a line as it is written.

    Our own lines hold nothing of the kind; this is for a mistake. Of an exception only its name
    is kept, for messages and tracebacks may repeat values; `where` tells the way to it.
    """

    def serialize(self, log: Mapping[str, object]) -> str:
        kept = {name: log[name] for name in log if name not in {"exception", "stack_trace"}}
        line: str = super().serialize(scrubbed(kept))
        if len(line) <= _LONGEST_LINE:
            return line
        return super().serialize({"level": log.get("level"), "message": "<a line too long>"})


class Scrub(logging.Filter):
    """The same for lines of libraries, which Lambda's own handler writes. It never raises: unlike a
    handler's, a filter's error would reach whoever logs.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            record.msg = scrubbed(record.getMessage())
        except Exception as error:  # of a wrong format, or of an argument
            record.msg = f"<a line that cannot be written: {type(error).__name__}>"
        record.args = record.exc_info = record.exc_text = record.stack_info = None
        return True


def scrubbed(value: Any, depth: int = 0) -> Any:
    """A value without what may be private; what is large, deep or unknown is named by its type."""
    match value:
        case str():
            return _PRIVATE.sub("…", value)[:_LONGEST_TEXT]
        case bool() | int() | None:
            return value
        case float():
            return round(value, 3)
        case dict() if depth < _DEEPEST and len(value) <= _MOST_ENTRIES:
            return {scrubbed(str(name)): scrubbed(value[name], depth + 1) for name in value}
        case list() | tuple() if depth < _DEEPEST and len(value) <= _MOST_ENTRIES:
            if not any(isinstance(each, float) for each in value):
                return [scrubbed(each, depth + 1) for each in value]
    return f"<{type(value).__name__}>"


logger = Logger(service="sightline", location=None, logger_formatter=ScrubbedFormatter())
for _handler in logging.getLogger().handlers:  # Lambda's is there before a function's code
    _handler.addFilter(Scrub())


def where(error: BaseException) -> list[str]:
    """The way to an error as "file:line function", outermost first.

    In place of the usual traceback, whose messages repeat values: those of the botocore and JSON
    libraries may be images, vectors or secrets.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
