"""Jobs that fail or get lost: they end, and say why."""

import os
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.workers import sweep
from sightline.domain.video import lifecycle, rescue
from sightline.errors import ResourceNotFoundException
from sightline.store import aws, jobs, queues
from tests.video.flow.conftest import Flow, take

STEPS = {"plan": "PLAN", "pieces": "LABELS", "merge": "MERGE"}


def failure(flow: Flow, job_id: str) -> str:
    """The reason of a job that failed, and told its topic so."""
    answer = flow.get(job_id)
    assert answer["JobStatus"] == "FAILED"
    assert answer["Labels"] == []
    assert "VideoMetadata" not in answer
    (told,) = flow.told()
    assert (told["JobId"], told["Status"]) == (job_id, "FAILED")
    assert flow.held() == {"slots": 0, "notices": 0}
    return str(answer["StatusMessage"])


def lose(step: str) -> None:
    """The messages of a step are gone."""
    assert take(os.environ[f"SIGHTLINE_VIDEO_{STEPS[step]}_QUEUE"])


def sweep_after_long() -> None:
    """The sweep, when no job has got on for as long as it takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rescue, "STALE", 0.0)
        rescue.sweep()


def reach(flow: Flow, step: str) -> None:
    """Lets a job go on until the messages of a step are on their queue."""
    if step != "plan":
        flow.poll("SIGHTLINE_VIDEO_PLAN_QUEUE")
    if step == "merge":
        for _ in range(2):
            flow.poll("SIGHTLINE_VIDEO_LABELS_QUEUE")


def test_a_file_that_is_no_video_fails(flow: Flow) -> None:
    flow.s3.put_object(Bucket="photos", Key="clip.mp4", Body=b"none at all")
    job_id = flow.start()
    flow.run()
    assert failure(flow, job_id) == "Unsupported codec/format."


@pytest.mark.parametrize("step", ["plan", "pieces"])
def test_a_video_that_is_replaced_while_the_job_runs_fails(flow: Flow, step: str) -> None:
    job_id = flow.start()
    reach(flow, step)
    flow.s3.put_object(Bucket="photos", Key="clip.mp4", Body=b"another")
    flow.run()
    assert "replaced" in failure(flow, job_id)


def test_a_version_that_was_there_at_the_start_is_worked_on(flow: Flow) -> None:
    flow.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    flow.s3.put_object(Bucket="photos", Key="clip.mp4", Body=b"a version")
    job_id = flow.start()
    flow.s3.put_object(Bucket="photos", Key="clip.mp4", Body=b"another")
    flow.run()
    assert flow.get(job_id)["JobStatus"] == "SUCCEEDED"


def test_a_video_that_is_deleted_while_the_job_runs_fails(flow: Flow) -> None:
    job_id = flow.start()
    flow.s3.delete_object(Bucket="photos", Key="clip.mp4")
    flow.run()
    assert "replaced or deleted" in failure(flow, job_id)


@pytest.mark.parametrize("step", ["analyse", "merge"])
def test_an_error_with_words_for_the_caller_fails_at_once(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def refuse(*_: Any) -> Any:
        raise ResourceNotFoundException("The collection id: people does not exist")

    monkeypatch.setattr(flow.work, step, refuse)
    job_id = flow.start()
    flow.run()
    assert failure(flow, job_id) == "The collection id: people does not exist"


def test_a_piece_that_fails_every_time_fails_the_job(flow: Flow) -> None:
    flow.work.fails = MemoryError()
    job_id = flow.start()
    flow.run()
    assert failure(flow, job_id) == (
        "The video could not be analyzed from second 0 to second 60: every attempt failed."
    )
    assert len(flow.work.spans) <= 10


@pytest.mark.parametrize("step", ["plan", "merge"])
def test_another_step_that_fails_every_time_fails_the_job(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: Any) -> Any:
        raise OSError

    if step == "merge":
        monkeypatch.setattr(flow.work, "merge", fail)
    else:
        monkeypatch.setattr(jobs, "planned", fail)
    job_id = flow.start()
    flow.run()
    assert "could not be" in failure(flow, job_id)


def test_a_piece_that_fails_once_does_not_matter(flow: Flow) -> None:
    flow.work.fails = OSError()
    job_id = flow.start()
    flow.poll("SIGHTLINE_VIDEO_PLAN_QUEUE")
    flow.poll("SIGHTLINE_VIDEO_LABELS_QUEUE")
    flow.work.fails = None
    flow.run()
    assert flow.get(job_id)["JobStatus"] == "SUCCEEDED"


def test_a_dead_letter_that_is_no_message_is_dropped(flow: Flow) -> None:
    url = os.environ["SIGHTLINE_VIDEO_DEAD_LETTERS"]
    for body in ("{}", '{"job": "nobody"}'):
        aws.sqs().send_message(QueueUrl=url, MessageBody=body)
    flow.run()


@pytest.mark.parametrize("step", STEPS)
def test_a_message_that_is_lost_is_sent_again(flow: Flow, step: str) -> None:
    job_id = flow.start()
    reach(flow, step)
    lose(step)
    rescue.sweep()
    flow.run()
    assert flow.get(job_id)["JobStatus"] == "IN_PROGRESS"
    sweep_after_long()
    flow.run()
    assert flow.get(job_id)["JobStatus"] == "SUCCEEDED"
    assert len(flow.told()) == 1


def test_jobs_whose_messages_are_lost_together_are_all_helped(flow: Flow) -> None:
    """Those that are sent for the first one say nothing of the others'."""
    job_ids = [flow.start() for _ in range(3)]
    lose("plan")
    sweep_after_long()
    flow.run()
    assert [flow.get(each)["JobStatus"] for each in job_ids] == ["SUCCEEDED"] * 3


