"""Where S3 does not take the results the photo is counted as failed, and nothing leads to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, NoReturn

import pytest
from botocore.exceptions import ClientError

from sightline.store import aws, findings
from tests.workers.conftest import Watch, picture
from tests.workers.scenes import Stage, clear, state
from tests.workers.test_on_upload import event_bridge

LONG = "x" * 1020  # as long a key as S3 takes, but for four bytes


@contextmanager
def refused(monkeypatch: pytest.MonkeyPatch, *verbs: str) -> Iterator[None]:
    """S3 denies these to the worker."""

    with monkeypatch.context() as patch:
        for verb in verbs:
            patch.setattr(aws.s3(), verb, lambda **_: _refused("AccessDenied", 403))
        yield


def _refused(code: str, status: int) -> NoReturn:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    raise ClientError(answer, "")


def test_a_key_too_long_for_its_results(
    watch: Watch, find: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = aws.s3().head_object

    def strict(**asked: Any) -> Any:  # as S3, which moto is not here
        return _refused("KeyTooLongError", 400) if len(asked["Key"]) > 1024 else head(**asked)

    monkeypatch.setattr(aws.s3(), "head_object", strict)
    body = watch.put(LONG, picture(90))
    assert watch.drain() == []
    words = "The results cannot be written: their key is too long for S3."
    assert watch.buried() == [("InvalidS3ObjectException", words)]
    (photo,) = find(Kind="failed")["Photos"]
    assert (photo["Key"], photo["Name"]) == (LONG, f"InvalidS3ObjectException: {words}")
    assert "Result" not in photo
    (news,) = watch.told()
    assert (news["State"], "Result" in news) == ("FAILED", False)
    assert watch.work(body) == []  # once more, as a dead letter that is sent again
    assert watch.found("failed") == [(LONG, 100.0)]
    (again,) = watch.told()
    assert again == news
    watch.delete(LONG)
    assert watch.drain() == []
    assert watch.found("failed") == []
    assert [(news["Key"], news["State"]) for news in watch.told()] == [(LONG, "REMOVED")]


@pytest.mark.parametrize("verbs", [("put_object",), ("put_object", "delete_object")])
def test_results_that_S3_refuses(  # noqa: N802
    watch: Watch, find: Any, monkeypatch: pytest.MonkeyPatch, verbs: tuple[str, ...]
) -> None:
    watch.put("a.png", picture(90))
    watch.drain()
    watch.told()
    watch.put("a.png", picture(80))
    with refused(monkeypatch, *verbs):
        assert watch.drain() == []
    assert watch.found("label", "Dog") == []
    (photo,) = find(Kind="failed")["Photos"]
    assert "Result" not in photo
    (news,) = watch.told()
    assert (news["State"], "Result" in news) == ("FAILED", False)
    left = ["results/a.png.json"] if "delete_object" in verbs else []
    assert watch.results() == left
    (letter,) = watch.letters()

    assert watch.work(letter) == []
    assert watch.found("label", "Dog") == [("a.png", 80.0)]
    assert watch.found("failed") == []
    (news,) = watch.told()
    assert news["Result"] == {"Bucket": "photos", "Key": "results/a.png.json"}
    watch.delete("a.png")
    assert watch.drain() == []
    assert watch.results() == []
    assert [(news["State"], "Result" in news) for news in watch.told()] == [("REMOVED", False)]


def test_results_of_an_earlier_event_do_not_stay_elsewhere(watch: Watch) -> None:
    watch.put(LONG[:1000], picture(90))
    watch.drain()
    watch.rule(ResultsPrefix="much longer than it was before")
    watch.put(LONG[:1000], picture(80))
    assert watch.drain() == []
    assert watch.results() == []
    assert watch.found("failed") == [(LONG[:1000], 100.0)]


def test_a_worker_that_dies_where_results_cannot_be_written(watch: Watch, stage: Stage) -> None:
    watch.put("a.png", picture(90))
    (first,) = watch.pending()
    watch.rule(ResultsPrefix="new")
    watch.put("new/a.png.json", b"mine")
    second = watch.put("a.png", picture(80))
    expected: Any = None
    for call in count():
        clear(watch)
        watch.s3.put_object(Bucket="photos", Key="new/a.png.json", Body=b"mine")
        watch.s3.put_object(Bucket="photos", Key="a.png", Body=picture(90))
        watch.rule()
        assert watch.work(first) == []
        watch.rule(ResultsPrefix="new")
        watch.s3.put_object(Bucket="photos", Key="a.png", Body=picture(80))
        watch.told()
        watch.letters()
        with stage.death(call):
            assert watch.work(second) == []
        if stage.reached:
            assert watch.work(second) == []
        left = state(watch), {news["State"] for news in watch.told()}, set(watch.letters())
        expected = expected or left
        assert left == expected, call
        if call > 0 and not stage.reached:
            assert call > 5
            break
    assert watch.found("failed") == [("a.png", 100.0)]
    assert watch.results() == []


def test_a_removal_of_what_nobody_knew_is_not_told(watch: Watch) -> None:
    created = watch.put("b.png", picture(70))
    body = watch.delete("b.png")
    watch.forget()
    assert watch.work(body, body) == []
    assert watch.told() == []
    assert watch.work(created) == []
    assert watch.told() == []


def test_the_workers_own_removal_is_not_told(watch: Watch) -> None:
    watch.put("a.png", picture(90))
    watch.drain()
    watch.rule(ResultsPrefix="new")
    watch.put("a.png", picture(80))
    watch.told()
    (upload,) = watch.pending()
    watch.forget()
    assert watch.work(upload) == []
    own = watch.pending()  # of the new results, and of the old ones that went
    watch.forget()
    assert watch.work(*own, *own) == []
    assert [(news["Key"], news["State"]) for news in watch.told()] == [("a.png", "SUCCEEDED")]
    record = findings.get("photos", "results/a.png.json")
    assert record is not None
    assert record.state == "REMOVED"


def test_a_removal_whose_worker_died_is_told(watch: Watch, stage: Stage) -> None:
    for known in (True, False):
        for call in count():
            key = f"{known} {call}.png"
            created = watch.put(key, picture(90))
            removed = watch.delete(key)
            if known:
                watch.s3.put_object(Bucket="photos", Key=key, Body=picture(90))
                assert watch.work(created) == []
                watch.s3.delete_object(Bucket="photos", Key=key)
            watch.told()
            with stage.death(call):
                watch.work(removed)
            died = stage.reached
            if died:
                assert watch.work(removed) == []
            assert {news["State"] for news in watch.told()} == ({"REMOVED"} if known else set())
            if call > 0 and not died:
                break
        watch.forget()


def test_messages_are_plain_for_any_key(watch: Watch) -> None:
    key = "a\ufffe\uffff\x7f ü.png"  # S3 takes it; SQS and SNS would not
    body = watch.put(key, b"no image")
    watch.forget()
    assert watch.work(event_bridge(body)) == []
    (letter,) = watch.letters()
    assert letter.isascii()
    (news,) = watch.raw_told()
    assert news.isascii()
    assert watch.work(letter) == []
    assert [each["Key"] for each in watch.told()] == [key]
