"""What collections that are gone still hold is deleted, step by step: a schedule starts it."""

from typing import Any

from sightline.metrics import measured
from sightline.store import collections


def handler(event: dict[str, Any], context: Any) -> None:
    with measured("Sweep"):
        collections.sweep()
