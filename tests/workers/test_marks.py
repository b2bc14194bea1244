"""Whoever uploads may choose any key and any metadata: no photo can hide behind a mark, no result
is blocked in silence, and no object of a user's is overwritten or deleted.
"""

from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sightline.errors import ThrottlingException
from sightline.store import aws, marks, table
from sightline.store.uploads import MARK
from tests.workers.conftest import Watch, picture
from tests.workers.scenes import Stage, clear, state

TAKEN = (
    "InvalidS3ObjectException",
    "The results cannot be written: another object is at their place.",
)


def body_of(watch: Watch, key: str) -> bytes:
    return watch.s3.get_object(Bucket="photos", Key=key)["Body"].read()


def forged(watch: Watch) -> list[str]:
    """Marks that somebody made up, or copied from other results."""
    order, digest, signature = watch.mark("real.png")[MARK].split(".")
    last = "f" * len(order)
    return [
        "",
        "x",
        "f" * 32,
        "..",
        f"{last}.{digest}.{signature}",
        f"{order}.{digest}.{signature}",
        f"{order}.{digest}",
        f"{order}.{digest}.",
        f"{order}.{digest}.{signature}.{signature}",
    ]


def test_no_photo_hides_behind_a_mark_of_another_place(watch: Watch) -> None:
    watch.put("real.png", picture(50))
    watch.drain()
    tried = forged(watch)
    for number, mark in enumerate(tried):
        watch.put(f"{number}.png", picture(90), **{MARK: mark})
    assert watch.drain() == []
    assert len(watch.found("label", "Dog")) == len(tried) + 1


def test_no_photo_hides_behind_a_mark_of_its_own_place(watch: Watch) -> None:
    watch.put("a.png", picture(50))
    watch.drain()
    mark = watch.mark("a.png")
    watch.rule(ResultsPrefix="new")  # so that the old place is watched
    watch.put("results/a.png.json", picture(90), **mark)
    assert watch.drain() == []
    assert ("results/a.png.json", 90.0) in watch.found("label", "Dog")


def test_results_are_not_blocked_in_silence(watch: Watch) -> None:
    watch.put("real.png", picture(50))
    watch.drain()
    watch.told()
    tried = forged(watch)
    keys = [f"{number}.png" for number in range(len(tried))]
    for key, mark in zip(keys, tried, strict=True):
        watch.put(f"results/{key}.json", b"{}", **{MARK: mark})
        watch.put(key, picture(90))
    assert watch.drain() == []
    assert [body_of(watch, f"results/{key}.json") for key in keys] == [b"{}"] * len(keys)
    assert sorted(key for key, _ in watch.found("failed")) == keys
    assert sorted((news["Key"], news["State"]) for news in watch.told()) == [
        (key, "FAILED") for key in keys
    ]
    assert watch.buried() == [TAKEN] * len(keys)


def test_an_old_mark_at_its_own_place_gives_way(watch: Watch) -> None:
    watch.put("a.png", picture(90))
    watch.drain()
    watch.put("results/a.png.json", b"{}", **watch.mark("a.png"))
    watch.put("a.png", picture(80))
    assert watch.drain() == []
    assert watch.result("a.png")["State"] == "SUCCEEDED"
    assert watch.found("label", "Dog") == [("a.png", 80.0)]
    assert watch.letters() == []


def test_an_object_at_the_place_of_results_is_its_owners(watch: Watch, find: Any) -> None:
    place = "results/a.png.json"
    watch.put(place, b"mine")
    watch.put("a.png", picture(90))
    assert watch.drain() == []
    assert body_of(watch, place) == b"mine"
    (photo,) = find(Kind="failed")["Photos"]
    assert photo["Name"] == ": ".join(TAKEN)
    assert "Result" not in photo
    assert watch.found("label", "Dog") == []
    (news,) = watch.told()
    assert news["State"] == "FAILED"
    assert "Result" not in news
    assert [each["Name"] for each in news["Findings"]["failed"]] == [photo["Name"]]

    (letter,) = watch.letters()
    watch.s3.delete_object(Bucket="photos", Key=place)
    assert watch.work(letter) == []  # once there is room
    assert find(Kind="failed")["Photos"] == []
    assert find(Kind="label", Name="Dog")["Photos"][0]["Result"]["Name"] == place
    assert watch.result("a.png")["State"] == "SUCCEEDED"

    watch.put(place, b"mine again")
    watch.delete("a.png")
    assert watch.drain() == []
    assert body_of(watch, place) == b"mine again"
    assert watch.found("label", "Dog") == []


def test_two_that_make_the_secret_at_once_have_the_same(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, made = table.read, list[str]()

    def overtaken(keys: Any) -> Any:
        monkeypatch.setattr(table, "read", read)
        made.append(marks.mark("b", "k", "1", b"{}"))
        return {}

    monkeypatch.setattr(table, "read", overtaken)
    assert [marks.mark("b", "k", "1", b"{}")] == made
    assert marks.order_of(made[0], "b", "k") == "1"


def test_parts_of_a_mark_cannot_change_places(account: None) -> None:
    made = marks.mark("b", "k", "1", b"{}")
    assert marks.is_of(made, "b", "k", b"{}")
    assert not marks.is_of(made, "b", "k", b"{} ")
    for bucket, key in (("b/k", ""), ("", "b/k"), ("b", "k#1"), ("B", "k")):
        assert marks.order_of(made, bucket, key) is None


def test_the_secret_is_in_no_log(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(**_: Any) -> None:
        raise ThrottlingException

    body = watch.put("a.png", picture(90))
    with monkeypatch.context() as patch:
        patch.setattr(aws.s3(), "put_object", refuse)
        assert watch.work(body) == [body]
    found = table.read([marks.SECRET])[marks.SECRET]["secret"]["S"]
    said = "".join(str(vars(each)) for each in caplog.records)
    assert "upload not handled" in said
    assert found not in said


def test_results_of_a_later_event_that_nobody_settled(watch: Watch, stage: Stage) -> None:
    watch.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    early, late = watch.put("a.png", picture(90)), watch.put("a.png", picture(70, 1))
    expected: dict[str, Any] = {}
    came_again = 0
    for call in count():
        clear(watch)
        with stage.death(call):
            watch.work(late)
        died = stage.reached
        again = watch.work(early)  # it finds results of the later event, and maybe no record
        came_again += len(again)
        assert watch.work(late, *again) == []
        expected = expected or state(watch)
        assert state(watch) == expected, call
        if call > 0 and not died:
            break
    assert came_again > 0
    assert watch.found("label", "Cat") == [("a.png", 70.0)]
    assert watch.letters() == []


def test_without_a_later_event_nothing_ends_in_silence(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were there a mark of ours from the future, whatever made it, the queue would find out."""
    body = watch.put("a.png", picture(90))
    place = "results/a.png.json"
    watch.put(place, b"{}", **{MARK: marks.mark("photos", place, "f" * 32, b"{}")})
    assert watch.work(body) == [body]
    monkeypatch.setattr(aws.s3(), "head_object", _denied)
    assert watch.work(body) == []
    ((code, words),) = watch.buried()
    assert (code, words) == ("InvalidS3ObjectException", "The results' place cannot be seen: 403.")


def _denied(**_: Any) -> None:
    answer: Any = {"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    raise ClientError(answer, "HeadObject")
