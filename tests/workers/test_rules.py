"""Rules decide what is done with a photo, and may change while events are on their way."""

import re
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from sightline.domain import analysis, rules
from sightline.domain.photos import ANY
from sightline.errors import ValidationException
from sightline.store import findings
from sightline.store import rules as stored
from sightline.vision.photo import Photo
from sightline.wire.constraints import check
from sightline.wire.model import service_model
from sightline.wire.rules import checked_rule
from tests.workers.conftest import Watch, picture
from tests.workers.scenes import Stage, clear, state

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


def test_results_are_never_analysed(watch: Watch) -> None:
    watch.put("a.png", picture(90))
    rounds = 0
    while watch.pending():
        watch.drain()
        rounds += 1
        assert rounds < 5
    assert watch.results("") == ["a.png", "results/a.png.json"]
    assert watch.letters() == []


def test_results_of_a_rule_that_was_changed_are_never_analysed(watch: Watch) -> None:
    watch.put("a.png", picture(90))
    (upload,) = watch.pending()
    watch.forget()
    watch.work(upload)
    told_of_results = watch.pending()
    watch.forget()
    watch.rule(ResultsPrefix="elsewhere")
    assert watch.work(*told_of_results) == []
    assert watch.results("") == ["a.png", "results/a.png.json"]
    assert watch.letters() == []


def test_a_photo_under_the_results_prefix_is_not_watched(watch: Watch) -> None:
    watch.put("results/a.png", picture(90))
    watch.put("folder/", b"")
    watch.drain()
    assert not watch.found("label", "Dog")
    assert not watch.letters()


def test_the_longest_prefix_decides_alone(watch: Watch) -> None:
    watch.rule("in/", Operations={"DetectLabels": {}}, ResultsPrefix="in/out/", Publish=False)
    for key in ("a.png", "in/a.png", "in/b/c.png", "inn.png"):
        watch.put(key, picture(90))
    watch.drain()
    assert watch.results("in/out/") == ["in/out/in/a.png.json", "in/out/in/b/c.png.json"]
    assert watch.results() == ["results/a.png.json", "results/inn.png.json"]
    assert len(watch.found("label", "Dog")) == 4
    assert sorted(key for key, _ in watch.found("text", "out")) == ["a.png", "inn.png"]
    assert sorted(news["Key"] for news in watch.told()) == ["a.png", "inn.png"]


def test_without_a_rule_nothing_happens(watch: Watch) -> None:
    rules.remove("photos", "")
    watch.put("a.png", picture(90))
    watch.delete("a.png")
    assert watch.drain() == []
    assert not watch.results()
    assert not watch.letters()
    assert not watch.told()


def test_results_do_not_outlive_their_photo_when_the_rule_is_gone(watch: Watch) -> None:
    for key in ("a.png", "b.png", "c.png"):
        watch.put(key, picture(90))
    watch.drain()
    rules.remove("photos", "")
    watch.delete("a.png")
    watch.put("b.png", picture(80))
    assert watch.drain() == []
    assert watch.results() == ["results/c.png.json"]
    assert watch.found("label", "Dog") == [("c.png", 90.0)]


def test_an_event_that_was_settled_comes_again_when_the_rule_is_gone(watch: Watch) -> None:
    watch.rule("z/")
    bodies = [watch.put("a.png", picture(90)), watch.put("b.png", b"no image")]
    watch.drain()
    rules.remove("photos", "")
    before = state(watch)
    assert watch.work(*bodies) == []
    assert state(watch) == before
    assert watch.found("label", "Dog") == [("a.png", 90.0)]


def test_a_removal_without_a_rule_survives_a_death(watch: Watch, stage: Stage) -> None:
    created, removed = watch.put("a.png", picture(90)), watch.delete("a.png")
    for call in count():
        clear(watch)
        watch.rule()
        watch.s3.put_object(Bucket="photos", Key="a.png", Body=picture(90))
        assert watch.work(created) == []
        watch.s3.delete_object(Bucket="photos", Key="a.png")
        rules.remove("photos", "")
        with stage.death(call):
            assert watch.work(removed) == []
        if stage.reached:
            assert watch.work(removed) == []
        assert not watch.results()
        assert not watch.found("label", "Dog")
        if call > 0 and not stage.reached:
            assert call > 3
            break


NOTHING = "nothing under '{}/' is watched"
AMONG = "results under '{}/' would lie among"


@pytest.mark.parametrize(
    ("prefix", "results", "error"),
    [
        ("other/", "holiday", NOTHING.format("holiday")),
        ("other/", "holiday/2026/", AMONG.format("holiday/2026")),
        ("", "holiday", NOTHING.format("holiday")),
        ("", "holiday/2026", AMONG.format("holiday/2026")),
        ("other/", "results/y", AMONG.format("results/y")),
        ("other/", "other", NOTHING.format("other")),
        ("results/", "elsewhere", NOTHING.format("results")),
        ("results/x/", "elsewhere", NOTHING.format("results")),
        ("results", "elsewhere", NOTHING.format("results")),
        ("res", "elsewhere", AMONG.format("results")),
        ("results/x/", "results", NOTHING.format("results")),
    ],
)
def test_no_rule_switches_another_off(watch: Watch, prefix: str, results: str, error: str) -> None:
    watch.rule("holiday/")
    before = stored.of("photos")
    with pytest.raises(ValidationException, match=re.escape(error)):
        watch.rule(prefix, ResultsPrefix=results)
    assert stored.of("photos") == before
    watch.put("holiday/1.jpg", picture(90))
    watch.drain()
    assert watch.found("label", "Dog") == [("holiday/1.jpg", 90.0)]


