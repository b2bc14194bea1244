"""Batches of messages that queues bring to workers, as Lambda hands them over.

A message whose work fails is reported alone, so that the queue delivers it again.
"""

import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from sightline.metrics import measured
from sightline.telemetry import logger, where


def handled(
    function: str, event: dict[str, Any], context: Any, work: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Does the work of each message, a JSON object; the answer names the messages that failed.

    Args:
        function: name for the metrics.
    """

    def one(record: SQSRecord) -> None:
        try:
            work(json.loads(record.body))
        except Exception as error:
            extra = {"worker": function, "error": type(error).__name__, "where": where(error)}
            logger.error("message failed", extra=extra)
            raise

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with measured(function):
        return dict(process_partial_response(event, one, processor, context))
