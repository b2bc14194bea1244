"""StartMediaAnalysisJob: begins to analyse all images of a manifest."""

from typing import Any

from sightline.domain.media.start import start
from sightline.wire.operation import operation


@operation("StartMediaAnalysisJob")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"JobId": start(request)}
