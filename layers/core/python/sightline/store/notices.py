"""Word of jobs that ended, for the topics that their callers named: left with the end, then sent.

A notice is left in the transaction that ends the job, goes when its topic took it, and is sent by
one at a time: who sends it claims it for a while. Only a crash between the two, or an answer that
was lost, makes a topic get the same bytes twice.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sightline.store import aws, table
from sightline.store.table import Action, Cancelled, Item, number, text
from sightline.telemetry import logger

LEFT = "JOBS#NOTICES"
CLAIM = 60.0  # seconds; longer than a call to a topic takes with its retries
TRIES = 10  # then a topic that is gone, or may not be used, is given up
KEPT = 7 * 24 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Notice:
    """What a topic is to be told of a job."""

    job_id: str
    topic: str
    message: dict[str, Any]


def left(notice: Notice) -> Action:
    """The action that leaves a notice, claimed by whoever leaves it."""
    now = time.time()
    return table.put(
        table.keyed(
            (LEFT, notice.job_id),
            topic=text(notice.topic),
            message=text(json.dumps(notice.message)),
            claimed=number(now + CLAIM),
            tries=number(1),
            expires=number(int(now) + KEPT),
        )
    )


def waiting() -> list[str]:
    """Ids of the jobs whose notice is not sent."""
    return [item["SK"]["S"] for item in table.query(LEFT)]


def claim(job_id: str) -> tuple[Notice, int] | None:
    """A notice to send and how often that was tried, this time included; None when there is none,
    or another sends it.
    """
    now = time.time()
    action = table.update(
        (LEFT, job_id),
        "SET claimed = :until ADD tries :one",
        "claimed <= :now",
        until=number(now + CLAIM),
        now=number(now),
        one=number(1),
    )
    action["Update"]["ReturnValues"] = "ALL_NEW"
    try:
        item: Item = table.write_one(action)
    except Cancelled:
        return None
    message: dict[str, Any] = json.loads(item["message"]["S"])
    return Notice(job_id, item["topic"]["S"], message), int(item["tries"]["N"])


def send(notice: Notice, tries: int) -> None:
    """Publishes a claimed notice and drops it; what its topic refuses waits for the next try.

    A topic that does not take it is the caller's to mend, so that is logged and nothing is raised.
    """
    try:
        aws.sns().publish(TopicArn=notice.topic, Message=json.dumps(notice.message))
    except (BotoCoreError, ClientError) as error:
        over = tries >= TRIES
        extra = {"job": notice.job_id[:12], "error": _name(error), "given_up": over}
        logger.warning("topic not told of a job", extra=extra)
        if not over:
            return
    table.drop([(LEFT, notice.job_id)])


def _name(error: BotoCoreError | ClientError) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"]["Code"])
    return type(error).__name__
