"""One piece of a video job for text; a queue starts it."""

from typing import Any

from sightline.domain.video.pieces import analyse
from sightline.wire.messages import handled


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return handled("AnalyseText", event, context, _piece)


def _piece(message: dict[str, Any]) -> None:
    analyse(message["job"], message["piece"])
