"""GetContentModeration: how such a job is, and the moderation labels that it found."""

from typing import Any

from sightline.domain.video.results import page
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("GetContentModeration")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    found = page("ContentModeration", request, start_of("GetContentModeration", request))
    return {**found.answer, "NextToken": token_after("GetContentModeration", request, found.last)}
