"""`python -m benchmarks`: measures everything, prints a table and writes it to `results/`."""

import argparse
import platform
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks import (
    attributes,
    celebrities,
    cold_starts,
    data,
    detection,
    equipment,
    histories,
    moderation,
    objects,
    recognition,
    results,
    scenes,
    segments,
    shard_service,
    shards,
    speed,
    text,
    video_decode,
    video_jobs,
    video_labels,
    video_people,
)
from benchmarks.results import Row

NEEDING_DATA: dict[str, Callable[[bool], list[Row]]] = {
    "recognition": recognition.rows,
    "detection": detection.rows,
    "attributes": attributes.rows,
    "objects": objects.rows,
    "scenes": scenes.rows,
    "equipment": equipment.rows,
    "moderation": moderation.rows,
    "celebrities": celebrities.rows,
    "text": text.rows,
    "segments": segments.rows,
    "video, labels": video_labels.rows,
    "video, people": video_people.rows,
}
LONG = {"video, labels", "video, people"}  # minutes, even of a sample
MARKS = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}


def main() -> None:
    """Measures, shows, writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a sample of each set, for CI")
    short = parser.parse_args().short
    console = Console()
    started = time.perf_counter()
    found: list[Row] = []
    with console.status("speed") as status:
        found += speed.rows(short)
        status.update("cold starts")
        found += cold_starts.rows(short)
        status.update("collections, histories")
        found += histories.rows(short)
        status.update("search of millions")
        found += shards.rows(short)
        if not short:  # a local S3 takes its time with a million faces
            found += shard_service.rows(short)
        status.update("video, jobs")
        found += video_jobs.rows(short)
        if not short:  # a film of two hours is made and read
            status.update("video, decoding")
            found += video_decode.rows(short)
        for name, section in NEEDING_DATA.items():
            if not data.DATA.is_dir():
                console.print(f"{name}: skipped, no evaluation data beside the repository")
                continue
            if short and name in LONG:
                console.print(f"{name}: not in the short run")
                continue
            status.update(name)
            found += section(short)
    console.print(table(found))
    kind = "A sample of each set" if short else "All of each set"
    seconds = time.perf_counter() - started
    results.write(
        found,
        f"{kind}, on {platform.machine()}, in {seconds:.0f} s. The heads for emotion, smile, "
        "mouth, eyes, age and cover were fitted on these sets; cross-validated figures: "
        "layers/models/training/README.md.",
    )


def table(rows: list[Row]) -> Table:
    """What the terminal shows."""
    shown = Table("what", "asked", "measured", "reached")
    for row in rows:
        shown.add_row(row.metric, row.asked, row.measured, MARKS[row.reached])
    return shown


if __name__ == "__main__":
    main()
