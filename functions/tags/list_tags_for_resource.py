"""ListTagsForResource: the tags of a collection."""

from typing import Any

from sightline.domain import collections
from sightline.wire.operation import operation


@operation("ListTagsForResource")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"Tags": collections.tagged(request["ResourceArn"]).tags}
