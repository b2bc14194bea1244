"""Photos analysed as they arrive: a batch of messages with events of S3, from a queue.

A message whose event another try may mend is reported as failed, so that the queue delivers it
again; what no retry can help goes to the dead letters with the reason, and the others go on.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from sightline.domain.results import Outcome
from sightline.domain.uploads import bury, handle_each
from sightline.errors import SerializationException
from sightline.metrics import measured
from sightline.wire.rules import rendered
from sightline.wire.s3_events import events_of


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with measured("OnUpload"):
        return dict(process_partial_response(event, _message, processor, context))


def _message(record: SQSRecord) -> None:
    try:
        events = events_of(record.body)
    except SerializationException as error:
        bury(record.body, Outcome(error=error))
    else:
        handle_each(events, rendered)
