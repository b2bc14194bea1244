"""DeleteCollection: a collection goes with all its faces and users."""

from typing import Any

from sightline.domain import collections
from sightline.wire.operation import operation


@operation("DeleteCollection")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    collections.delete(request["CollectionId"])
    return {"StatusCode": 200}
