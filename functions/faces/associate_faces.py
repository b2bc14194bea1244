"""AssociateFaces: ties faces to a user."""

from typing import Any

from sightline.domain import associations, users
from sightline.wire.operation import operation


@operation("AssociateFaces")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    outcome = associations.associate(
        request["CollectionId"],
        request["UserId"],
        request["FaceIds"],
        request.get("UserMatchThreshold", associations.THRESHOLD),
        users.call("AssociateFaces", request),
    )
    return {
        "AssociatedFaces": [{"FaceId": face_id} for face_id in outcome.done],
        "UnsuccessfulFaceAssociations": outcome.refused,
        "UserStatus": outcome.status,
    }
