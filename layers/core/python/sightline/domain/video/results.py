"""What Get answers: how a job is, and a page of what it found."""

import json
from dataclasses import dataclass
from typing import Any

from sightline.domain.video.kinds import KINDS, Element, Kind
from sightline.errors import InvalidPaginationTokenException, ResourceNotFoundException
from sightline.store import job_objects, jobs
from sightline.store.job import SUCCEEDED, Job, Outcome

MOST = 1000  # elements of a page; a larger number acts as this one
# Of a page in JSON. Lambda answers 6 MB at most, in which each quote of it is escaped once more.
MOST_BYTES = 4_000_000
SEGMENTS = "SegmentDetection"  # whose metadata are lists


@dataclass(frozen=True, slots=True)
class Page:
    """An answer, and where the next page begins; None on the last."""

    answer: dict[str, Any]
    last: str | None


def page(name: str, request: dict[str, Any], after: str | None) -> Page:
    """The answer of `Get<name>`, from element number `after` on.

    Raises:
        ResourceNotFoundException: there is no such job of this kind.
        InvalidPaginationTokenException: `after` is no element's number.
    """
    kind = KINDS[name]
    job = jobs.read(request["JobId"])
    if job is None or job.kind != name:
        raise ResourceNotFoundException(f"The job id: {request['JobId']} does not exist")
    answer: dict[str, Any] = {
        "JobId": job.id,
        "JobStatus": job.state,
        "Video": job.request["Video"],
        "JobTag": job.request.get("JobTag"),
        kind.member: [],
    }
    order = _order(kind, request)
    if "/" in order:
        sort, aggregate = order.split("/")
        answer["GetRequestMetadata"] = {"SortBy": sort, "AggregateBy": aggregate}
    if job.outcome is None:
        return Page(answer, None)
    if job.outcome.state != SUCCEEDED:
        return Page({**answer, "StatusMessage": job.outcome.message}, None)
    found = _found(job, job.outcome, order, after, min(request.get("MaxResults", MOST), MOST))
    return Page({**answer, **_metadata(job), **job.outcome.answer, kind.member: found[0]}, found[1])


def _found(
    job: Job, outcome: Outcome, order: str, after: str | None, size: int
) -> tuple[list[Element], str | None]:
    start = _number(after)
    end = min(start + size, outcome.counts[order])
    if start >= end:
        return [], None
    elements = _fitting(job_objects.results(job.id, outcome.run, order, start, end))
    end = start + len(elements)
    return elements, str(end) if end < outcome.counts[order] else None


def _fitting(elements: list[Element]) -> list[Element]:
    """As many of them, from the first on, as fit into one answer; one in any case."""
    total = 0
    for number, element in enumerate(elements):
        total += len(json.dumps(element))
        if number and total > MOST_BYTES:
            return elements[:number]
    return elements


def _number(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdecimal()):
        raise InvalidPaginationTokenException
    return int(after)


def _order(kind: Kind, request: dict[str, Any]) -> str:
    """The one of the kind's orders that a request asks for; the first where it leaves it open."""
    default = kind.orders[0].split("/")
    asked = [request.get("SortBy"), request.get("AggregateBy")]
    return "/".join(given or usual for given, usual in zip(asked, default, strict=False))


def _metadata(job: Job) -> dict[str, Any]:
    """What the video's header says, in AWS's names."""
    info = job.info
    video = {
        "Codec": info["codec"],
        "DurationMillis": info["duration"],
        "Format": info["format"],
        "FrameRate": info["frame_rate"],
        "FrameHeight": info["height"],
        "FrameWidth": info["width"],
        "ColorRange": info["color_range"],
    }
    if job.kind != SEGMENTS:
        return {"VideoMetadata": video}
    audio = [
        {
            "Codec": each["codec"],
            "DurationMillis": each["duration"],
            "SampleRate": each["sample_rate"],
            "NumberOfChannels": each["channels"],
        }
        for each in info["audio"]
    ]
    return {"VideoMetadata": [video], "AudioMetadata": audio}
