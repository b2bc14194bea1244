"""An upload brings results, messages and index entries, and a deletion takes them away."""

import json
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from functions.workers import on_upload
from sightline.domain import analysis
from sightline.domain.photos import ANY, Limits
from sightline.errors import InvalidImageFormatException, ThrottlingException
from sightline.store import aws
from sightline.wire.s3_events import events_of
from tests.workers.conftest import Watch, picture

if TYPE_CHECKING:
    pass

TRIGGERS = Path(__file__).resolve().parents[2] / "events" / "triggers"


def test_an_upload_is_analysed(watch: Watch) -> None:
    body = watch.put("a.png", picture(90))
    assert watch.drain() == []
    (event,) = events_of(body)
    result = watch.result("a.png")
    assert result["Operations"]["DetectLabels"]["Response"] == {
        "Labels": [{"Name": "Dog", "Confidence": 90.0}],
        "LabelModelVersion": "3.0",
    }
    assert len(result["Operations"]["DetectText"]["Response"]["TextDetections"]) == 4
    assert result["ModelVersions"] == {"DetectLabels": "3.0", "DetectText": "3.0"}
    assert (result["Bucket"], result["Key"], result["State"]) == ("photos", "a.png", "SUCCEEDED")
    assert result["EventTime"] == event.time
    assert result["Sequencer"] == event.sequencer
    assert result["ETag"] == event.etag
    assert "VersionId" not in result
    assert watch.found("label", "Dog") == [("a.png", 90.0)]
    assert watch.found("text", "OUT") == watch.found("text", "way") == [("a.png", 90.0)]
    assert watch.found("text", "Way out") == watch.found("label", "Cat") == []
    (news,) = watch.told()
    assert news["Result"] == {"Bucket": "photos", "Key": "results/a.png.json"}
    assert news["State"] == "SUCCEEDED"
    assert news["Findings"]["label"] == [{"Name": "Dog", "Confidence": 90.0}]
    assert len(news["Findings"]["text"]) == 2
    assert watch.buried() == []


def test_a_deletion_takes_all_of_it_away(watch: Watch) -> None:
    watch.put("a.png", picture(90))
    watch.put("b.png", picture(80))
    watch.drain()
    watch.told()
    watch.delete("a.png")
    assert watch.drain() == []
    assert watch.results() == ["results/b.png.json"]
    assert watch.found("label", "Dog") == watch.found("text", "out") == [("b.png", 80.0)]
    assert [(news["Key"], news["State"]) for news in watch.told()] == [("a.png", "REMOVED")]


def test_an_overwritten_photo_leaves_nothing_of_the_old_one(watch: Watch) -> None:
    watch.put("a.png", picture(90, 0))
    watch.drain()
    watch.put("a.png", picture(70, 1))
    watch.drain()
    assert watch.found("label", "Dog") == []
    assert watch.found("label", "Cat") == watch.found("text", "out") == [("a.png", 70.0)]
    label = watch.result("a.png")["Operations"]["DetectLabels"]["Response"]["Labels"][0]
    assert label == {"Name": "Cat", "Confidence": 70.0}


KEYS = ["with space.png", "plus+and%20.png", "größe/日本 🐕.png", "a?b=c&d#e.png", "x" * 1000]


def test_any_key_will_do(watch: Watch) -> None:
    for key in KEYS:
        watch.put(key, picture(90))
    assert watch.drain() == []
    assert [watch.result(key)["Key"] for key in KEYS] == KEYS
    assert sorted(watch.found("label", "Dog")) == sorted((key, 90.0) for key in KEYS)
    for key in KEYS:
        watch.delete(key)
    watch.drain()
    assert not watch.found("label", "Dog")
    assert not watch.results()


