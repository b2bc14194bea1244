"""`sightline jobs`: the jobs on stored videos that run, and the last ones that ended."""

import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.connection import LOCAL, EndpointUrl, Region, TableName, stack
from cli.report import out

if TYPE_CHECKING:
    from sightline.store.job import Job

STYLES = {"IN_PROGRESS": "yellow", "SUCCEEDED": "green", "FAILED": "red"}
BAR = 24  # characters
REFRESH = 2.0  # seconds


def jobs(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Jobs to list.")] = 20,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds.")] = False,
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    table: TableName = "sightline",
) -> None:
    """List jobs on stored videos, running ones first: how far they are, how fast, what is left."""
    with stack(endpoint_url, region, SIGHTLINE_TABLE=table):
        if not watch:
            out.print(_listing(limit))
            return
        with Live(_listing(limit), console=out, auto_refresh=False) as live:
            while True:
                time.sleep(REFRESH)
                live.update(_listing(limit), refresh=True)


def _listing(limit: int) -> Table:
    from sightline.store import jobs  # noqa: PLC0415

    running = sorted(jobs.running(), key=lambda job: -job.created)
    known = {job.id for job in running}
    ids = [job_id for _, job_id, _ in jobs.recent(limit + len(known)) if job_id not in known]
    listing = Table(box=None, pad_edge=False)
    for heading in ("job", "operation", "video", "state", "pieces", "speed", "left"):
        listing.add_column(heading, overflow="fold" if heading == "video" else "ellipsis")
    for job in [*running, *jobs.many(ids)][:limit]:
        listing.add_row(*_row(job, time.time()))
    return listing


def _row(job: "Job", now: float) -> tuple[Text | Table, ...]:
    rate = speed(job, now)
    left = remaining(job, rate)
    return (
        Text(job.id[:12]),
        Text(job.kind),
        Text(_printable(f"{job.video.bucket}/{job.video.key}")),
        Text(_printable(_state(job)), style=STYLES[job.state]),
        _pieces(job),
        Text(_pace(job, rate)),
        Text("" if left is None else f"{left // 60:.0f} min {left % 60:02.0f} s"),
    )


def _state(job: "Job") -> str:
    message = job.outcome.message if job.outcome else None
    return job.state if message is None else f"{job.state}: {message}"


def _pieces(job: "Job") -> Table:
    """A bar, and how many pieces are done of how many."""
    row = Table.grid(padding=(0, 1))
    if job.pieces is None:
        row.add_row(Text("–"))
    else:
        bar = ProgressBar(total=job.pieces, completed=len(job.done), width=BAR)
        row.add_row(bar, Text(f"{len(job.done)}/{job.pieces}"))
    return row


def _pace(job: "Job", rate: float | None) -> str:
    if rate is None:
        return ""
    return f"{rate:.1f}× real time, {rate * job.info['frame_rate']:.0f} frames/s"


def speed(job: "Job", now: float) -> float | None:
    """Seconds of video in a second, from the job's start on; None before a piece is done."""
    if not job.done:
        return None
    done = sum(_length(job, piece) for piece in job.done)
    return done / max((job.ended or now) - job.created, 0.001)


def remaining(job: "Job", rate: float | None) -> float | None:
    """Seconds until the last piece is done, at that speed; None where nobody can tell."""
    if rate is None or job.outcome is not None:
        return None
    return sum(_length(job, piece) for piece in job.left) / rate


def _length(job: "Job", piece: int) -> float:
    """Seconds of a piece."""
    rest: int = job.info["duration"] - piece * job.length
    return min(job.length, rest) / 1000


def _printable(line: str) -> str:
    """A line whose control characters, which a key may have, no terminal obeys."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in line
    )
