"""TagResource: adds tags to a collection."""

from typing import Any

from sightline.domain import collections
from sightline.wire.operation import operation


@operation("TagResource")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    collections.tag(request["ResourceArn"], request["Tags"])
    return {}
