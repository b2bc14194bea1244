"""StartFaceSearch: a job that finds faces of a collection in a stored video."""

from typing import Any

from sightline.domain.video.start import start
from sightline.wire.operation import operation


@operation("StartFaceSearch")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"JobId": start("FaceSearch", request)}
