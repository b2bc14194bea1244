"""`sightline jobs`: the jobs on stored videos that run, and the last ones that ended."""

import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.connection import LOCAL, EndpointUrl, Region, TableName, stack
from cli.report import out

if TYPE_CHECKING:
    from sightline.store.job import Job

STYLES = {"IN_PROGRESS": "yellow", "SUCCEEDED": "green", "FAILED": "red"}
ID, BAR = 12, 12  # characters
WIDE = 110  # characters from which on there is room for all that is known of a job
HEADINGS = ("job", "operation", "video", "state", "pieces", "left")
WIDE_HEADINGS = ("job", "operation", "video", "state", "pieces", "speed", "left")
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
            out.print(_listing(limit, out.width))
            return
        with Live(_listing(limit, out.width), console=out, auto_refresh=False) as live:
            while True:
                time.sleep(REFRESH)
                live.update(_listing(limit, out.width), refresh=True)


def _listing(limit: int, width: int) -> Group:
    """A line for each job, and below all, why some failed."""
    from sightline.store import jobs  # noqa: PLC0415

    running = sorted(jobs.running(), key=lambda job: -job.created)
    known = {job.id for job in running}
    ids = [job_id for _, job_id, _ in jobs.recent(limit + len(known)) if job_id not in known]
    listed = [*running, *jobs.many(ids)][:limit]
    now, wide = time.time(), width >= WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in WIDE_HEADINGS if wide else HEADINGS:
        table.add_column(heading, no_wrap=heading != "video")  # rich narrows what may wrap first
    for job in listed:
        table.add_row(*(_wide_row(job, now) if wide else _row(job, now)))
    failed = ((job, job.outcome.message) for job in listed if job.outcome and job.outcome.message)
    reasons = (f"{job.id[:ID]} {job.state}: {_printable(message)}" for job, message in failed)
    return Group(table, *(Text(reason, STYLES["FAILED"]) for reason in reasons))


def _row(job: "Job", now: float) -> tuple[Text | ProgressBar, ...]:
    """What fits into 80 columns, with as much of the video's name as does; a bar where a job runs
    takes the place of its state.
    """
    rate = speed(job, now)
    video = PurePosixPath(job.video.key).name or job.video.key
    *what, state = _what(job, video)
    runs = job.outcome is None and job.pieces is not None
    return (*what, _bar(job) if runs else state, Text(_count(job)), Text(_left(job, rate)))


def _wide_row(job: "Job", now: float) -> tuple[Text | Table, ...]:
    rate = speed(job, now)
    what = _what(job, f"{job.video.bucket}/{job.video.key}")
    return (*what, _pieces(job), Text(_pace(job, rate)), Text(_left(job, rate)))


def _what(job: "Job", video: str) -> tuple[Text, ...]:
    return (
        Text(job.id[:ID]),
        Text(job.kind),
        Text(_printable(video), no_wrap=True, overflow="ellipsis"),
        Text(job.state, style=STYLES[job.state]),
    )


def _left(job: "Job", rate: float | None) -> str:
    left = remaining(job, rate)
    return "" if left is None else f"{left // 60:.0f} min {left % 60:02.0f} s"


def _count(job: "Job") -> str:
    return "–" if job.pieces is None else f"{len(job.done)}/{job.pieces}"


def _pieces(job: "Job") -> Table:
    """A bar, and how many pieces are done of how many."""
    row = Table.grid(padding=(0, 1))
    if job.pieces is None:
        row.add_row(Text(_count(job)))
    else:
        row.add_row(_bar(job), Text(_count(job)))
    return row


def _bar(job: "Job") -> ProgressBar:
    return ProgressBar(total=job.pieces or 1, completed=len(job.done), width=BAR)


def _pace(job: "Job", rate: float | None) -> str:
    if rate is None:
        return ""
    return f"{rate:.1f}×, {rate * job.info['frame_rate']:.0f} frames/s"


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
