"""IndexFaces: adds the faces of an image to a collection."""

from typing import Any

from sightline.domain.indexing import index
from sightline.wire.operation import operation


@operation("IndexFaces")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return index(request)
