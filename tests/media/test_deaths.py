"""Workers die anywhere, messages come twice, late, to two workers at once or not at all; in the end
there is what one undisturbed worker would have left.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from functions.workers import media_failures
from sightline.domain.media import endings
from tests.media.conftest import Bulk, ref
from tests.workers.scenes import Stage

LINES = (ref("a.png"), "no JSON", ref("text.txt"), ref("b.png"))
FOUND = [("a.png", [90]), ("b.png", [70])]
ERRORS = [(2, "INVALID_JSON_LINE"), (3, "INVALID_IMAGE_FORMAT")]
STEPS = ("split", "last batch", "assembly")


def reach(bulk: Bulk, step: str) -> tuple[str, str, list[str]]:
    """A new job that has come as far as a step: its id, the step's message, and the others."""
    job_id = bulk.start(*LINES)
    bodies = bulk.take()
    if step != "split":
        assert bulk.work(*bodies) == []
        bodies = bulk.take()
        assert len(bodies) == 2
    if step in ("last batch", "assembly"):
        assert bulk.work(bodies.pop(0)) == []
    if step == "assembly":
        assert bulk.work(*bodies) == []
        bodies = bulk.take()
    return job_id, bodies[0], bodies[1:]


def finish(bulk: Bulk, job_id: str, *bodies: str) -> None:
    """Delivers messages, and all that they bring; then everything is there and nothing too much."""
    assert bulk.work(*bodies) == []
    bulk.drain()
    as_undisturbed(bulk, job_id)


def as_undisturbed(bulk: Bulk, job_id: str) -> None:
    assert bulk.status(job_id) == ("SUCCEEDED", "")
    assert bulk.results(job_id) == FOUND
    assert bulk.errors(job_id) == ERRORS
    bulk.sweep()  # clears up behind a worker that died when it had ended the job
    assert bulk.take() == []
    assert bulk.left() == []


def calls(stage: Stage, *steps: str) -> Iterator[tuple[str, int]]:
    """Numbers of a step's calls until one is not reached any more; of each step in turn."""
    for step in steps or ("",):
        for call in count(1):
            yield step, call
            if not stage.reached:
                assert call > 3
                break


def test_a_worker_that_dies_before_any_call(bulk: Bulk, plain: None, stage: Stage) -> None:
    for step, call in calls(stage, *STEPS):
        job_id, body, others = reach(bulk, step)
        with stage.death(call):
            assert bulk.work(body) == []
        finish(bulk, job_id, body, *others)


def test_a_batch_that_two_workers_do_counts_once(bulk: Bulk, plain: None, stage: Stage) -> None:
    for _, call in calls(stage):
        job_id, body, others = reach(bulk, "first batch")
        with stage.visit(call, lambda body=body: bulk.work(body)):  # type: ignore[misc]
            assert bulk.work(body) == []
        finish(bulk, job_id, *others)


def test_a_worker_that_is_overtaken_by_the_end_of_the_job(
    bulk: Bulk, plain: None, stage: Stage
) -> None:
    for step, call in calls(stage, *STEPS):
        job_id, body, others = reach(bulk, step)

        def end(body: str = body, others: list[str] = others) -> None:
            assert bulk.work(body, *others) == []
            bulk.drain()

        with stage.visit(call, end):
            again = bulk.work(body)
        finish(bulk, job_id, *again, *others)


def test_messages_that_come_late(bulk: Bulk, plain: None) -> None:
    job_id = bulk.start(*LINES)
    seen = bulk.drain()
    before = bulk.job(job_id)
    for body in (*seen, *seen[::-1]):
        assert bulk.work(body) == []
    assert bulk.work(*seen, worker=media_failures) == []
    assert bulk.job(job_id) == before
    as_undisturbed(bulk, job_id)


def test_a_client_whose_call_dies_anywhere_asks_again(
    bulk: Bulk, plain: None, stage: Stage
) -> None:
    for _, call in calls(stage):
        bulk.write(*LINES)
        with stage.death(call):
            bulk.start(ClientRequestToken=f"call-{call}")
        job_id = bulk.start(ClientRequestToken=f"call-{call}")
        bulk.drain()
        as_undisturbed(bulk, job_id)
        assert len(bulk.client.list_media_analysis_jobs()["MediaAnalysisJobs"]) == call


def test_a_client_whose_call_dies_anywhere_and_never_comes_back(
    bulk: Bulk, plain: None, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "UNSENT", -1)
    finished = 0
    for _, call in calls(stage):
        bulk.write(*LINES)
        with stage.death(call):
            bulk.start()
        bulk.sweep()
        bulk.drain()
        for job in bulk.client.list_media_analysis_jobs()["MediaAnalysisJobs"]:
            as_undisturbed(bulk, job["JobId"])
            finished += 1
    assert finished


