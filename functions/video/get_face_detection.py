"""GetFaceDetection: how such a job is, and the faces that it found."""

from typing import Any

from sightline.domain.video.results import page
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("GetFaceDetection")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    found = page("FaceDetection", request, start_of("GetFaceDetection", request))
    return {**found.answer, "NextToken": token_after("GetFaceDetection", request, found.last)}
