"""LabelDetection: the labels of DetectLabels in a video's sampled frames."""

from typing import TYPE_CHECKING, Any

from sightline.domain.labels import MODEL_VERSION, Label, kinship, labels_of, wanted
from sightline.domain.video.kinds import Element, Merged, Span
from sightline.domain.video.named import Finding, Whole, orders
from sightline.domain.video.records import Pieces, dump, rounded
from sightline.domain.video.runs import Run
from sightline.domain.video.samples import look_at
from sightline.vision.photo import Photo, reduced

if TYPE_CHECKING:
    from sightline.video.frames import Video

MIN_CONFIDENCE = 50.0  # the documented default, of labels and of boxes; in photos it is 55
# Long side of what is looked at. Faces take most of the time, and the smallest that the service
# promises, 40 pixels of 1920, still has 20. On 109 frames of five clips in 1280 pixels 29 of 597
# labels went and 30 came, two in three of them what small faces show (age, sex, glasses); a frame
# takes four fifths of the time.
LONG_SIDE = 960


def analyse(video: "Video", span: Span, request: dict[str, Any]) -> bytes:
    """The labels that the request lets through, frame by frame."""

    def look(photo: Photo) -> list[Finding]:
        least = request.get("MinConfidence", MIN_CONFIDENCE)
        labels = labels_of(reduced(photo, LONG_SIDE), least)
        return [_finding(label) for label in wanted(labels, request)]

    return dump([time, labels, {}] for time, labels in look_at(video, span, look))


def merge(pieces: Pieces, request: dict[str, Any], info: dict[str, Any]) -> Merged:
    """The labels of all pieces in their four orders."""
    del request  # what it leaves out is not in the pieces
    return Merged(orders(pieces, Form(), info["duration"]), {"LabelModelVersion": MODEL_VERSION})


def _finding(label: Label) -> Finding:
    boxes = [
        [each.box.left, each.box.top, each.box.width, each.box.height, each.confidence]
        for each in label.instances
    ]
    found: Finding = rounded([label.name, label.confidence, boxes])
    return found


class Form:
    """`LabelDetection`."""

    def element(self, time: int, finding: Finding, whole: Whole) -> Element:
        """A label in a frame, with its boxes."""
        del whole
        name, confidence, boxes = finding
        return {"Timestamp": time, "Label": _label(name, confidence, boxes)}

    def segment(self, run: Run) -> Element:
        """A label without boxes, which a run has none of."""
        return {"Label": _label(run.name, run.confidence, [])}


def _label(name: str, confidence: float, boxes: list[list[float]]) -> dict[str, Any]:
    instances = [
        {
            "BoundingBox": {"Width": width, "Height": height, "Left": left, "Top": top},
            "Confidence": sure,
        }
        for left, top, width, height, sure in boxes
    ]
    return {"Name": name, "Confidence": confidence, "Instances": instances, **kinship(name)}