def test_what_S3_refuses_is_a_dead_letter(  # noqa: N802
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = watch.put("a.png", picture(90))
    watch.forget()
    for verb, status in product(("put_object", "get_object"), (400, 403)):

        def refuse(status: int = status, verb: str = verb, **_: Any) -> None:
            answer: Any = {"Error": {}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(answer | {"Error": {"Code": "AccessDenied"}}, verb)

        with monkeypatch.context() as patch:
            patch.setattr(aws.s3(), verb, refuse)
            assert watch.work(body) == []
        ((said, _),) = watch.buried()
        assert said == "InvalidS3ObjectException"
    assert watch.work(body) == []
    assert watch.found("label", "Dog") == [("a.png", 90.0)]


def event_bridge(body: str) -> str:
    """The event of a notification as EventBridge tells of it; keys are plain there."""
    (event,) = events_of(body)
    detail = {
        "bucket": {"name": event.bucket},
        "object": {"key": event.key, "etag": event.etag, "sequencer": event.sequencer},
    }
    kind = "Object Deleted" if event.removed else "Object Created"
    return json.dumps(
        {"source": "aws.s3", "detail-type": kind, "time": event.time, "detail": detail}
    )


def test_event_bridge_tells_the_same(watch: Watch) -> None:
    key = "plus+and%20 größe.png"
    created = watch.put(key, picture(90))
    watch.forget()
    assert watch.work(event_bridge(created)) == []
    assert watch.found("label", "Dog") == [(key, 90.0)]
    deleted = watch.delete(key)
    watch.forget()
    assert watch.work(event_bridge(deleted)) == []
    assert not watch.found("label", "Dog")
    assert not watch.results()


def test_what_S3_tells_beside_uploads_is_passed_over(watch: Watch) -> None:  # noqa: N802
    said: tuple[dict[str, Any], ...] = (
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos"},
        {"Records": []},
        {"Records": [{"eventName": "ObjectTagging:Put"}]},
        {"detail-type": "Object Tags Added", "detail": {}},
    )
    assert watch.work(*map(json.dumps, said)) == []
    assert not watch.letters()
    assert not watch.results()


def test_golden_batches_of_photos_that_are_gone(watch: Watch) -> None:
    for golden in sorted(TRIGGERS.glob("*.json")):
        assert on_upload.handler(json.loads(golden.read_text()), None) == {"batchItemFailures": []}
    assert not watch.letters()
    assert not watch.results()


def test_what_is_no_event_of_S3_is_a_dead_letter(watch: Watch) -> None:  # noqa: N802
    wrong = ["hello", "[]", "{}", '{"Records": [{"eventName": 1}]}', "[" * 20_000]
    good = watch.put("a.png", picture(90))
    watch.forget()
    assert watch.work(*wrong, good) == []
    assert watch.letters() == wrong
    assert watch.found("label", "Dog") == [("a.png", 90.0)]


def test_a_poisoned_file_does_not_hold_up_the_others(watch: Watch) -> None:
    bodies = [
        watch.put("a.png", picture(90)),
        watch.put("b.png", b"no image"),
        watch.put("c.png", picture(90)[:-20]),
        watch.put("d.png", b" " * (15 * 2**20 + 1)),
        watch.put("e.png", picture(80)),
    ]
    watch.forget()
    assert watch.work(*bodies) == []
    assert watch.found("label", "Dog") == [("a.png", 90.0), ("e.png", 80.0)]
    assert sorted(key for key, _ in watch.found("failed")) == ["b.png", "c.png", "d.png"]
    assert watch.result("d.png")["Error"]["Code"] == "ImageTooLargeException"
    assert watch.result("d.png")["Operations"] == {}
    states = {news["Key"]: news["State"] for news in watch.told()}
    assert states == dict.fromkeys(["a.png", "e.png"], "SUCCEEDED") | dict.fromkeys(
        ["b.png", "c.png", "d.png"], "FAILED"
    )
    broken = ("InvalidImageFormatException", "Request has invalid image format")
    too_large = ("ImageTooLargeException", "Image size is too large")
    assert watch.buried() == [broken, broken, too_large]


def test_a_poisoned_record_does_not_hold_up_its_message(watch: Watch) -> None:
    records = [
        json.loads(watch.put(key, body))["Records"][0]
        for key, body in (("a.png", b"no image"), ("b.png", picture(90)))
    ]
    watch.forget()
    assert watch.work(json.dumps({"Records": records})) == []
    assert watch.found("label", "Dog") == [("b.png", 90.0)]
    (letter,) = watch.letters()
    assert json.loads(letter) == {"Records": records[:1]}


def test_a_dead_letter_sent_again_is_tried_again(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> dict[str, Any]:
        raise InvalidImageFormatException

    with monkeypatch.context() as patch:
        patch.setitem(analysis.DETECTORS, "DetectText", (ANY, refuse))
        watch.put("a.png", picture(90))
        watch.drain()
    assert watch.found("failed") == [("a.png", 100.0)]
    assert watch.found("label", "Dog") == [("a.png", 90.0)]
    operations = watch.result("a.png")["Operations"]
    assert operations["DetectText"]["Error"]["Code"] == "InvalidImageFormatException"
    assert "Response" in operations["DetectLabels"]
    assert watch.work(*watch.letters()) == []
    assert watch.found("failed") == []
    assert watch.found("text", "out") == [("a.png", 90.0)]
    assert watch.result("a.png")["State"] == "SUCCEEDED"
    assert watch.letters() == []


def test_an_operation_that_does_not_take_the_size_fails_alone(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    detect = analysis.DETECTORS["DetectLabels"][1]
    monkeypatch.setitem(analysis.DETECTORS, "DetectLabels", (Limits(least_side=64), detect))
    watch.put("a.png", picture(90, side=70))
    watch.drain()
    assert watch.found("label", "Dog") == [("a.png", 90.0)]
    ((code, words),) = watch.buried()
    assert code == "InvalidParameterException"
    assert words.startswith("DetectText: ")


@pytest.mark.parametrize("error", [ThrottlingException(), MemoryError(), ConnectionError()])
def test_what_another_try_may_mend_comes_again(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    detect = analysis.DETECTORS["DetectLabels"][1]
    down = [True]

    def moody(photo: Any, request: Any) -> dict[str, Any]:
        if photo.pixels[0, 0, 0] == 90 and down:
            raise error
        return detect(photo, request)

    monkeypatch.setitem(analysis.DETECTORS, "DetectLabels", (ANY, moody))
    bodies = [watch.put("a.png", picture(90)), watch.put("b.png", picture(80))]
    watch.forget()
    assert watch.work(*bodies) == bodies[:1]
    assert watch.found("label", "Dog") == [("b.png", 80.0)]
    assert watch.results() == ["results/b.png.json"]
    down.clear()
    assert watch.work(bodies[0]) == []
    assert watch.found("label", "Dog") == [("a.png", 90.0), ("b.png", 80.0)]
    assert watch.letters() == []
