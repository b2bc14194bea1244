"""The real server as a child process, and clients of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [str(Path(sys.executable).with_name("sightline"))]
REGION = "us-east-1"
PATIENCE = 60  # seconds that a child may take before a test gives up on it


class Server:
    """A running `sightline serve`."""

    def __init__(self, process: subprocess.Popen[str], first_line: str, errors: IO[str]) -> None:
        self.process = process
        self.first_line = first_line
        self.endpoint = next(word for word in first_line.split() if word.startswith("http://"))
        self._errors = errors

    def client(self, service: Any, **config: Any) -> Any:
        """A boto3 client over HTTP; one attempt, so that an error is seen."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, **config),
        )

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def errors(self) -> str:
        """What the process has written to stderr."""
        self._errors.seek(0)
        return self._errors.read()


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without what would lead a child astray."""
    kept = {name: value for name, value in os.environ.items() if not _leads(name)}
    return kept | {"AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"} | settings


def _leads(name: str) -> bool:
    return name.startswith(("AWS_", "SIGHTLINE_")) or name in {"HOST", "PORT", "DATA"}


@contextmanager
def serving(folder: Path, data: str = "none", **settings: str) -> Iterator[Server]:
    """A server on a free port, in a folder of its own; killed at the end if it still runs."""
    folder.mkdir(exist_ok=True)
    with (
        (folder / "stderr").open("w+") as errors,
        subprocess.Popen(
            [*COMMAND, "serve"],
            cwd=folder,
            env=environment(PORT="0", DATA=data, **settings),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            first_line = process.stdout.readline()
            assert first_line, (folder / "stderr").read_text()
            yield Server(process, first_line, errors)
        finally:
            process.kill()


def run(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """The `sightline` command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
