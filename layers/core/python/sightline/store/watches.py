"""A bucket's notifications: S3 is told to send what happens to objects to a queue.

Only the one configuration with our id is touched; whatever else a bucket tells stays as it is.
"""

from typing import Any

from sightline.store import aws

ID = "sightline-uploads"
EVENTS = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*")


def watch(bucket: str, queue: str) -> None:
    """Sends the bucket's events to the queue of that name; a second call changes nothing.

    Nor does it where another configuration sends events there: S3 refuses two that overlap.
    """
    sqs = aws.sqs()
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = found["Attributes"]["QueueArn"]
    told = _told(bucket)
    if all(each["QueueArn"] != arn for each in told.get("QueueConfigurations", [])):
        ours = {"Id": ID, "QueueArn": arn, "Events": [*EVENTS]}
        _tell(bucket, told, [*_others(told), ours])


def unwatch(bucket: str) -> None:
    """Takes the configuration away that `watch` made."""
    told = _told(bucket)
    if len(_others(told)) < len(told.get("QueueConfigurations", [])):
        _tell(bucket, told, _others(told))


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
