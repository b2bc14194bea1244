"""A bucket is watched whole, or the operator hears that it is not."""

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from sightline.settings import uploads_queue
from sightline.store import aws, watches
from sightline.store.watches import EVENTS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

QUEUE = "sightline-uploads"
ALL: dict[str, Any] = {"Events": [*EVENTS]}


def filtered(*prefixes: str) -> dict[str, Any]:
    rules = [{"Name": "prefix", "Value": prefix} for prefix in prefixes]
    return {"Filter": {"Key": {"FilterRules": rules}}}


def told(s3: "S3Client", **theirs: Any) -> list[Any]:
    """Sets the bucket's own notification to the queue, if it is to have one; what it has then."""
    client = boto3.client("sqs")
    found = client.get_queue_attributes(QueueUrl=uploads_queue(), AttributeNames=["QueueArn"])
    client.close()
    if theirs:
        own: Any = {"Id": "theirs", "QueueArn": found["Attributes"]["QueueArn"], **theirs}
        s3.put_bucket_notification_configuration(
            Bucket="photos", NotificationConfiguration={"QueueConfigurations": [own]}
        )
    return list(
        s3.get_bucket_notification_configuration(Bucket="photos").get("QueueConfigurations", [])
    )


@pytest.mark.parametrize(
    "theirs",
    [
        {"Events": ["s3:ObjectCreated:*"]},
        {"Events": [*EVENTS[:2]]},
        {"Events": ["s3:ObjectCreated:Put", *EVENTS[1:]]},
        {"Events": ["s3:ObjectCreated:*"], **filtered("a/")},
        ALL | filtered("a/"),
    ],
)
def test_a_notification_that_tells_of_some_uploads_only(s3: "S3Client", theirs: Any) -> None:
    before = told(s3, **theirs)
    with pytest.raises(ValueError, match="photos sends only some of its events"):
        watches.watch("photos", QUEUE)
    assert told(s3) == before


def test_a_notification_that_tells_of_everything_will_do(
    s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told(s3, **ALL)
    watches.watch("photos", QUEUE)
    watches.unwatch("photos")
    assert told(s3) == before
    (theirs,) = before  # as S3's console makes it; moto does not take that
    for name, answer in (
        ("get", lambda **_: {"QueueConfigurations": [theirs | filtered("")]}),
        ("put", lambda **_: pytest.fail("changed")),
    ):
        monkeypatch.setattr(aws.s3(), f"{name}_bucket_notification_configuration", answer)
    watches.watch("photos", QUEUE)


def test_a_second_watch_changes_nothing(s3: "S3Client") -> None:
    watches.watch("photos", QUEUE)
    (ours,) = told(s3)
    watches.watch("photos", QUEUE)
    assert told(s3) == [ours]
    watches.unwatch("photos")
    assert told(s3) == []


def test_a_bucket_that_is_gone_is_watched_no_more(s3: "S3Client") -> None:
    watches.watch("photos", QUEUE)
    s3.delete_bucket(Bucket="photos")
    watches.unwatch("photos")
