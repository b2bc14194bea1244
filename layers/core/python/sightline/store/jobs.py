"""Jobs on stored videos: one item each, changed only under conditions that make every step safe.

A running job holds one of twenty slots, items that are taken and given back in the job's own
transactions; so there are never more, and who looks after running jobs reads twenty items. What
is done of a job is a set of the numbers of its pieces: a piece that is done twice counts once.
`unsent` names the step whose messages are still to be sent. It is written together with what
makes the step due, and goes when they are sent; so a crash in between loses nothing.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from random import SystemRandom
from typing import Any

from sightline.errors import ProvisionedThroughputExceededException
from sightline.store import notices, table
from sightline.store.job import IN_PROGRESS, PIECES, PLAN, Job, Outcome, parse
from sightline.store.notices import Notice
from sightline.store.table import Action, Cancelled, Item, Key, number, text

AT_ONCE = 20  # jobs that run, the service's limit for an account
KEPT = 7 * 24 * 3600  # seconds; as long as the service keeps results, after the end
LONGEST = 7 * 24 * 3600  # seconds that nobody expects a job to take
SLOTS, LISTED = "JOBS#SLOTS", "JOBS"
RUNNING = "phase = :running"
_dice = SystemRandom()


def free_slots() -> list[str]:
    """Slots that no job has, in no order."""
    taken = {item["SK"]["S"] for item in table.query(SLOTS)}
    free = [f"{slot:02d}" for slot in range(AT_ONCE) if f"{slot:02d}" not in taken]
    _dice.shuffle(free)
    return free


def create(job: Job, further: list[Action]) -> None:
    """Writes a job in a slot that is free, its messages unsent, together with further actions.

    Raises:
        Cancelled: the slot was taken meanwhile, or one of the others came to nothing.
    """
    expires = number(int(job.created) + LONGEST + KEPT)
    item = table.keyed(
        _key(job.id),
        kind=text(job.kind),
        phase=text(IN_PROGRESS),
        document=text(json.dumps({"request": job.request, "video": asdict(job.video)})),
        created=number(job.created),
        slot=text(job.slot),
        unsent=text(PLAN),
        progress=number(job.created),
        resumed=number(0),
        expires=expires,
    )
    slot = table.keyed((SLOTS, job.slot), job=text(job.id))
    listed = table.keyed((LISTED, _place(job)), job=text(job.id), expires=expires)
    table.write(
        [
            table.put(slot, "attribute_not_exists(PK)"),
            table.put(item, "attribute_not_exists(PK)"),
            table.put(listed),
            *further,
        ]
    )


def read(job_id: str) -> Job | None:
    """A job; None when there is none, or its results are no longer kept."""
    found = table.read([_key(job_id)])
    return parse(found[_key(job_id)]) if found else None


def running() -> list[Job]:
    """The jobs that hold slots."""
    keys = [_key(item["job"]["S"]) for item in table.query(SLOTS)]
    return [job for item in table.read(keys).values() if (job := parse(item)) is not None]


def recent(limit: int | None = None) -> Iterator[tuple[Key, str, float]]:
    """Jobs from the newest on: the key and the job id of each entry, and when it may be dropped."""
    for item in table.query(LISTED, limit=limit):
        yield table.key_of(item), item["job"]["S"], float(item["expires"]["N"])


def many(job_ids: list[str]) -> list[Job]:
    """Those of these jobs that are there, in the same order."""
    found = table.read(_key(each) for each in job_ids)
    jobs = (parse(found[_key(each)]) for each in job_ids if _key(each) in found)
    return [job for job in jobs if job is not None]


def drop(entry: Key, job_id: str) -> None:
    """Deletes a job that is over."""
    table.drop([_key(job_id), entry])


def planned(job: Job, info: dict[str, Any], length: int, pieces: int) -> Job | None:
    """Writes how a job is cut, unless another did; the job as it is then, None when it ended."""
    return _change(
        job,
        "SET info = :info, reach = :reach, pieces = :pieces, unsent = :unsent, progress = :now,"
        " resumed = :none",
        "attribute_not_exists(pieces)",
        info=text(json.dumps(info)),
        reach=number(length),
        pieces=number(pieces),
        unsent=text(PIECES),
        none=number(0),
    )


def analysed(job: Job, piece: int) -> Job | None:
    """Writes that a piece is done; the job as it is then, None when it ended."""
    return _change(
        job,
        "SET progress = :now, resumed = :none ADD done :piece",
        piece={"NS": [str(piece)]},
        none=number(0),
    )


def sent(job: Job) -> None:
    """Writes that the messages which `unsent` names are sent."""
    if job.unsent is not None:
        _attempt(job, "REMOVE unsent", "unsent = :unsent", unsent=text(job.unsent))


def resume(job: Job) -> Job | None:
    """Makes what is due of a job unsent once more; None when it got on since it was read."""
    return _attempt(
        job,
        "SET progress = :now, unsent = :unsent ADD resumed :one",
        "progress = :before",
        before=number(job.progress),
        unsent=text(job.step),
        one=number(1),
    )


def end(job: Job, outcome: Outcome, notice: Notice | None) -> bool:
    """Ends a job, frees its slot and leaves word of it; False when it ended before."""
    now = time.time()
    actions = [
        table.update(
            _key(job.id),
            "SET phase = :phase, outcome = :outcome, ended = :now, expires = :expires"
            " REMOVE unsent",
            RUNNING,
            running=text(IN_PROGRESS),
            phase=text(outcome.state),
            outcome=text(json.dumps(asdict(outcome))),
            now=number(now),
            expires=number(int(now) + KEPT),
        ),
        table.delete((SLOTS, job.slot), "job = :job", job=text(job.id)),
        *([] if notice is None else [notices.left(notice)]),
    ]
    for _ in table.attempts():
        try:
            table.write(actions)
        except Cancelled:  # it ended before, or a piece of it was written at this moment
            now_is = read(job.id)
            if now_is is None or now_is.outcome is not None:
                return False
        else:
            return True
    raise ProvisionedThroughputExceededException


def _change(job: Job, expression: str, condition: str = "", **values: Item) -> Job | None:
    """Changes a job that runs; where the condition fails, the job as another has made it."""
    for _ in table.attempts():
        changed = _attempt(job, expression, condition, **values)
        if changed is not None:
            return changed
        held = read(job.id)
        if held is None or held.outcome is not None:
            return None
        if condition and held.pieces is not None:
            return held
    raise ProvisionedThroughputExceededException


def _attempt(job: Job, expression: str, condition: str = "", **values: Item) -> Job | None:
    conditions = f"{RUNNING} AND {condition}" if condition else RUNNING
    values |= {"running": text(IN_PROGRESS)}
    if ":now" in expression:
        values |= {"now": number(time.time())}
    action = table.update(_key(job.id), expression, conditions, **values)
    action["Update"]["ReturnValues"] = "ALL_NEW"
    try:
        return parse(table.write_one(action))
    except Cancelled:
        return None


def _key(job_id: str) -> Key:
    return f"JOB#{job_id}", "JOB"


def _place(job: Job) -> str:
    """The newest first, for a partition is read by ascending sort keys."""
    return f"{10**13 - int(job.created * 1000):013d}#{job.id}"
