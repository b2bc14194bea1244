"""A function as Lambda unpacks and starts it, for tests and measurements: its code, its layers over
each other, and a process that sees nothing else.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import bundle
from infra.bundle import HERE, Platform
from infra.functions import FOLDER, Function
from infra.models import models
from infra.needs import needs
from infra.stripping import files

# "The maximum size of a function's deployment package and layers when they're extracted": what
# Lambda's quotas call 250 MB, and its error messages 262144000 bytes.
QUOTA = 250 * 1024 * 1024
MOST_LAYERS = 5
ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "SIGHTLINE_ACCOUNT": "123456789012",
    "SIGHTLINE_TABLE": "sightline",
    "SIGHTLINE_BUCKET": "sightline-state",
    "SIGHTLINE_KEYS": "sightline/keys",
}
PATHS = 'import sys; sys.path[:0] = [sys.argv[1], sys.argv[2] + "/python"]\n'


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Folders that stand for `/var/task` and `/opt`."""

    task: Path
    opt: Path

    def size(self) -> int:
        """Bytes of all files."""
        return bundle.size(self.task) + bundle.size(self.opt)


def layers_of(function: Function) -> tuple[str, ...]:
    """A function's layers, in the order in which Lambda lays them over each other."""
    return ("base", *needs(function).layers)


def unpack(layers: Sequence[str], folder: Path, platform: Platform = HERE) -> Unpacked:
    """Makes both folders in an empty one; the files of layers are links.

    Raises:
        FileExistsError: a layer hides another one's file, and has something else there.
    """
    task, opt = folder / "task", folder / "opt"
    shutil.copytree(FOLDER, task / FOLDER.name, ignore=shutil.ignore_patterns("__pycache__"))
    for layer in layers:
        source = bundle.build(layer, platform)
        for file in files(source):
            path = opt / file.relative_to(source)
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.symlink_to(file)
            elif path.read_bytes() != file.read_bytes():
                raise FileExistsError(f"{layer}: {file.relative_to(source)} is in another layer")
    return Unpacked(task, opt)


def start(
    function: Function, where: Unpacked, program: str, event: Any = None, **environment: str
) -> Any:
    """Runs a program in a fresh process, which finds the function as on Lambda.

    The process sees no packages but those of the layers and of Python itself, and nothing of this
    one's environment.

    Args:
        program: its third argument is the name of the handler's module, its input the event in
            JSON; it writes JSON as its last line.

    Raises:
        RuntimeError: the program failed; says how.
    """
    module = function.handler.rpartition(".")[0]
    paths = [str(where.task), str(where.opt), module]
    settings = {
        **ENVIRONMENT,
        "HOME": str(where.task),  # where boto3 looks for somebody's configuration
        "SIGHTLINE_MODELS": str(where.opt / "models"),
        "SIGHTLINE_PRELOAD": ",".join(models(function.module)),
    }
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", PATHS + program, *paths],
        input=json.dumps(event),
        capture_output=True,
        check=False,
        cwd=where.task,
        env={**settings, **environment, "PATH": os.defpath},
        text=True,
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return json.loads(ran.stdout.splitlines()[-1])
