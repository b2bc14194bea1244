"""Dead letters of the steps of video jobs: their queue starts it, and the jobs end as failed."""

from typing import Any

from sightline.domain.video.rescue import bury
from sightline.wire.messages import handled


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return handled("FailVideo", event, context, bury)
