"""Analyze: several operations on one image, read and decoded once."""

from typing import Any

from sightline.domain.analysis import LIMITS, analyze
from sightline.domain.photos import open_photo, sent_bytes
from sightline.wire.operation import operation


@operation("Analyze")
def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    image = request["Image"]
    operations = {name: {**asked, "Image": image} for name, asked in request["Operations"].items()}
    analysis = analyze(open_photo(image, LIMITS), operations, sent_bytes(image))
    errors = [
        {"Operation": name, "Code": error.code, "Message": error.message}
        for name, error in analysis.errors.items()
    ]
    return {**analysis.answers, "Errors": errors or None}
