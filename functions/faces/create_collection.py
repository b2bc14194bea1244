"""CreateCollection: an empty collection for faces and users."""

from typing import Any

from sightline.domain import collections
from sightline.wire.operation import operation


@operation("CreateCollection")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    made = collections.create(request["CollectionId"], request.get("Tags", {}))
    return {
        "StatusCode": 200,
        "CollectionArn": collections.arn_on_create(made.id),
        "FaceModelVersion": made.model,
    }
