"""DetectFaces: the faces of one image, the 100 largest of them."""

from typing import Any

from sightline.domain.face_detection import detect_faces
from sightline.domain.photos import open_photo
from sightline.wire.operation import operation


@operation("DetectFaces")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return detect_faces(open_photo(request["Image"]), request)
