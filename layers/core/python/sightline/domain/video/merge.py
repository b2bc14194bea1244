"""A job's last step: the result, made of what was found in the pieces."""

from functools import partial
from uuid import uuid4

from sightline.domain.video import lifecycle
from sightline.domain.video.kinds import KINDS
from sightline.errors import ServiceError
from sightline.store import job_objects
from sightline.store.job import MERGE, SUCCEEDED, Job, Outcome


def merge(job_id: str) -> None:
    """Writes the result of a job whose pieces are all done, and ends it.

    Each order of the list is written in a stream: of its elements a thousand are in memory, beside
    what the kind's `merge` holds.
    """
    job = lifecycle.running(job_id)
    if job is None or job.step != MERGE:
        return
    try:
        outcome = _merge(job)
    except ServiceError as error:
        lifecycle.fail_for(job, error)
    else:
        lifecycle.finish(job, outcome)


def _merge(job: Job) -> Outcome:
    pieces = [partial(job_objects.piece, job.id, number) for number in range(job.pieces or 0)]
    merged = KINDS[job.kind].work.merge(pieces, job.request, job.info)
    run = uuid4().hex
    counts = {
        order: job_objects.put_results(job.id, run, order, elements)
        for order, elements in merged.orders.items()
    }
    return Outcome(SUCCEEDED, run=run, counts=counts, answer=merged.answer)
