"""What the upload worker says to others: results on the topic, dead letters on their queue."""

import json
from typing import Any

from sightline.settings import results_topic, uploads_dead_letters
from sightline.store import aws


def publish(document: dict[str, Any], **attributes: str) -> None:
    """Publishes to the topic of results; subscriptions can filter by the attributes."""
    aws.sns().publish(
        TopicArn=results_topic(),
        Message=json.dumps(document),  # in ASCII: a key may have letters that no message may
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def bury(body: str, **attributes: str) -> None:
    """Puts a message that no retry can help among the dead letters, with the reason."""
    aws.sqs().send_message(
        QueueUrl=uploads_dead_letters(),
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )
