"""What a request to start a job must be, beyond what the service model says of it.

Imports nothing heavy: a job's start runs no model.
"""

from collections.abc import Callable
from typing import Any

from sightline.domain.collections import need_current
from sightline.domain.regions import read_regions
from sightline.errors import InvalidParameterException, InvalidS3ObjectException
from sightline.settings import settings
from sightline.store import videos
from sightline.store.job import Source


def check(kind: str, request: dict[str, Any]) -> Source:
    """The video of a request that can be started.

    Raises:
        InvalidParameterException: no video, a topic of another region, a region that is none, a
            collection to search that has another face model.
        ResourceNotFoundException: the collection to search does not exist.
        InvalidS3ObjectException: the video is not there or may not be read.
        VideoTooLargeException: it is over 10 GB.
    """
    _check_channel(request.get("NotificationChannel"))
    if kind in _CHECKS:
        _CHECKS[kind](request)
    return _source(request["Video"].get("S3Object"))


def _source(place: dict[str, str] | None) -> Source:
    if place is None:
        raise InvalidParameterException("Request has invalid parameters: Video has no S3Object")
    if not place.get("Bucket") or not place.get("Name"):
        raise InvalidS3ObjectException("Request has invalid S3 object.")
    bucket, key = place["Bucket"], place["Name"]
    stored = videos.head(bucket, key, place.get("Version"))
    return Source(bucket, key, stored.version, stored.etag, stored.size)


def _check_channel(channel: dict[str, str] | None) -> None:
    """Refuses a topic that nobody could publish to from here."""
    if channel is not None and channel["SNSTopicArn"].split(":")[3] != settings().region:
        raise InvalidParameterException(
            "Request has invalid parameters: the SNS topic is in another region"
        )


def _check_text(request: dict[str, Any]) -> None:
    read_regions(request.get("Filters", {}).get("RegionsOfInterest", []))


def _check_search(request: dict[str, Any]) -> None:
    need_current(request["CollectionId"])


_CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "TextDetection": _check_text,
    "FaceSearch": _check_search,
}
