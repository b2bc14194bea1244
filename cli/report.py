"""What goes wrong in a command is one line on stderr and exit code 1; no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

out = Console(highlight=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


class Failure(Exception):
    """Why a command ends early, in one line."""


@contextmanager
def one_line_errors(*kinds: type[Exception]) -> Iterator[None]:
    """End the command with one line for a `Failure` or an exception of these kinds."""
    expected: tuple[type[Exception], ...] = (Failure, *kinds)
    try:
        yield
    except expected as error:
        line = " ".join(str(error).split()) or type(error).__name__
        _err.print(f"[bold red]Error:[/] {escape(line)}")
        raise typer.Exit(1) from None


def printable(line: str) -> str:
    """A line whose control characters, which names of others may have, no terminal obeys."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in line
    )
