"""GetPersonTracking: how such a job is, and the persons and their ways that it found."""

from typing import Any

from sightline.domain.video.results import page
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("GetPersonTracking")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    found = page("PersonTracking", request, start_of("GetPersonTracking", request))
    return {**found.answer, "NextToken": token_after("GetPersonTracking", request, found.last)}
