"""UntagResource: takes tags from a collection."""

from typing import Any

from sightline.domain import collections
from sightline.wire.operation import operation


@operation("UntagResource")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    collections.untag(request["ResourceArn"], request["TagKeys"])
    return {}
