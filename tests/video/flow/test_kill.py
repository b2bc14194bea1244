"""A job that anything happens to still ends once, with the right result and one notice."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from local.queues import MAPPINGS
from sightline.domain.video import rescue
from sightline.store import jobs, notices
from tests.video.flow import conftest
from tests.video.flow.conftest import QUEUES, Flow, run_message, take
from tests.video.flow.mishaps import DEATH, LOST_ANSWER, Stage

KIND = "face_detection"  # in one order
TIMES = list(range(0, 61_500, 1000))


def ended_well(flow: Flow, job_id: str) -> None:
    """The job is over, its result is right, and nothing is left of its running."""
    answer = flow.get(job_id, KIND)
    assert answer["JobStatus"] == "SUCCEEDED", answer.get("StatusMessage")
    assert flow.times(job_id, KIND) == TIMES
    assert flow.held() == {"slots": 0, "notices": 0}


def told_once(flow: Flow, job_id: str, struck: str = "") -> None:
    """One notice; the same bytes twice only if what happened lay between sending and forgetting."""
    said = flow.told()
    assert {(each["JobId"], each["Status"]) for each in said} == {(job_id, "SUCCEEDED")}
    if len(said) > 1:
        assert struck.startswith("Publish") or (
            struck.startswith("BatchWriteItem") and "JOBS#NOTICES" in struck
        )
        assert said == [said[0]] * 2


@pytest.mark.parametrize(
    ("happens", "again"),
    [
        (DEATH, "the client"),
        (DEATH, "the sweep"),
        (LOST_ANSWER, "the client"),
    ],
)
def test_whatever_call_goes_wrong_the_job_ends_once(
    flow: Flow, stage: Stage, happens: str, again: str
) -> None:
    known: set[str] = set()
    for call in count(1):
        token = f"token-{call}"
        with stage.mishap(call, happens):
            flow.start(KIND, ClientRequestToken=token)
            flow.run()
        struck = stage.struck
        if again == "the client":
            flow.start(KIND, ClientRequestToken=token)
        else:
            rescue.sweep()
        flow.run()
        rescue.sweep()
        new = {job_id for _, job_id, _ in jobs.recent(3)} - known
        for job_id in new:
            ended_well(flow, job_id)
            told_once(flow, job_id, struck)
        known |= new
        if not new:  # the call came to nothing before anything was written
            assert again == "the sweep"
            assert flow.held() == {"slots": 0, "notices": 0}
        assert len(new) <= 1
        if not struck:
            assert call > 25
            return


def test_every_message_may_come_while_another_worker_is_at_it(
    flow: Flow, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each call of the first worker another one does the rest, to the end."""
    monkeypatch.setattr(notices, "CLAIM", 60.0)
    for call in count(1):
        job_id = flow.start(KIND)
        with stage.visit(call, lambda: Context().run(flow.run)):  # as nobody that is judged yet
            flow.run()
        rescue.sweep()
        ended_well(flow, job_id)
        told_once(flow, job_id)
        if not stage.struck:
            assert call > 15
            return


def test_pieces_that_are_done_at_the_same_time_and_twice_count_once(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = 24
    monkeypatch.setattr(conftest, "INFO", replace(conftest.INFO, duration=pieces * 60_000))
    job_id = flow.start(KIND)
    flow.poll("SIGHTLINE_VIDEO_PLAN_QUEUE")
    url = os.environ["SIGHTLINE_VIDEO_FACES_QUEUE"]
    bodies = take(url)
    assert len(bodies) == pieces
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda body: run_message(url, body), [*bodies, *bodies[::-1]]))
    flow.run()
    assert flow.times(job_id, KIND) == list(range(0, pieces * 60_000, 1000))
    told_once(flow, job_id)
    assert flow.held() == {"slots": 0, "notices": 0}


def test_messages_that_come_again_after_the_end_change_nothing(flow: Flow, stage: Stage) -> None:
    job_id = flow.start(KIND)
    flow.run()
    ended_well(flow, job_id)
    told_once(flow, job_id)
    before: Any = flow.s3.list_objects_v2(Bucket=os.environ["SIGHTLINE_BUCKET"])["Contents"]
    spans, merges = len(flow.work.spans), flow.work.merges
    messages = [(url, body) for url, body in stage.sent if json.loads(body)["job"] == job_id]
    assert len(messages) == 4
    for url, body in [*messages, *reversed(messages)]:
        run_message(url, body)
        run_message(os.environ["SIGHTLINE_VIDEO_DEAD_LETTERS"], body)
    flow.run()
    assert (len(flow.work.spans), flow.work.merges) == (spans, merges)
    after = flow.s3.list_objects_v2(Bucket=os.environ["SIGHTLINE_BUCKET"])["Contents"]
    assert [each["ETag"] for each in after] == [each["ETag"] for each in before]
    assert flow.told() == []
    ended_well(flow, job_id)


def test_messages_that_come_too_early_change_nothing(flow: Flow) -> None:
    job_id = flow.start(KIND)
    for step in ("FACES", "MERGE", "DEAD"):
        name = "DEAD_LETTERS" if step == "DEAD" else f"{step}_QUEUE"
        run_message(
            os.environ[f"SIGHTLINE_VIDEO_{name}"],
            json.dumps({"job": job_id, "step": "merge", "piece": 0}),
        )
    assert flow.get(job_id, KIND)["JobStatus"] == "IN_PROGRESS"
    assert flow.work.spans == []
    flow.run()
    ended_well(flow, job_id)


def test_all_queues_of_videos_have_a_worker() -> None:
    assert len(QUEUES) == 7
    assert all(MAPPINGS[name].module.startswith("functions.workers.") for name in QUEUES)
