"""Get: pages of what a job found, in the order that was asked for."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sightline.domain.video import results
from sightline.domain.video.kinds import Element, Merged
from sightline.store import aws, job_objects, jobs
from sightline.video.probe import AudioInfo
from tests.video.flow import conftest
from tests.video.flow.conftest import Flow

FOUND = 2350  # labels


def labels() -> Iterator[Element]:
    for number in range(FOUND):
        yield {
            "Timestamp": number,
            "Label": {"Name": "Dog", "Confidence": 90.5, "Instances": [], "Parents": []},
        }


@pytest.fixture
def ended(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> str:
    """A job that found many labels; each order begins with another of them."""

    def found(
        pieces: Sequence[Callable[[], bytes]], request: dict[str, Any], info: dict[str, Any]
    ) -> Merged:
        orders = {
            f"{sort}/{aggregate}": list(labels())[place:]
            for place, (sort, aggregate) in enumerate(
                (sort, aggregate)
                for sort in ("TIMESTAMP", "NAME")
                for aggregate in ("TIMESTAMPS", "SEGMENTS")
            )
        }
        return Merged(orders, {"LabelModelVersion": "3.0"})

    monkeypatch.setattr(flow.work, "merge", found)
    job_id = flow.start()
    flow.run()
    return job_id


def refusal(flow: Flow, job_id: str, **parameters: Any) -> str:
    kind = parameters.pop("kind", "label_detection")
    with pytest.raises(ClientError) as error:
        flow.get(job_id, kind, **parameters)
    return str(error.value.response["Error"]["Code"])


def test_a_page_is_no_larger_than_lambda_answers(
    flow: Flow, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crowd in each of a thousand frames would be."""
    monkeypatch.setattr(results, "MOST_BYTES", 3_000)
    first = flow.get(ended)
    assert 10 < len(first["Labels"]) < 40
    assert first["NextToken"]
    assert flow.times(ended) == list(range(FOUND))
    monkeypatch.setattr(results, "MOST_BYTES", 1)
    assert len(flow.get(ended)["Labels"]) == 1


def test_pages_hold_all_labels_in_turn(flow: Flow, ended: str) -> None:
    for size in (1000, 5000, 333, None):
        asked: dict[str, Any] = {} if size is None else {"MaxResults": size}
        assert flow.times(ended, **asked) == list(range(FOUND))
        answer = flow.get(ended, **asked)
        assert len(answer["Labels"]) == min(size or 1000, 1000)
        assert answer["Labels"][0]["Label"]["Name"] == "Dog"


def test_every_page_says_what_the_video_is_like(flow: Flow, ended: str) -> None:
    first = flow.get(ended, MaxResults=2000)
    second = flow.get(ended, NextToken=first["NextToken"])
    for answer in (first, second):
        assert answer["VideoMetadata"] == {
            "Codec": "h264",
            "DurationMillis": 61_500,
            "Format": "QuickTime / MOV",
            "FrameRate": 25.0,
            "FrameHeight": 360,
            "FrameWidth": 640,
            "ColorRange": "LIMITED",
        }
        assert answer["LabelModelVersion"] == "3.0"
        assert answer["GetRequestMetadata"] == {"SortBy": "TIMESTAMP", "AggregateBy": "TIMESTAMPS"}


def test_sort_and_aggregate_choose_the_order(flow: Flow, ended: str) -> None:
    usual = {"SortBy": "TIMESTAMP", "AggregateBy": "TIMESTAMPS"}
    for first, asked in enumerate(
        (
            {"SortBy": "TIMESTAMP"},
            {"AggregateBy": "SEGMENTS"},
            {"SortBy": "NAME"},
            {"SortBy": "NAME", "AggregateBy": "SEGMENTS"},
        )
    ):
        answer = flow.get(ended, **asked)
        assert answer["Labels"][0]["Timestamp"] == first
        assert answer["GetRequestMetadata"] == usual | asked
        assert flow.times(ended, **asked) == list(range(first, FOUND))


def test_a_page_reads_two_objects_at_most(
    flow: Flow, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    get = job_objects._read

    def reading(key: str) -> bytes:
        read.append(key)
        return get(key)

    monkeypatch.setattr(job_objects, "_read", reading)
    token = flow.get(ended, MaxResults=500)["NextToken"]
    assert len(read) == 1
    flow.get(ended, MaxResults=1000, NextToken=token)
    assert len(read) == 3


def test_a_token_is_short_and_of_one_job_and_order(
    flow: Flow, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = flow.get(ended)["NextToken"]
    assert len(token) <= 255
    other = flow.start()
    flow.run()
    for job_id, asked in (
        (other, {}),
        (ended, {"SortBy": "NAME"}),
        (ended, {"AggregateBy": "SEGMENTS"}),
    ):
        refused = refusal(flow, job_id, NextToken=token, **asked)
        assert refused == "InvalidPaginationTokenException"
    assert refusal(flow, ended, NextToken="nonsense") == "InvalidPaginationTokenException"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 24 * 3600 + 2)
    assert refusal(flow, ended, NextToken=token) == "InvalidPaginationTokenException"


def test_a_job_of_another_kind_is_not_found(flow: Flow, ended: str) -> None:
    assert refusal(flow, ended, kind="face_detection") == "ResourceNotFoundException"
    assert refusal(flow, "nobody") == "ResourceNotFoundException"


def test_a_job_is_not_found_when_its_results_are_kept_no_more(
    flow: Flow, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + jobs.KEPT - 60)
    assert flow.get(ended)["JobStatus"] == "SUCCEEDED"
    monkeypatch.setattr(time, "time", lambda: now + jobs.KEPT + 60)
    assert refusal(flow, ended) == "ResourceNotFoundException"


def test_segments_have_lists_of_metadata(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = (AudioInfo("aac", 61_000, 48_000, 2),)
    monkeypatch.setattr(conftest, "INFO", replace(conftest.INFO, audio=sound))
    flow.work.answer = {"SelectedSegmentTypes": [{"Type": "SHOT", "ModelVersion": "2.0"}]}
    job_id = flow.start("segment_detection", SegmentTypes=["SHOT"])
    flow.run()
    answer = flow.get(job_id, "segment_detection")
    assert [each["DurationMillis"] for each in answer["VideoMetadata"]] == [61_500]
    assert answer["AudioMetadata"] == [
        {"Codec": "aac", "DurationMillis": 61_000, "SampleRate": 48_000, "NumberOfChannels": 2}
    ]
    assert answer["SelectedSegmentTypes"] == [{"Type": "SHOT", "ModelVersion": "2.0"}]


def test_a_list_is_written_without_being_held(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a result, one object's elements are in memory at a time."""
    made, kept = 0, []

    def elements() -> Iterator[Element]:
        nonlocal made
        for number in range(5500):
            made += 1
            yield {"Timestamp": number}

    put = aws.s3().put_object

    def putting(**given: Any) -> Any:
        kept.append(made)
        return put(**given)

    monkeypatch.setattr(aws.s3(), "put_object", putting)
    assert job_objects.put_results("0" * 64, "run", "TIMESTAMP", elements()) == 5500
    assert kept == [1000, 2000, 3000, 4000, 5000, 5500]
