"""DeleteFaces: faces leave a collection."""

from typing import Any

from sightline.domain import faces
from sightline.wire.operation import operation


@operation("DeleteFaces")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return faces.delete(request["CollectionId"], request["FaceIds"])
