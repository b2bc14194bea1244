"""DescribeCollection: what a collection holds."""

from datetime import UTC, datetime
from typing import Any

from sightline.domain import collections
from sightline.wire.operation import operation


@operation("DescribeCollection")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    collection = collections.need(request["CollectionId"])
    return {
        "FaceCount": collection.face_count,
        "UserCount": collection.user_count,
        "FaceModelVersion": collection.model,
        "CollectionARN": collections.arn(collection.id),
        "CreationTimestamp": datetime.fromtimestamp(collection.created, UTC),
    }
