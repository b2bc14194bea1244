"""JSON that the operator wrote; whatever is wrong with a file is told in one line."""

import json
from pathlib import Path
from typing import Any

from cli.report import Failure


def read_json(file: Path) -> Any:
    """The document in a file.

    Raises:
        Failure: there is no such file, or it is not JSON, or nested deeper than can be read.
        OSError: it may not be read.
    """
    try:
        return json.loads(file.read_bytes())
    except FileNotFoundError:
        raise Failure(f"There is no file {file}.") from None
    except ValueError as error:
        raise Failure(f"{file} is not JSON: {error}") from None
    except RecursionError:
        raise Failure(f"{file} is nested too deep") from None
