"""DetectFaces: the faces of one photo, the 100 largest of them."""

from typing import Any

from sightline.domain.face_detail import expand_attributes, face_detail
from sightline.vision.faces import face_analyzer
from sightline.vision.photo import Photo


def detect_faces(photo: Photo, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of DetectFaces."""
    wanted = expand_attributes(request.get("Attributes", []))
    faces = face_analyzer().analyze(photo, wanted)
    return {"FaceDetails": [face_detail(face, wanted) for face in faces]}
