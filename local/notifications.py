"""moto's S3 notifications as S3 sends them.

moto leaves out the sequencer and the version, by which a receiver tells what is newest, and says
nothing of delete markers and of versions that are deleted for good; of an upload in parts it tells
twice. Sequencers count nanoseconds since 1970, so that they go on rising after a restart from a
snapshot.
"""

import time
from functools import cache
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.s3 import notifications
from moto.s3.models import S3Backend
from moto.s3.notifications import S3NotificationEvent

_moto_send_event = notifications.send_event
_moto_delete_object = S3Backend.delete_object
_sequence = count(time.time_ns())


class _Version(NamedTuple):
    """A version that is no longer, or a delete marker."""

    name: str
    version_id: str


@cache
def install() -> None:
    """Mend moto's S3 notifications in this process; a second call changes nothing."""
    for owner, name, mended in (
        (notifications, "_get_s3_event", _event),
        (notifications, "send_event", _send_event),
        (S3Backend, "delete_object", _delete_object),
    ):
        setattr(owner, name, mended)


def _send_event(account_id: str, event_name: S3NotificationEvent, bucket: Any, key: Any) -> None:
    put = event_name == S3NotificationEvent.OBJECT_CREATED_PUT_EVENT
    if not (put and key.multipart):  # the completion of an upload in parts has an event of its own
        _moto_send_event(account_id, event_name, bucket, key)


def _event(name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
    """After "Event message structure" in S3's user guide."""
    thing = {"key": quote_plus(key.name, safe="/"), "sequencer": f"{next(_sequence):018X}"}
    if bucket.is_versioned:
        thing["versionId"] = str(key.version_id)
    if "ObjectRemoved" not in name:
        thing |= {"size": key.size, "eTag": key.etag.strip('"')}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": iso_8601_datetime_with_milliseconds(),
        "eventName": name.removeprefix("s3:"),
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": notification_id,
            "bucket": {"name": bucket.name, "arn": bucket.arn},
            "object": thing,
        },
    }
    return {"Records": [record]}


def _delete_object(
    self: S3Backend,
    bucket_name: str,
    key_name: str,
    version_id: str | None = None,
    bypass: bool = False,
) -> tuple[bool, dict[str, Any]]:
    done, answer = _moto_delete_object(self, bucket_name, key_name, version_id, bypass)
    bucket = self.get_bucket(bucket_name)
    # of an object whose last version goes, moto tells itself
    if done and "version-id" in answer and bucket.keys.getlist(key_name):
        event = (
            S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
            if version_id is None
            else S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT
        )
        version = _Version(key_name, answer["version-id"])
        notifications.send_event(self.account_id, event, bucket, version)
    return done, answer