@pytest.mark.parametrize("step", STEPS)
def test_jobs_survive_any_number_of_restarts(flow: Flow, step: str) -> None:
    job_ids = [flow.start() for _ in range(2)]
    for _ in job_ids:
        reach(flow, step)
    for _ in range(rescue.RESUMPTIONS + 2):
        lose(step)  # with the process that had the queues in its memory
        rescue.sweep(lost=True)
    flow.run()
    assert [flow.get(each)["JobStatus"] for each in job_ids] == ["SUCCEEDED"] * 2
    assert len(flow.told()) == 2


@pytest.mark.parametrize("step", STEPS)
def test_a_job_whose_messages_are_always_lost_fails(flow: Flow, step: str) -> None:
    job_id = flow.start()
    reach(flow, step)
    for _ in range(rescue.RESUMPTIONS):
        lose(step)
        sweep_after_long()
    lose(step)
    sweep_after_long()
    assert failure(flow, job_id) == "The job got lost: nothing worked on it any more."


def test_a_job_that_gets_on_may_be_helped_more_often(flow: Flow) -> None:
    job_id = flow.start()
    reach(flow, "pieces")
    for _ in range(rescue.RESUMPTIONS):
        lose("pieces")
        sweep_after_long()
    flow.poll("SIGHTLINE_VIDEO_LABELS_QUEUE")
    lose("pieces")
    sweep_after_long()
    flow.run()
    assert flow.get(job_id)["JobStatus"] == "SUCCEEDED"


def test_a_job_that_waits_behind_others_is_left_alone(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.start()
    reach(flow, "pieces")
    sweep_after_long()
    url = os.environ["SIGHTLINE_VIDEO_LABELS_QUEUE"]
    assert len(take(url)) == 2
    aws.sqs().send_message(QueueUrl=url, MessageBody='{"job": "x", "piece": 0}')
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + rescue.LOST + 1)
    rescue.sweep()
    assert len(take(url)) == 3


def test_a_job_that_never_ends_is_ended(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = flow.start()
    later = time.time() + jobs.LONGEST + 1
    monkeypatch.setattr(time, "time", lambda: later)
    rescue.sweep()
    assert failure(flow, job_id) == "The job took too long: more than seven days."


def test_a_job_whose_message_cannot_be_sent_is_sent_by_the_sweep(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("SIGHTLINE_VIDEO_PLAN_QUEUE", "https://sqs.us-east-1.amazonaws.com/1/none")
        job_id = flow.start()
    rescue.sweep()
    flow.run()
    assert flow.get(job_id)["JobStatus"] == "SUCCEEDED"


def test_the_schedule_finds_stale_jobs(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = flow.start()
    lose("plan")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + rescue.STALE + 1)
    sweep.handler({"detail-type": "Scheduled Event"}, None)
    flow.run()
    assert flow.get(job_id)["JobStatus"] == "SUCCEEDED"


def test_one_job_that_cannot_be_looked_after_does_not_keep_others_from_it(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.start()
    other = flow.start()
    take(os.environ["SIGHTLINE_VIDEO_PLAN_QUEUE"])
    deliver = lifecycle.deliver

    def broken(job: Any) -> None:
        if job.id != other:
            raise OSError
        deliver(job)

    monkeypatch.setattr(lifecycle, "deliver", broken)
    sweep_after_long()
    flow.run()
    assert flow.get(other)["JobStatus"] == "SUCCEEDED"


def test_a_queue_that_cannot_be_looked_at_keeps_nobody_waiting(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.start()
    other = flow.start("text_detection")
    reach(flow, "pieces")
    take(os.environ["SIGHTLINE_VIDEO_TEXT_QUEUE"])
    is_idle, broken = queues.is_idle, os.environ["SIGHTLINE_VIDEO_LABELS_QUEUE"]

    def look(url: str) -> bool:
        if url == broken:
            raise OSError
        return is_idle(url)

    monkeypatch.setattr(queues, "is_idle", look)
    sweep_after_long()
    flow.run()
    assert flow.get(other, "text_detection")["JobStatus"] == "SUCCEEDED"


def test_what_expired_is_deleted(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = flow.start()
    flow.run()
    bucket = os.environ["SIGHTLINE_BUCKET"]
    rescue.drop_expired()
    assert flow.s3.list_objects_v2(Bucket=bucket)["KeyCount"] > 0
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + jobs.LONGEST + jobs.KEPT + 1)
    rescue.drop_expired()
    assert flow.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert list(jobs.recent()) == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        flow.get(job_id)
