"""DetectFaces: the faces of one image, the 100 largest of them."""

from typing import Any

from sightline.domain.face_detail import expand_attributes, face_detail
from sightline.domain.photos import open_photo
from sightline.vision.faces import face_analyzer
from sightline.wire.operation import operation


@operation("DetectFaces")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    wanted = expand_attributes(request.get("Attributes", []))
    faces = face_analyzer().analyze(open_photo(request["Image"]), wanted)
    return {"FaceDetails": [face_detail(face, wanted) for face in faces]}
