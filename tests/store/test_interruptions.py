"""Compaction, and what changes a collection that has shards, interrupted at every call to AWS.

A process dies there, or others do there all that can be done: compact, too, index, delete, search,
or delete the whole collection. The results are always those of the plain model.
"""

from collections.abc import Callable, Iterator

import pytest

from sightline.store import collections, salvage, shard_objects
from tests.store.checked_collection import CheckedCollection, Step
from tests.store.histories import small
from tests.store.interruptions import Act, Interruptions
from tests.store.scenes import Scene, Stage, fresh, grown
from tests.store.service import Process, bare, elsewhere, items, objects

SOME = 8  # of the calls of what takes long, every eighth; random histories have them all
Change = Callable[[CheckedCollection], Step]
CHANGES: list[Change] = [
    lambda people: people.index([4, 9, 14]),
    lambda people: people.delete(people.pick([0, 7, 19, 37, 38])),
    lambda people: people.create_or_delete_user("eileen"),
    lambda people: people.create_or_delete_user("ada"),
    lambda people: people.associate("ada", people.pick([6, 37])),
    lambda people: people.disassociate("grace", people.pick([5])),
]
BEFORE: list[Callable[[CheckedCollection], None]] = [  # what a process has in memory
    lambda _people: None,
    lambda people: people.search_users(people.pick([0])[0], 0.0, 10),
    lambda people: people.look(),
]


@pytest.fixture
def stage(account: None) -> Iterator[Stage]:
    with small(), Interruptions().installed() as interruptions:
        yield Stage(interruptions)


@pytest.mark.parametrize("scene", [fresh, grown])
def test_compaction_that_dies(stage: Stage, scene: Scene) -> None:
    for number in stage.every(scene):
        stage.interruptions.died(number, "after", stage.people.compact().act)
        stage.settle()


def test_changes_that_die(stage: Stage) -> None:
    for change in CHANGES:
        for number in stage.every(grown):
            step = change(stage.people)
            stage.interruptions.died(number, "after", step.act)
            seen = stage.people.listed()
            assert seen.between(stage.people.truth, step.after)
            stage.people.truth = seen
            step.act()
            stage.people.truth = step.after
            stage.settle()


@pytest.mark.parametrize("scene", [fresh, grown])
def test_two_compactions_at_once(stage: Stage, scene: Scene) -> None:
    for number in stage.every(scene, SOME):
        step = stage.people.compact()
        with stage.interruptions.at(number, "after", elsewhere(step.act)):
            step.check(step.act())
        stage.settle()


def test_compaction_while_everything_changes(stage: Stage) -> None:
    for number in stage.every(grown, SOME):
        people, readers = stage.people, [Process(), Process()]

        def look(people: CheckedCollection = people, readers: list[Process] = readers) -> None:
            for reader in readers:
                with reader.running():
                    people.look()

        def live(people: CheckedCollection = people, look: Act = look) -> None:
            look()
            people.do(people.index([4, 9, 14]))
            people.do(people.delete(people.pick([2, -1])))
            people.do(people.associate("ada", people.pick([4, -2])))
            look()

        with readers[0].running():
            people.look()
        step = people.compact()
        with stage.interruptions.at(number, "after", elsewhere(live)):
            step.check(step.act())
        look()
        stage.settle()


def test_changes_while_the_log_is_compacted(stage: Stage) -> None:
    for change in CHANGES:
        for number in stage.every(grown, SOME):
            compaction = elsewhere(stage.people.compact().act)
            with stage.interruptions.at(number, "after", compaction):
                stage.people.do(change(stage.people))
            stage.settle()


def test_searches_while_the_log_is_compacted(stage: Stage) -> None:
    for prepare in BEFORE:
        for number in stage.every(grown):
            prepare(stage.people)
            compaction = elsewhere(stage.people.compact().act)
            with stage.interruptions.at(number, "after", compaction):
                stage.people.search_faces(stage.people.pick([0])[0], 0.0, 100)
            stage.settle()


def test_a_process_that_slept(stage: Stage) -> None:
    """It has an old manifest and searches what it did not open; the old shards are gone."""
    people, sleeper = CheckedCollection(bare), Process()
    grown(people)
    with sleeper.running():
        people.search_users(people.pick([0])[0], 0.0, 10)
    for _ in range(3):
        people.do(people.index([*range(40)]))
        people.do(people.compact())
    with sleeper.running():
        people.look()
        assert not salvage._salvaged


@pytest.mark.parametrize("dies", [False, True])
def test_a_collection_deleted_while_it_is_compacted(
    stage: Stage, dies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it stays, once nobody can still be about to write anything of it."""
    settled = shard_objects.SETTLED
    for number in stage.every(grown, 1 if dies else SOME):
        uid, step = collections.need(stage.people.name).uid, stage.people.compact()

        def delete(people: CheckedCollection = stage.people) -> None:
            people.call("DeleteCollection")
            collections.sweep()
            shard_objects.sweep()

        monkeypatch.setattr(shard_objects, "SETTLED", settled)
        if dies:
            stage.interruptions.died(number, "after", step.act)
        else:
            with stage.interruptions.at(number, "after", elsewhere(delete)):
                step.check(step.act())
        if dies or not stage.interruptions.struck:
            delete()
        monkeypatch.setattr(shard_objects, "SETTLED", -1)
        collections.sweep()
        shard_objects.sweep()
        assert objects(uid) == []
        assert items(uid) == []
