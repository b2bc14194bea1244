"""GetTextDetection: how such a job is, and the text that it found."""

from typing import Any

from sightline.domain.video.results import page
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("GetTextDetection")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    found = page("TextDetection", request, start_of("GetTextDetection", request))
    return {**found.answer, "NextToken": token_after("GetTextDetection", request, found.last)}
