"""The kinds of video jobs: rows of one table, so that the way of a job is written once.

Imports nothing heavy: who starts and reads jobs needs neither models nor a decoder. The module of a
kind has what needs them: `analyse`, of one piece, and `merge`, of all pieces.
"""

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from sightline.video.frames import Video

Element = dict[str, Any]  # of a result's list, in AWS's names
TIMESTAMP = ("TIMESTAMP",)
TIMES_AND_RUNS = tuple(
    f"{sort}/{aggregate}"
    for sort in ("TIMESTAMP", "NAME")
    for aggregate in ("TIMESTAMPS", "SEGMENTS")
)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a video: the frames from `start` on and before `end`, in its milliseconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Merged:
    """What a job found.

    Attributes:
        orders: the list in each of the kind's orders.
        answer: further members of the answer, such as `LabelModelVersion`.
    """

    orders: Mapping[str, Iterable[Element]]
    answer: dict[str, Any] = field(default_factory=dict)


class Work(Protocol):
    """What the module of a kind offers."""

    def analyse(self, video: "Video", span: Span, request: dict[str, Any]) -> bytes:
        """What is found in one piece, in a form that only `merge` reads."""

    def merge(
        self, pieces: Sequence[Callable[[], bytes]], request: dict[str, Any], info: dict[str, Any]
    ) -> Merged:
        """The result of all pieces, which are read as often as need be, in the video's order."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job.

    Attributes:
        name: the operations are `Start<name>` and `Get<name>`.
        member: of the answer that has the list.
        worker: which of the workers that analyse has the layers for it.
        module: below `sightline.domain.video`; it is `Work`.
        orders: in which the list is kept, by the request's SortBy and AggregateBy.
        piece: milliseconds of a piece; pieces start at multiples of it.
    """

    name: str
    member: str
    worker: str
    module: str
    orders: tuple[str, ...] = TIMESTAMP
    piece: int = 60_000

    @property
    def work(self) -> Work:
        """What analyses and merges; heavy to import."""
        return cast(Work, importlib.import_module(f"sightline.domain.video.{self.module}"))


KINDS = {
    kind.name: kind
    for kind in (
        Kind("LabelDetection", "Labels", "labels", "label_detection", TIMES_AND_RUNS),
        Kind(
            "ContentModeration", "ModerationLabels", "labels", "content_moderation", TIMES_AND_RUNS
        ),
        Kind("PersonTracking", "Persons", "labels", "person_tracking", ("TIMESTAMP", "INDEX")),
        Kind("FaceDetection", "Faces", "faces", "face_detection"),
        Kind("FaceSearch", "Persons", "faces", "face_search", ("TIMESTAMP", "INDEX")),
        Kind(
            "CelebrityRecognition",
            "Celebrities",
            "faces",
            "celebrity_recognition",
            ("TIMESTAMP", "ID"),
        ),
        Kind("TextDetection", "TextDetections", "text", "text_detection"),
        Kind("SegmentDetection", "Segments", "segments", "segment_detection", piece=300_000),
    )
}
WORKERS = tuple(dict.fromkeys(kind.worker for kind in KINDS.values()))
