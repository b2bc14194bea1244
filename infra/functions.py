"""What is deployed: each handler file of `functions/` is a Lambda function. The disk is the list.

Imports no CDK, so that tests, guards and tools can read it.
"""

from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from sightline.wire.model import EXTENSIONS, module_name, service_model

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "functions"
WORKERS = "workers"
ALIAS = "live"  # of each function; callers go to it, so that going back is one call


class Kind(Enum):
    """Who calls a function."""

    OPERATION = "one of the service's own operations"
    EXTENSION = "an operation that Sightline adds"
    WORKER = "started by a queue, a schedule or other functions"


@dataclass(frozen=True, slots=True)
class Function:
    """One handler file: `functions/<family>/<module>.py`."""

    family: str
    module: str
    kind: Kind
    operation: str | None  # such as `DetectFaces`; a worker has none

    @property
    def file(self) -> str:
        """Where it is, in the repository."""
        return f"functions/{self.family}/{self.module}.py"

    @property
    def handler(self) -> str:
        """What Lambda calls."""
        return f"functions.{self.family}.{self.module}.handler"

    @property
    def id(self) -> str:
        """The construct's id: the operation's name, or `OnUpload` for `on_upload`."""
        return self.operation or pascal(self.module)

    @property
    def name(self) -> str:
        """The function's name within a stage, such as `detect-faces`."""
        return kebab(self.module)


def kebab(name: str) -> str:
    """`on-upload` of `on_upload`."""
    return name.replace("_", "-")


def pascal(name: str) -> str:
    """`OnUpload` of `on_upload`."""
    return name.title().replace("_", "")


@cache
def functions() -> tuple[Function, ...]:
    """Every function, by family and file name.

    Raises:
        ValueError: a file is in no family's folder, or is neither a worker nor named as an
            operation of the service model.
    """
    operations = {module_name(name): name for name in service_model().operation_names}
    files = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob("*.py"))
    return tuple(_function(path, operations) for path in files if path.stem != "__init__")


def _function(path: Path, operations: dict[str, str]) -> Function:
    if len(path.parts) != 2:
        raise ValueError(f"functions/{path} is not functions/<family>/<module>.py.")
    family, module = path.parent.name, path.stem
    if family == WORKERS:
        return Function(family, module, Kind.WORKER, None)
    operation = operations.get(module)
    if operation is None:
        raise ValueError(f"functions/{path} is no operation of the service model.")
    kind = Kind.EXTENSION if operation in EXTENSIONS else Kind.OPERATION
    return Function(family, module, kind, operation)
