"""Events come twice, late, in any order and to several workers at once, and workers die; in the
end there is what one undisturbed worker would have left after the last event.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count, permutations
from typing import Any

import pytest

from sightline.domain import uploads
from sightline.store import findings
from tests.workers.conftest import Watch, picture
from tests.workers.scenes import Stage, clear, everything_leads_to_results, state

Step = Callable[[], Any]
DOG, DIMMER_DOG, CAT = picture(90), picture(60), picture(70, 1)


def test_the_same_event_again_changes_nothing(watch: Watch) -> None:
    body = watch.put("a.png", DOG)
    watch.work(body)
    before, (news,) = state(watch), watch.told()
    assert watch.work(body) == []
    assert watch.work(body, body) == []
    assert state(watch) == before
    assert watch.told() == [news] * 3


def test_events_of_versions_in_any_order(watch: Watch) -> None:
    watch.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    bodies = [
        watch.put("a.png", DOG),
        watch.put("a.png", DIMMER_DOG),
        watch.delete("a.png"),
        watch.put("a.png", CAT),
    ]
    version = watch.s3.head_object(Bucket="photos", Key="a.png")["VersionId"]
    expected: list[dict[str, Any]] = []
    for order in permutations(bodies):
        clear(watch)
        for body in order:
            assert watch.work(body) == []
        expected.append(state(watch))
        assert expected[-1] == expected[0]
    assert watch.found("label", "Cat") == [("a.png", 70.0)]
    assert watch.found("label", "Dog") == []
    assert watch.result("a.png")["VersionId"] == version
    assert watch.letters() == []


def test_events_that_end_in_a_deletion_in_any_order(watch: Watch) -> None:
    for versioning in ("Suspended", "Enabled"):
        watch.s3.put_bucket_versioning(
            Bucket="photos",
            VersioningConfiguration={"Status": versioning},
        )
        bodies = [watch.put("a.png", DOG), watch.put("a.png", CAT), watch.delete("a.png")]
        for order in permutations(bodies):
            clear(watch)
            for body in order:
                assert watch.work(body) == []
            assert watch.found("label", "Cat") == watch.found("label", "Dog") == []
            assert watch.results() == watch.letters() == []


def test_a_version_that_comes_to_light_is_analysed(watch: Watch) -> None:
    watch.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    versions = []
    for body in (DOG, CAT):
        watch.put("a.png", body)
        versions.append(watch.s3.head_object(Bucket="photos", Key="a.png")["VersionId"])
    watch.drain()
    assert watch.found("label", "Cat") == [("a.png", 70.0)]
    watch.delete("a.png", VersionId=versions[1])
    watch.drain()
    assert watch.found("label", "Cat") == []
    assert watch.found("label", "Dog") == [("a.png", 90.0)]
    assert watch.result("a.png")["VersionId"] == versions[0]
    marker = watch.s3.delete_object(Bucket="photos", Key="a.png")["VersionId"]
    watch.drain()
    assert not watch.found("label", "Dog")
    assert not watch.results()
    watch.delete("a.png", VersionId=marker)
    watch.drain()
    assert watch.found("label", "Dog") == [("a.png", 90.0)]


def test_an_old_version_that_goes_takes_nothing_along(watch: Watch) -> None:
    watch.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    watch.put("a.png", DOG)
    old = watch.s3.head_object(Bucket="photos", Key="a.png")["VersionId"]
    watch.put("a.png", CAT)
    watch.drain()
    before = state(watch)
    watch.delete("a.png", VersionId=old)
    assert watch.drain() == []
    assert state(watch) == before


def test_an_event_of_an_object_that_is_gone_is_done(watch: Watch) -> None:
    body = watch.put("a.png", DOG)
    watch.s3.delete_object(Bucket="photos", Key="a.png")
    watch.forget()
    assert watch.work(body) == []
    assert state(watch) == {}
    assert not watch.letters()
    assert not watch.told()


def scenes(watch: Watch) -> dict[str, list[tuple[Step, str]]]:
    """Steps with the event of each; the last one is the act in which a worker dies."""

    def put(body: bytes, **rule: str) -> Step:
        def step() -> None:
            watch.rule(**rule)
            watch.s3.put_object(Bucket="photos", Key="a.png", Body=body)

        return step

    def delete() -> None:
        watch.s3.delete_object(Bucket="photos", Key="a.png")

    def acted(*steps: Step) -> list[tuple[Step, str]]:
        bodies = []
        for step in steps:
            step()
            bodies.append(watch.pending()[-1])
        return list(zip(steps, bodies, strict=True))

    return {
        "overwritten": acted(put(DOG), put(CAT)),
        "overwritten twice": acted(put(DOG), put(DIMMER_DOG), put(CAT)),
        "there again": acted(put(DOG), delete, put(CAT)),
        "moved": acted(put(DOG), put(CAT, ResultsPrefix="new")),
        "deleted": acted(put(DOG), delete),
        "poisoned": acted(put(DOG), put(b"no image")),
    }


def happened(watch: Watch, steps: list[tuple[Step, str]]) -> None:
    """Steps of a scene, each followed by a worker that nobody disturbs."""
    for step, body in steps:
        step()
        assert watch.work(body) == []


DEATHS = [  # scenes, and changes in a transaction
    ("overwritten", 99),
    ("overwritten", 2),
    ("moved", 99),
    ("deleted", 99),
    ("poisoned", 99),
]


@pytest.mark.parametrize(("name", "at_once"), DEATHS)
def test_a_worker_that_dies_before_any_call(
    watch: Watch, stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str, at_once: int
) -> None:
    monkeypatch.setattr(findings, "CHANGED_AT_ONCE", at_once)
    *earlier, (act, event) = scenes(watch)[name]
    expected: Any = None
    for call in count():
        clear(watch)
        watch.told()
        watch.letters()
        happened(watch, earlier)
        act()
        with stage.death(call):
            assert watch.work(event) == []
        everything_leads_to_results(watch)
        if stage.reached:
            assert watch.work(event) == []
        news = {(each["Id"], each["State"]) for each in watch.told()}
        left = state(watch), news, set(watch.letters())
        expected = expected or left  # of the first round, in which nobody dies
        assert left == expected, call
        if call > 0 and not stage.reached:
            assert call > 5
            break


MEETINGS = [  # as above, of two steps and more
    ("overwritten", 2),
    ("overwritten twice", 99),
    ("there again", 99),
    ("moved", 99),
    ("deleted", 99),
]


@pytest.mark.parametrize(("name", "at_once"), MEETINGS)
def test_a_worker_that_is_overtaken_anywhere(
    watch: Watch, stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str, at_once: int
) -> None:
    monkeypatch.setattr(findings, "CHANGED_AT_ONCE", at_once)
    *earlier, (first, early), (second, late) = scenes(watch)[name]

    def overtake() -> None:
        second()
        assert watch.work(late) == []

    expected: dict[str, Any] = {}
    for call in count():
        clear(watch)
        happened(watch, earlier)
        first()
        with stage.visit(call, overtake):
            assert watch.work(early) == []
        if call == 0:
            overtake()
        elif not stage.reached:
            assert call > 5
            break
        expected = expected or state(watch)
        assert state(watch) == expected, call


@pytest.mark.parametrize(("name", "at_once"), [MEETINGS[0], MEETINGS[-1]])
def test_a_worker_that_meets_another_at_the_same_event_or_an_older_one(
    watch: Watch, stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str, at_once: int
) -> None:
    monkeypatch.setattr(findings, "CHANGED_AT_ONCE", at_once)
    (first, early), (second, late) = scenes(watch)[name]
    for other in (early, late):
        expected: dict[str, Any] = {}
        for call in count():
            clear(watch)
            first()
            assert watch.work(early) == []
            second()
            with stage.visit(call, lambda body=other: watch.work(body)):  # type: ignore[misc]
                assert watch.work(late) == []
            expected = expected or state(watch)
            assert state(watch) == expected, call
            if call > 0 and not stage.reached:
                break


@pytest.mark.parametrize("name", ["overwritten", "deleted"])
def test_a_worker_that_dies_and_is_overtaken(watch: Watch, stage: Stage, name: str) -> None:
    (first, early), (second, late) = scenes(watch)[name]
    expected: dict[str, Any] = {}
    for call in count():
        clear(watch)
        first()
        with stage.death(call):
            watch.work(early)
        died = stage.reached
        second()
        assert watch.work(late) == []
        assert watch.work(early) == []
        expected = expected or state(watch)
        assert state(watch) == expected, call
        if call > 0 and not died:
            break


def test_a_late_event_is_not_analysed(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    old, new = watch.put("a.png", DOG), watch.put("a.png", CAT)
    watch.work(new)
    monkeypatch.setattr(uploads, "analyze", None)
    assert watch.work(old) == []
    assert watch.found("label", "Cat") == [("a.png", 70.0)]


def test_many_workers_at_once(watch: Watch) -> None:
    keys = [f"{number}.png" for number in range(4)]
    old = [watch.put(key, DOG) for key in keys]
    new = [watch.put(key, CAT) for key in keys]
    removed = [watch.delete(key) for key in keys[:2]]
    watch.forget()
    bodies = (old + new + removed) * 3
    with ThreadPoolExecutor(6) as workers:
        for body in [failed for each in workers.map(watch.work, bodies) for failed in each]:
            assert watch.work(body) == []
    assert sorted(watch.found("label", "Cat")) == [(key, 70.0) for key in keys[2:]]
    assert watch.found("label", "Dog") == []
    assert watch.results() == [f"results/{key}.json" for key in keys[2:]]
    assert watch.letters() == []
