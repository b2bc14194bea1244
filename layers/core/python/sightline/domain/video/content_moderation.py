"""ContentModeration: the labels of DetectModerationLabels in a video's sampled frames, of which
those that seem indecent are looked at twice.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from sightline.domain.moderation import (
    MIN_CONFIDENCE,
    MODEL_VERSION,
    content_types,
    moderation_labels,
)
from sightline.domain.taxonomy import Label, taxonomy
from sightline.domain.video.kinds import Element, Merged, Span
from sightline.domain.video.named import Finding, Whole, orders
from sightline.domain.video.records import Pieces, dump, rounded
from sightline.domain.video.runs import Run
from sightline.domain.video.samples import look_at
from sightline.vision.nudity import read_frame_nudity
from sightline.vision.photo import Photo
from sightline.vision.scenes import read_scenes

if TYPE_CHECKING:
    from sightline.video.frames import Video


def analyse(video: "Video", span: Span, request: dict[str, Any]) -> bytes:
    """The labels from the request's confidence on, and the types of content, frame by frame."""

    def look(photo: Photo) -> tuple[list[Finding], Whole]:
        nudity, scenes = read_frame_nudity(photo), read_scenes(photo)
        labels = moderation_labels(nudity, scenes, request.get("MinConfidence", MIN_CONFIDENCE))
        return (
            [[label["Name"], label["Confidence"]] for label in labels],
            {each["Name"]: each["Confidence"] for each in content_types(nudity, scenes)},
        )

    return dump(
        rounded([time, labels, types]) for time, (labels, types) in look_at(video, span, look)
    )


def merge(pieces: Pieces, request: dict[str, Any], info: dict[str, Any]) -> Merged:
    """The labels of all pieces in their four orders."""
    del request  # what it leaves out is not in the pieces
    found = orders(pieces, Form(), info["duration"])
    return Merged(found, {"ModerationModelVersion": MODEL_VERSION})


class Form:
    """`ContentModerationDetection`."""

    def element(self, time: int, finding: Finding, whole: Whole) -> Element:
        """A label in a frame, with the frame's types of content."""
        name, confidence = finding
        return {"Timestamp": time, **_said(name, confidence, whole)}

    def segment(self, run: Run) -> Element:
        """A label with every type of content that a frame of its run has."""
        return _said(run.name, run.confidence, run.whole)


def _said(name: str, confidence: float, types: Whole) -> Element:
    label = _labels()[name]
    return {
        "ModerationLabel": {
            "Name": name,
            "Confidence": confidence,
            "ParentName": label.parent,
            "TaxonomyLevel": label.level,
        },
        "ContentTypes": [
            {"Name": kind, "Confidence": sure}
            for kind, sure in sorted(types.items(), key=lambda each: -each[1])
        ],
    }


@cache
def _labels() -> dict[str, Label]:
    return {label.name: label for label in taxonomy().labels}
