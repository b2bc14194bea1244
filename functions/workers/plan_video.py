"""A video job's first step: the file is looked at and cut; a queue starts it."""

from typing import Any

from sightline.domain.video.plan import plan
from sightline.wire.messages import handled


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return handled("PlanVideo", event, context, lambda message: plan(message["job"]))
