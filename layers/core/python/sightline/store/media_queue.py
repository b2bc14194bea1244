"""The queue that moves jobs over manifests on, one step a message."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sightline.settings import media_queue
from sightline.store import queues


class Step(StrEnum):
    """What a message asks for."""

    SPLIT = "split"
    ANALYSE = "analyse"
    ASSEMBLE = "assemble"


@dataclass(frozen=True, slots=True)
class Message:
    """One step of a job; `batch` is which one to analyse."""

    step: Step
    job_id: str
    batch: int = 0


def send(messages: Iterable[Message]) -> None:
    """Puts messages on the queue.

    Raises:
        ProvisionedThroughputExceededException: SQS refused some of them.
    """
    bodies = (
        {"job": each.job_id, "step": each.step.value, "batch": each.batch} for each in messages
    )
    queues.send(media_queue(), bodies)


def is_idle() -> bool:
    """Whether nothing is on the queue, neither waiting nor at a worker."""
    return queues.is_idle(media_queue())


def message_of(body: dict[str, Any]) -> Message:
    """A message as it comes from the queue.

    Raises:
        KeyError: it is none of ours.
    """
    return Message(Step(body["step"]), body["job"], body["batch"])
