"""CompareFaces: the largest face of one image against every face of another."""

from typing import Any

from sightline.domain.comparison import compare
from sightline.wire.operation import operation


@operation("CompareFaces")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    return compare(request)
