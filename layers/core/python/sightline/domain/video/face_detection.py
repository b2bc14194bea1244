"""FaceDetection: the faces of DetectFaces in a video's sampled frames."""

from typing import TYPE_CHECKING, Any

from sightline.domain.face_detail import expand_attributes, face_detail
from sightline.domain.video.kinds import Element, Merged, Span
from sightline.domain.video.records import Pieces, dump, load, rounded
from sightline.domain.video.samples import look_at
from sightline.vision.face import Face
from sightline.vision.faces import face_analyzer
from sightline.vision.photo import Photo

if TYPE_CHECKING:
    from sightline.video.frames import Video

NEVER_OF_VIDEO = ("FaceOccluded", "EyeDirection")  # as documented


def analyse(video: "Video", span: Span, request: dict[str, Any]) -> bytes:
    """The faces of each frame, largest first."""
    wanted = expand_attributes([request.get("FaceAttributes", "DEFAULT")])

    def look(photo: Photo) -> list[Element]:
        return [_detail(face, wanted) for face in face_analyzer().analyze(photo, wanted)]

    return dump(
        {"Timestamp": time, "Face": each}
        for time, found in look_at(video, span, look)
        for each in found
    )


def merge(pieces: Pieces, request: dict[str, Any], info: dict[str, Any]) -> Merged:
    """The faces of all pieces by time."""
    del request, info
    return Merged({"TIMESTAMP": load(pieces)})


def _detail(face: Face, wanted: frozenset[str]) -> Element:
    """A face as `FaceDetail`, as far as videos have it."""
    detail: Element = rounded(face_detail(face, wanted))
    return {name: value for name, value in detail.items() if name not in NEVER_OF_VIDEO}
