"""GetLabelDetection: how such a job is, and the labels that it found."""

from typing import Any

from sightline.domain.video.results import page
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("GetLabelDetection")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    found = page("LabelDetection", request, start_of("GetLabelDetection", request))
    return {**found.answer, "NextToken": token_after("GetLabelDetection", request, found.last)}
