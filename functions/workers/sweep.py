"""What was cut short is finished, step by step: a schedule starts it.

Collections that are gone still hold items; jobs on videos and manifests may have lost a message.
"""

from typing import Any

from sightline.domain.media import endings
from sightline.domain.video import rescue
from sightline.metrics import measured
from sightline.store import collections


def handler(event: dict[str, Any], context: Any) -> None:
    with measured("Sweep"):
        rescue.sweep()
        endings.sweep()
        collections.sweep()