def test_rules_that_leave_each_other_alone(watch: Watch) -> None:
    watch.rule("holiday/")
    watch.rule("holiday/best/", ResultsPrefix="holidays")
    watch.rule("holiday/best/", ResultsPrefix="results")
    watch.rule("other/", ResultsPrefix="other/results")
    watch.rule("", ResultsPrefix="else")
    assert len(stored.of("photos")) == 4


def test_rules_that_were_stored_before_go_on_and_can_be_mended(watch: Watch) -> None:
    document: dict[str, Any] = {"Operations": {"DetectLabels": {}}}
    stored.change(
        "photos",
        lambda _: {"in/": document, "out/": document | {"ResultsPrefix": "in"}, "x/": document},
    )
    watch.put("x/a.png", picture(90))
    watch.put("out/a.png", picture(80))
    watch.drain()
    assert [key for key, _ in watch.found("label", "Dog")] == ["x/a.png", "out/a.png"]
    watch.rule("x/", Publish=False)  # for the other two are not its fault
    watch.rule("out/", ResultsPrefix="results")
    watch.put("in/a.png", picture(70))
    watch.drain()
    assert ("in/a.png", 70.0) in watch.found("label", "Dog")


def test_null_in_a_rule_is_as_if_it_were_left_out() -> None:
    kept = checked_rule({"Operations": {"DetectText": {}, "DetectLabels": None}, "Publish": None})
    assert kept == {"Operations": {"DetectText": {}}}
    with pytest.raises(ValidationException, match="no operation"):
        checked_rule({"Operations": {"DetectLabels": None}})


def test_a_new_results_prefix_moves_the_results_of_the_next_version(watch: Watch) -> None:
    watch.put("a.png", picture(90))
    watch.drain()
    watch.rule(ResultsPrefix="new")
    watch.put("a.png", picture(80))
    watch.drain()
    assert watch.results("") == ["a.png", "new/a.png.json"]
    assert watch.found("label", "Dog") == [("a.png", 80.0)]


def test_results_that_a_dead_worker_moved_go_with_the_photo(watch: Watch, stage: Stage) -> None:
    for call in count():
        clear(watch)
        watch.rule()
        watch.work(watch.put("a.png", picture(90)))
        watch.rule(ResultsPrefix="new")
        moved = watch.put("a.png", picture(80))
        with stage.death(call):
            assert watch.work(moved) == []
        died = stage.reached
        assert watch.work(watch.delete("a.png")) == []
        assert watch.results("") == [], call
        if call > 0 and not died:
            assert call > 5
            break


def test_index_faces_without_its_collection_is_a_dead_letter(
    watch: Watch, rekognition: "RekognitionClient"
) -> None:
    watch.rule(Operations={"DetectLabels": {}, "IndexFaces": {"CollectionId": "people"}})
    watch.put("a.png", picture(90))
    assert watch.drain() == []
    assert watch.found("label", "Dog") == [("a.png", 90.0)]
    (entry,) = watch.buried()
    assert entry == (
        "ResourceNotFoundException",
        "IndexFaces: The collection id: people does not exist",
    )
    rekognition.create_collection(CollectionId="people")


def test_faces_are_indexed_once_and_stay(
    watch: Watch, rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    rekognition.create_collection(CollectionId="people")
    watch.rule(Operations={"DetectFaces": {}, "IndexFaces": {"CollectionId": "people"}})
    body = watch.put("a.png", astronaut)
    watch.drain()
    assert watch.work(body) == []
    (face,) = rekognition.list_faces(CollectionId="people")["Faces"]
    answers = watch.result("a.png")["Operations"]
    assert answers["IndexFaces"]["Response"]["FaceRecords"][0]["Face"]["FaceId"] == face["FaceId"]
    assert len(answers["DetectFaces"]["Response"]["FaceDetails"]) == 1
    same = rekognition.index_faces(
        CollectionId="people", Image={"S3Object": {"Bucket": "photos", "Name": "a.png"}}
    )
    assert same["FaceRecords"][0]["Face"]["FaceId"] == face["FaceId"]
    watch.delete("a.png")
    watch.drain()
    assert len(rekognition.list_faces(CollectionId="people")["Faces"]) == 1


def test_each_photo_has_a_human_loop_of_its_own(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def moderate(_: Photo, request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        return {"ModerationLabels": []}

    monkeypatch.setitem(analysis.DETECTORS, "DetectModerationLabels", (ANY, moderate))
    name = "review-" + "x" * 56
    arn = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/people"
    loop = {"HumanLoopName": name, "FlowDefinitionArn": arn}
    watch.rule(Operations={"DetectModerationLabels": {"HumanLoopConfig": loop}})
    bodies = [watch.put(key, picture(90)) for key in ("a.png", "b.png")]
    watch.forget()
    assert watch.work(*bodies, bodies[0]) == []
    images = [request["Image"]["S3Object"] for request in asked]
    assert images == [{"Bucket": "photos", "Name": key} for key in ("a.png", "b.png")]
    first, second = (request["HumanLoopConfig"]["HumanLoopName"] for request in asked)
    assert first != second
    for each in (first, second):
        check(
            {"HumanLoopName": each, "FlowDefinitionArn": arn},
            service_model().shape_for("HumanLoopConfig"),  # type: ignore[arg-type]
        )
    with monkeypatch.context() as patch:
        patch.setattr(findings, "get", lambda *_: None)  # as if the worker had died
        watch.work(bodies[0])
    assert asked[-1] == asked[0]
