"""GetFaceSearch: how such a job is, and the faces of a collection that it found."""

from typing import Any

from sightline.domain.video.results import page
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("GetFaceSearch")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    found = page("FaceSearch", request, start_of("GetFaceSearch", request))
    return {**found.answer, "NextToken": token_after("GetFaceSearch", request, found.last)}
