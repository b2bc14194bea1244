"""A bucket's notifications: S3 is told to send what happens to objects to a queue.

Only the one configuration with our id is touched; whatever else a bucket tells stays as it is.
"""

from typing import Any

from botocore.exceptions import ClientError

from sightline.store import aws

ID = "sightline-uploads"
EVENTS = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*")


def watch(bucket: str, queue: str) -> None:
    """Sends the bucket's events to the queue of that name; a second call changes nothing.

    Nor does it where another configuration sends them there: S3 refuses two that overlap.

    Raises:
        ValueError: another configuration sends some of them there, and not all.
    """
    sqs = aws.sqs()
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = found["Attributes"]["QueueArn"]
    told = _told(bucket)
    ours = {"Id": ID, "QueueArn": arn, "Events": [*EVENTS]}
    theirs = [each for each in _others(told) if each["QueueArn"] == arn]
    if not all(_is_whole(each) for each in theirs):
        raise ValueError(
            f"A notification of {bucket} sends only some of its events to {queue}; "
            f"it needs {', '.join(EVENTS)} and no filter."
        )
    if not theirs and ours not in told.get("QueueConfigurations", []):
        _tell(bucket, told, [*_others(told), ours])


def unwatch(bucket: str) -> None:
    """Takes the configuration away that `watch` made; a bucket that is gone has none."""
    try:
        told = _told(bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            return
        raise
    if len(_others(told)) < len(told.get("QueueConfigurations", [])):
        _tell(bucket, told, _others(told))


def _is_whole(configuration: dict[str, Any]) -> bool:
    filters = configuration.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    named = any(each["Value"] for each in filters)  # S3's console leaves empty ones behind
    return not named and {*EVENTS} <= {*configuration["Events"]}


def _told(bucket: str) -> dict[str, Any]:
    found = aws.s3().get_bucket_notification_configuration(Bucket=bucket)
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


def _others(told: dict[str, Any]) -> list[Any]:
    return [each for each in told.get("QueueConfigurations", []) if each.get("Id") != ID]


def _tell(bucket: str, told: dict[str, Any], queues: list[Any]) -> None:
    configuration: Any = {**told, "QueueConfigurations": queues}
    aws.s3().put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=configuration
    )
