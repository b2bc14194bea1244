"""GetCelebrityRecognition: how such a job is, and the celebrities that it found."""

from typing import Any

from sightline.domain.video.results import page
from sightline.wire.operation import operation
from sightline.wire.paging import start_of, token_after


@operation("GetCelebrityRecognition")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    found = page("CelebrityRecognition", request, start_of("GetCelebrityRecognition", request))
    return {
        **found.answer,
        "NextToken": token_after("GetCelebrityRecognition", request, found.last),
    }
