"""TextDetection: what DetectText reads in a video's sampled frames."""

from typing import TYPE_CHECKING, Any

from sightline.domain.text import MODEL_VERSION, detect_text
from sightline.domain.video.kinds import Element, Merged, Span
from sightline.domain.video.records import Pieces, dump, load, rounded
from sightline.domain.video.samples import look_at
from sightline.vision.photo import Photo

if TYPE_CHECKING:
    from sightline.video.frames import Video


def analyse(video: "Video", span: Span, request: dict[str, Any]) -> bytes:
    """Lines and words, at most 100 words a frame, that the request's filters let through.

    Raises:
        InvalidParameterException: a region of interest is none.
    """
    filters = {"Filters": request.get("Filters", {})}

    def look(photo: Photo) -> list[Element]:
        found: list[Element] = rounded(detect_text(photo, filters)["TextDetections"])
        return found

    return dump(
        {"Timestamp": time, "TextDetection": each}
        for time, found in look_at(video, span, look)
        for each in found
    )


def merge(pieces: Pieces, request: dict[str, Any], info: dict[str, Any]) -> Merged:
    """The text of all pieces by time; ids begin anew with each frame."""
    del request, info
    return Merged({"TIMESTAMP": load(pieces)}, {"TextModelVersion": MODEL_VERSION})
