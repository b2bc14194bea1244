"""What a job on a stored video is, and how its item in the table is read."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from sightline.store.table import Item

IN_PROGRESS, SUCCEEDED, FAILED = "IN_PROGRESS", "SUCCEEDED", "FAILED"
PLAN, PIECES, MERGE = "plan", "pieces", "merge"


@dataclass(frozen=True, slots=True)
class Source:
    """The video of a job: an object as it was when the job started; `size` in bytes."""

    bucket: str
    key: str
    version: str | None
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended.

    Attributes:
        message: why, of a job that failed.
        run: below which the results are.
        counts: elements in each order of the list.
        answer: further members of the answer.
    """

    state: str
    message: str | None = None
    run: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A job.

    Attributes:
        kind: a key of `KINDS`.
        request: what started it.
        created: in seconds since 1970, as `progress`, when it last got on, and `ended`.
        resumed: how often its messages were sent again since it last got on.
        info: what the video's header says, once it is planned.
        length: milliseconds of a piece.
        pieces: how many there are; None before it is planned.
        done: numbers of the pieces that are analysed.
    """

    id: str
    kind: str
    request: dict[str, Any]
    video: Source
    created: float
    slot: str
    unsent: str | None = None
    progress: float = 0.0
    resumed: int = 0
    info: dict[str, Any] = field(default_factory=dict)
    length: int = 0
    pieces: int | None = None
    done: frozenset[int] = frozenset()
    outcome: Outcome | None = None
    ended: float = 0.0

    @property
    def state(self) -> str:
        """`JobStatus`."""
        return self.outcome.state if self.outcome else IN_PROGRESS

    @property
    def step(self) -> str:
        """What is due of a job that runs."""
        if self.pieces is None:
            return PLAN
        return PIECES if self.left else MERGE

    @property
    def left(self) -> list[int]:
        """Numbers of the pieces that are not analysed."""
        return [number for number in range(self.pieces or 0) if number not in self.done]


def parse(item: Item) -> Job | None:
    """The job of an item; None where its results are no longer kept."""
    if float(item["expires"]["N"]) <= time.time():  # DynamoDB drops items days late
        return None
    document = json.loads(item["document"]["S"])
    outcome = json.loads(item["outcome"]["S"]) if "outcome" in item else None
    return Job(
        id=item["PK"]["S"].removeprefix("JOB#"),
        kind=item["kind"]["S"],
        request=document["request"],
        video=Source(**document["video"]),
        created=float(item["created"]["N"]),
        slot=item["slot"]["S"],
        unsent=item["unsent"]["S"] if "unsent" in item else None,
        progress=float(item["progress"]["N"]),
        resumed=int(item["resumed"]["N"]),
        info=json.loads(item["info"]["S"]) if "info" in item else {},
        length=int(item["reach"]["N"]) if "reach" in item else 0,
        pieces=int(item["pieces"]["N"]) if "pieces" in item else None,
        done=frozenset(int(each) for each in item["done"]["NS"]) if "done" in item else frozenset(),
        outcome=None if outcome is None else Outcome(**outcome),
        ended=float(item["ended"]["N"]) if "ended" in item else 0.0,
    )
