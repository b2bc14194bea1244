"""What was cut short is finished, step by step: a schedule starts it.

Collections that are gone still hold items and shards; jobs on videos and manifests may have lost a
message.
"""

from typing import Any

from sightline.domain.media import endings
from sightline.domain.video import rescue
from sightline.metrics import measured
from sightline.store import collections, shard_objects

ENOUGH = 30_000  # ms that are left: a round of ten thousand items takes some seconds


def handler(event: dict[str, Any], context: Any) -> None:
    with measured("Sweep"):
        failures = []
        for sweep in (rescue.sweep, endings.sweep, shard_objects.sweep, collections.sweep):
            try:
                while sweep() and context.get_remaining_time_in_millis() > ENOUGH:
                    pass
            except Exception as error:  # the others come first
                failures.append(error)
        if failures:
            raise ExceptionGroup("Not everything could be finished.", failures)
