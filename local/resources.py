"""Makes what a deployment would have made, wherever the clients point.

Safe to call again: what is there already is left as it is.
"""

import json
import os

from sightline.domain.video.kinds import WORKERS
from sightline.settings import settings
from sightline.store import aws

QUEUES = {  # environment variable and queue
    "SIGHTLINE_UPLOADS_QUEUE": "sightline-uploads",
    "SIGHTLINE_REVIEWS_QUEUE": "sightline-reviews",
}
# The steps of jobs, and compaction, each with the queue of its dead letters; those of videos share
# one, for a job ends by them whatever its step.
VIDEO_DEAD, MEDIA_DEAD = "sightline-video-dead", "sightline-media-dead"
STEPS = {
    **{
        f"SIGHTLINE_VIDEO_{step.upper()}_QUEUE": (f"sightline-video-{step}", VIDEO_DEAD)
        for step in ("plan", *WORKERS, "merge")
    },
    "SIGHTLINE_MEDIA_QUEUE": ("sightline-media", MEDIA_DEAD),
    "SIGHTLINE_COMPACTION_QUEUE": ("sightline-compaction", "sightline-compaction-dead"),
}
DEAD_LETTERS = {
    "SIGHTLINE_UPLOADS_DEAD_LETTERS": "sightline-uploads-dead",
    "SIGHTLINE_VIDEO_DEAD_LETTERS": VIDEO_DEAD,
    "SIGHTLINE_MEDIA_DEAD_LETTERS": MEDIA_DEAD,
}
BUSY = 3600  # seconds that a step of a job may take before its message is for another
TOPICS = {"SIGHTLINE_RESULTS_TOPIC": "sightline-results"}
DELIVERIES = 5  # of a message that fails, before it goes to the dead letters


def create() -> None:
    """Makes the service's table, bucket, queues and topics, those that do not exist yet.

    The names of queues and topics are known only then, so the environment gets them here.
    """
    create_table()
    create_bucket()
    for variable, name in QUEUES.items():
        os.environ[variable] = create_queue(name)
    for variable, (name, dead) in STEPS.items():
        os.environ[variable] = create_queue(name, dead, BUSY)
    for variable, name in DEAD_LETTERS.items():
        os.environ[variable] = aws.sqs().get_queue_url(QueueName=name)["QueueUrl"]
    for variable, name in TOPICS.items():
        os.environ[variable] = aws.sns().create_topic(Name=name)["TopicArn"]


def create_queue(name: str, dead: str = "", busy: int = 30) -> str:
    """Makes a queue and the one for its dead letters, `NAME-dead` unless it is named; its URL.

    Args:
        busy: seconds for which a message that was received is nobody else's.
    """
    client = aws.sqs()
    letters = client.create_queue(QueueName=dead or f"{name}-dead")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])
    policy = {
        "deadLetterTargetArn": arn["Attributes"]["QueueArn"],
        "maxReceiveCount": DELIVERIES,
    }
    made = client.create_queue(
        QueueName=name,
        Attributes={"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": str(busy)},
    )
    return made["QueueUrl"]


def create_table() -> None:
    """Makes the table, keyed by `PK` and `SK`; items with a past `expires` are DynamoDB's to drop.

    Raises:
        botocore.exceptions.WaiterError: the table did not become active.
    """
    client, name = aws.dynamodb(), settings().table
    try:
        client.create_table(
            TableName=name,
            AttributeDefinitions=[
                {"AttributeName": "PK", "AttributeType": "S"},
                {"AttributeName": "SK", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "PK", "KeyType": "HASH"},
                {"AttributeName": "SK", "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
    except client.exceptions.ResourceInUseException:
        return
    client.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )


def create_bucket() -> None:
    """Makes the bucket."""
    client, region, name = aws.s3(), settings().region, settings().bucket
    try:
        if region == "us-east-1":  # the one region that must not be named
            client.create_bucket(Bucket=name)
        else:
            client.create_bucket(
                Bucket=name,
                CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
            )
    except client.exceptions.BucketAlreadyOwnedByYou:
        return