def test_lost_messages_are_sent_again(
    bulk: Bulk, plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in STEPS:
        job_id, _, _ = reach(bulk, step)  # which takes them from the queue
        bulk.sweep()
        assert bulk.take() == []  # they may still come
        with monkeypatch.context() as later:
            later.setattr(endings, "STALE", -1)
            bulk.sweep()
        assert bulk.drain()
        as_undisturbed(bulk, job_id)


def test_a_sweep_that_dies_is_followed_by_the_next(
    bulk: Bulk, plain: None, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "STALE", -1)
    for _, call in calls(stage):
        job_id, _, _ = reach(bulk, "first batch")
        with stage.death(call):
            endings.sweep()
        endings.sweep()
        bulk.drain()
        as_undisturbed(bulk, job_id)


def test_a_job_that_nothing_brings_forward_fails(
    bulk: Bulk, plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "STALE", -1)
    job_id, body, _ = reach(bulk, "first batch")
    bulk.sweep()
    assert len(bulk.take()) == 2
    bulk.sweep()  # it has not stood still for long
    bulk.drain()
    as_undisturbed(bulk, job_id)
    monkeypatch.setattr(endings, "GIVEN_UP", -1)
    job_id, body, _ = reach(bulk, "first batch")
    bulk.sweep()  # before it is given up its messages are sent again
    bulk.sweep()  # and as long as anything is on the queue, they are
    assert bulk.status(job_id) == ("IN_PROGRESS", "")
    waiting = bulk.take()
    bulk.sweep()
    assert bulk.status(job_id) == ("FAILED", "INTERNAL_ERROR")
    assert "Nothing has brought" in bulk.job(job_id)["FailureDetails"]["Message"]
    assert bulk.work(body, *waiting) == []
    assert bulk.take() == []
    assert bulk.left() == []


def test_jobs_of_a_process_whose_queue_is_gone_go_on(bulk: Bulk, plain: None) -> None:
    for step in STEPS:
        job_id, _, _ = reach(bulk, step)
        endings.sweep(lost=True)
        assert bulk.drain()
        as_undisturbed(bulk, job_id)


def test_a_job_that_cannot_be_looked_after_holds_up_no_other(
    bulk: Bulk, plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [reach(bulk, "first batch")[0] for _ in range(2)]
    send = endings.next_messages

    def failing(job: Any) -> Any:
        if job.id == jobs[1]:  # the newer one comes first
            raise RuntimeError
        return send(job)

    with monkeypatch.context() as broken:
        broken.setattr(endings, "next_messages", failing)
        endings.sweep(lost=True)
    bulk.drain()
    assert [bulk.status(job_id)[0] for job_id in jobs] == ["SUCCEEDED", "IN_PROGRESS"]


def test_dead_letters_fail_the_job(bulk: Bulk, plain: None) -> None:
    for step in STEPS:
        job_id, body, others = reach(bulk, step)
        assert bulk.work(body, worker=media_failures) == []
        assert bulk.status(job_id) == ("FAILED", "INTERNAL_ERROR")
        assert bulk.work(body, *others) == []
        assert bulk.take() == []
        assert bulk.left() == []


def test_who_fails_a_job_may_die_anywhere(bulk: Bulk, plain: None, stage: Stage) -> None:
    for _, call in calls(stage):
        job_id, body, _ = reach(bulk, "first batch")
        with stage.death(call):
            assert bulk.work(body, worker=media_failures) == []
        assert bulk.work(body, worker=media_failures) == []
        assert bulk.status(job_id) == ("FAILED", "INTERNAL_ERROR")
        bulk.sweep()
        assert bulk.left() == []


def test_who_fails_a_job_that_ends_meanwhile_changes_nothing(
    bulk: Bulk, plain: None, stage: Stage
) -> None:
    for _, call in calls(stage):
        job_id, body, _ = reach(bulk, "assembly")
        ended: list[dict[str, Any]] = []

        def end(job_id: str = job_id, body: str = body, ended: list[Any] = ended) -> None:
            assert bulk.work(body) == []
            ended.append(bulk.job(job_id))

        with stage.visit(call, end):
            assert bulk.work(body, worker=media_failures) == []
        assert bulk.job(job_id) == (ended or [bulk.job(job_id)])[0]
        assert bulk.left() == []


def test_a_dead_letter_of_a_step_that_another_message_did_is_no_failure(
    bulk: Bulk, plain: None
) -> None:
    job_id, split, _ = reach(bulk, "split")
    bulk.work(split)
    assert bulk.work(split, worker=media_failures) == []
    for batch in bulk.take():
        bulk.work(batch)
        assert bulk.work(batch, worker=media_failures) == []
    bulk.drain()
    as_undisturbed(bulk, job_id)


def test_what_a_batch_found_first_stays(
    bulk: Bulk, plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, first, others = reach(bulk, "first batch")
    with monkeypatch.context() as dying:
        dying.setattr("sightline.store.media_jobs.count", _die)
        assert bulk.work(first) == [first]
    bulk.s3.delete_object(Bucket="photos", Key="a.png")
    finish(bulk, job_id, first, *others)


def _die(*_: Any) -> None:
    raise RuntimeError
