"""DisassociateFaces: releases faces from a user."""

from typing import Any

from sightline.domain import associations, users
from sightline.wire.operation import operation


@operation("DisassociateFaces")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    outcome = associations.disassociate(
        request["CollectionId"],
        request["UserId"],
        request["FaceIds"],
        users.call("DisassociateFaces", request),
    )
    return {
        "DisassociatedFaces": [{"FaceId": face_id} for face_id in outcome.done],
        "UnsuccessfulFaceDisassociations": outcome.refused,
        "UserStatus": outcome.status,
    }
