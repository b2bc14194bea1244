"""S3's events as queues bring them: S3's own notifications, and EventBridge's events.

Both are documented in S3's user guide, "Event message structure" and "EventBridge event message
structure"; a notification has its key encoded as in a form, an event of EventBridge has it plain.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from sightline.domain.uploads import Event
from sightline.errors import SerializationException

CREATED = "ObjectCreated:"
REMOVED = ("ObjectRemoved:", "LifecycleExpiration:")
DETAIL_TYPES = {"Object Created": False, "Object Deleted": True}
# A sequencer is hexadecimal, of 16 or 18 digits in S3's examples. As numbers, both forms count up
# from 1970 in seconds and fractions; so the shorter one gets zeros on its left.
DIGITS = 32
FRACTIONS = 2**32  # of a second, where the time stands in for a sequencer that is missing


def events_of(body: str) -> list[Event]:
    """The events in a message: what was created or removed; all else that S3 tells is left out.

    Raises:
        SerializationException: the message is not one of S3's.
    """
    try:
        document = json.loads(body)
        if document.get("Event") == "s3:TestEvent":  # S3 checks a new notification with it
            return []
        if "detail-type" in document:
            return list(_from_event_bridge(document))
        return list(_from_notification(document["Records"]))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise SerializationException("The message is not an event of S3.") from None


def _from_notification(records: Iterable[dict[str, Any]]) -> Iterator[Event]:
    for record in records:
        name: str = record["eventName"].removeprefix("s3:")
        if not name.startswith((CREATED, *REMOVED)):
            continue
        thing = record["s3"]["object"]
        yield _event(
            record["s3"]["bucket"]["name"],
            unquote_plus(thing["key"], errors="strict"),
            {**thing, "version": thing.get("versionId"), "etag": thing.get("eTag", "")},
            removed=not name.startswith(CREATED),
            time=record["eventTime"],
            body={"Records": [record]},
        )


def _from_event_bridge(document: dict[str, Any]) -> Iterator[Event]:
    removed = DETAIL_TYPES.get(document["detail-type"])
    if removed is not None:
        thing = document["detail"]["object"]
        yield _event(
            document["detail"]["bucket"]["name"],
            thing["key"],
            {"etag": "", **thing, "version": thing.get("version-id")},
            removed=removed,
            time=document["time"],
            body=document,
        )


def _event(
    bucket: str, key: str, thing: dict[str, Any], removed: bool, time: str, body: dict[str, Any]
) -> Event:
    if not isinstance(bucket, str) or not isinstance(key, str):
        raise TypeError
    sequencer, version = thing.get("sequencer"), thing["version"]
    moment = datetime.fromisoformat(time).timestamp()
    return Event(
        bucket=bucket,
        key=key,
        removed=removed,
        order=f"{int(sequencer, 16) if sequencer else int(moment * FRACTIONS):0{DIGITS}x}",
        sequencer=sequencer,
        time=time,
        version=None if version in ("", "null") else version,
        etag=thing["etag"].strip('"'),
        body=json.dumps(body),  # in ASCII: a key may have letters that no message may
    )
