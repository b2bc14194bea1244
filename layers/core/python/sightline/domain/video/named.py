"""What label detection and content moderation have in common: findings with a name and a
confidence in each sampled frame, given in four orders.

A record of a piece is a sampled frame: its milliseconds, its findings in the order of the photo
operation (each a list that begins with name and confidence), and what is said of the whole frame,
as confidences by name. Six hours have half a million findings, so no order holds them as elements.
"""

import json
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from sightline.domain.video.kinds import Element
from sightline.domain.video.records import Pieces, load, packed
from sightline.domain.video.runs import Run, Sample, runs
from sightline.settings import video_step

Finding = list[Any]
Whole = dict[str, float]
SHELF_BYTES = 100_000  # lines of a name that are kept before they are compressed


class Form(Protocol):
    """How a kind's elements look."""

    def element(self, time: int, finding: Finding, whole: Whole) -> Element:
        """A finding in a frame."""

    def segment(self, run: Run) -> Element:
        """What a run says, but for its times."""


def orders(pieces: Pieces, form: Form, duration: int) -> dict[str, Iterable[Element]]:
    """The list of a kind by SortBy and AggregateBy; `duration` is the video's, in milliseconds.

    By time: as the photo operation orders the findings of one frame, and runs that begin together
    the surest first. By name: in the alphabet's order, those of a name the surest first. What is
    equal in that is in the order of time, or of names.
    """
    found = list(runs(_samples(pieces), video_step(), duration))
    return {
        "TIMESTAMP/TIMESTAMPS": _by_time(pieces, form),
        "NAME/TIMESTAMPS": _by_name(pieces, form),
        "TIMESTAMP/SEGMENTS": _segments(
            sorted(found, key=lambda run: (run.start, -run.confidence, run.name)), form
        ),
        "NAME/SEGMENTS": _segments(
            sorted(found, key=lambda run: (run.name, -run.confidence, run.start)), form
        ),
    }


def _samples(pieces: Pieces) -> Iterator[Sample]:
    for time, findings, whole in load(pieces):
        yield Sample(time, {finding[0]: finding[1] for finding in findings}, whole)


def _by_time(pieces: Pieces, form: Form) -> Iterator[Element]:
    for time, findings, whole in load(pieces):
        for finding in findings:
            yield form.element(time, finding, whole)


def _by_name(pieces: Pieces, form: Form) -> Iterator[Element]:
    shelves: dict[str, Shelf] = defaultdict(Shelf)
    for time, findings, whole in load(pieces):
        for finding in findings:
            shelves[finding[0]].add(finding[1], packed([time, finding, whole]))
    for name in sorted(shelves):
        for line in shelves.pop(name).best_first():
            yield form.element(*json.loads(line))


def _segments(found: Iterable[Run], form: Form) -> Iterator[Element]:
    for run in found:
        yield {
            "Timestamp": run.start,
            "StartTimestampMillis": run.start,
            "EndTimestampMillis": run.end,
            "DurationMillis": run.end - run.start,
            **form.segment(run),
        }


class Shelf:
    """The lines of one name, compressed, with their confidences."""

    def __init__(self) -> None:
        self._confidences = array("d")
        self._full: list[bytes] = []
        self._open = bytearray()

    def add(self, confidence: float, line: bytes) -> None:
        """Keeps a line."""
        self._confidences.append(confidence)
        self._open += line + b"\n"
        if len(self._open) > SHELF_BYTES:
            self._full.append(zlib.compress(self._open, 1))
            self._open.clear()

    def best_first(self) -> Iterator[bytes]:
        """The lines by descending confidence, equal ones as they came."""
        lines = [line for each in self._full for line in zlib.decompress(each).splitlines()]
        lines += bytes(self._open).splitlines()
        for place in sorted(range(len(lines)), key=lambda each: -self._confidences[each]):
            yield lines[place]
