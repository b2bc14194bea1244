"""Start: what is refused, what is written, and the same call sent twice."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sightline.domain.video import lifecycle
from sightline.domain.video.kinds import KINDS
from sightline.store import jobs, table, tokens, videos
from sightline.wire.model import module_name
from tests.video.flow.conftest import VIDEO, Flow

TOKEN = "once"
REQUIRED: dict[str, dict[str, Any]] = {
    "FaceSearch": {"CollectionId": "people"},
    "SegmentDetection": {"SegmentTypes": ["SHOT"]},
}


def refusal(flow: Flow, kind: str = "label_detection", **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        flow.start(kind, **parameters)
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


def test_a_job_of_each_kind_goes_all_the_way(flow: Flow) -> None:
    flow.client.create_collection(CollectionId="people")
    for kind in KINDS:
        all_the_way(flow, kind)


def all_the_way(flow: Flow, kind: str) -> None:
    name = module_name(kind)
    job_id = flow.start(name, JobTag="a.tag", **REQUIRED.get(kind, {}))
    assert len(job_id) == 64
    assert int(job_id, 16) >= 0
    before = flow.get(job_id, name)
    assert before["JobStatus"] == "IN_PROGRESS"
    assert before[KINDS[kind].member] == []
    assert "VideoMetadata" not in before
    flow.run()
    after = flow.get(job_id, name)
    assert after["JobStatus"] == "SUCCEEDED"
    assert after["JobId"] == job_id
    assert after["Video"] == VIDEO
    assert after["JobTag"] == "a.tag"
    assert len(after[KINDS[kind].member]) == 62
    (told,) = flow.told()
    assert told.pop("Timestamp") > 1e12
    assert told == {
        "JobId": job_id,
        "Status": "SUCCEEDED",
        "API": f"Start{kind}",
        "JobTag": "a.tag",
        "Video": {"S3ObjectName": "clip.mp4", "S3Bucket": "photos"},
    }
    assert flow.held() == {"slots": 0, "notices": 0}


def test_without_a_tag_and_a_channel_none_is_told(flow: Flow) -> None:
    job_id = flow.client.start_label_detection(Video=VIDEO)["JobId"]
    flow.run()
    answer = flow.get(job_id)
    assert answer["JobStatus"] == "SUCCEEDED"
    assert "JobTag" not in answer
    assert flow.told() == []


def test_what_cannot_be_started_is_refused(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {"S3Object": {"Bucket": "photos", "Name": "missing.mp4"}}
    assert refusal(flow, Video=missing)[0] == "InvalidS3ObjectException"
    assert refusal(flow, Video={"S3Object": {"Bucket": "photos"}})[0] == "InvalidS3ObjectException"
    assert refusal(flow, Video={})[0] == "InvalidParameterException"
    assert refusal(flow, "face_search", CollectionId="nobody") == (
        "ResourceNotFoundException",
        "The collection id: nobody does not exist",
    )
    half = {"RegionsOfInterest": [{"BoundingBox": {"Left": 0.5}}]}
    assert refusal(flow, "text_detection", Filters=half)[0] == "InvalidParameterException"
    elsewhere = flow.topic.replace("us-east-1", "eu-west-1")
    channel = {"SNSTopicArn": elsewhere, "RoleArn": "arn:aws:iam::123456789012:role/any"}
    assert refusal(flow, NotificationChannel=channel)[0] == "InvalidParameterException"
    monkeypatch.setattr(videos, "LIMIT", 6)
    assert refusal(flow) == (
        "VideoTooLargeException",
        "Video size in bytes: 7 is more than the maximum limit of: 6 bytes.",
    )
    assert flow.held() == {"slots": 0, "notices": 0}
    assert list(jobs.recent()) == []


def test_twenty_jobs_run_at_once_and_no_more(flow: Flow) -> None:
    for _ in range(jobs.AT_ONCE):
        flow.start()
    assert refusal(flow) == (
        "LimitExceededException",
        "20 open Jobs for User arn:aws:iam::123456789012:root Maximum limit: 20",
    )
    lifecycle.fail(jobs.running()[0], "for the test")
    flow.start()
    assert flow.held()["slots"] == jobs.AT_ONCE


def test_of_starts_at_the_same_time_no_more_than_twenty_get_through(flow: Flow) -> None:
    def attempt(_: int) -> str:
        try:
            return flow.start()
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(attempt, range(28)))
    refused = [each for each in found if len(each) < 64]
    assert len(found) - len(refused) == jobs.AT_ONCE
    assert set(refused) == {"LimitExceededException"}
    assert flow.held()["slots"] == jobs.AT_ONCE
    assert len({job.slot for job in jobs.running()}) == jobs.AT_ONCE


def test_a_token_starts_one_job(flow: Flow) -> None:
    job_id = flow.start(ClientRequestToken=TOKEN)
    assert flow.start(ClientRequestToken=TOKEN) == job_id
    flow.run()
    assert flow.start(ClientRequestToken=TOKEN) == job_id
    flow.s3.delete_object(Bucket="photos", Key="clip.mp4")
    assert flow.start(ClientRequestToken=TOKEN) == job_id
    flow.run()
    assert flow.work.merges == 1
    assert len(flow.told()) == 1
    assert refusal(flow, ClientRequestToken=TOKEN, JobTag="other") == (
        "IdempotentParameterMismatchException",
        "The ClientRequestToken: once you have supplied is already in use.",
    )
    flow.s3.put_object(Bucket="photos", Key="clip.mp4", Body=b"a video")
    assert flow.start("face_detection", ClientRequestToken=TOKEN) != job_id


def test_a_token_that_is_used_at_the_same_time_starts_one_job(flow: Flow) -> None:
    with ThreadPoolExecutor(6) as pool:
        started = set(pool.map(lambda _: flow.start(ClientRequestToken=TOKEN), range(6)))
    assert len(started) == 1
    assert flow.held()["slots"] == 1


def test_a_token_lives_for_seven_days(flow: Flow) -> None:
    flow.start(ClientRequestToken=TOKEN)
    (key,) = tokens.keys(tokens.Call("StartLabelDetection", TOKEN, ""))
    item = table.read([key])[key]
    (job,) = jobs.running()
    assert float(item["expires"]["N"]) == pytest.approx(job.created + 7 * 24 * 3600, abs=5)
