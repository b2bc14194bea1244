"""GetSegmentDetection: how such a job is, and the shots and technical cues that it found."""

from typing import Any

from sightline.domain.video.results import page
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("GetSegmentDetection")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    found = page("SegmentDetection", request, start_of("GetSegmentDetection", request))
    return {**found.answer, "NextToken": token_after("GetSegmentDetection", request, found.last)}
