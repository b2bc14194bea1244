"""Shards that are not what was written: searches answer as if nothing were, and what these ask for
mends them.
"""

from collections.abc import Iterator

import pytest

from sightline.store import collections, shards
from tests.store.checked_collection import CheckedCollection
from tests.store.histories import small
from tests.store.interruptions import Interruptions
from tests.store.scenes import Stage, grown
from tests.store.service import Process, bare, deliver, elsewhere

HOW = ["missing", "short", "flipped"]


@pytest.fixture
def stage(account: None) -> Iterator[Stage]:
    with small(), Interruptions().installed() as interruptions:
        yield Stage(interruptions)


def test_every_shard_is_mended(stage: Stage) -> None:
    for number in stage.every_shard(grown):
        people, warm = stage.people, Process()
        with warm.running():
            people.look()
        named = {each.name for each in collections.need(people.name).manifest.shards}
        people.damage(number, "flipped")
        shards.forget_vectors()
        people.look()
        with warm.running():
            people.look()
        people.do(people.index([11, 12]))
        people.do(people.delete(people.pick([1, -1])))
        people.look()
        deliver()
        people.do(people.compact(rebuild=True))
        people.check_shards()
        manifest = collections.need(people.name).manifest
        assert sorted(named)[number] not in {each.name for each in manifest.shards}
        people.look()


def test_all_are_damaged(stage: Stage) -> None:
    people = CheckedCollection(bare)
    for how in HOW:
        people.do(people.index([*range(20)]))
        people.do(people.compact())
        for number, _ in enumerate(collections.need(people.name).manifest.shards):
            people.damage(number, how)
        shards.forget_vectors()
        people.look()
        deliver()
        people.do(people.compact())
        people.check_shards()
        people.check()


@pytest.mark.parametrize("mended", [False, True])
def test_changes_while_a_damaged_shard_is_searched(stage: Stage, mended: bool) -> None:
    """By another process, at each call; and a third one may mend the shards there."""

    def change() -> None:
        people = stage.people
        people.do(people.associate("ada", people.pick([8])))
        people.do(people.disassociate("grace", people.pick([5])))
        people.do(people.index([4, 9]))
        if mended:
            deliver()

    for number in stage.every(grown, 2):
        people = stage.people
        for _ in collections.need(people.name).manifest.shards:
            people.damage(0, "missing")
        (query,) = people.pick([0])
        with stage.interruptions.at(number, "after", elsewhere(change)):
            answer = people.call("SearchUsers", FaceId=query, UserMatchThreshold=0)
        found = {one["User"]["UserId"] for one in answer["UserMatches"]}
        assert found == {user for user, tied in people.truth.users.items() if tied}
        people.look()


def test_a_worker_that_mends_and_dies(stage: Stage) -> None:
    for number in stage.every(grown):
        people = stage.people
        people.damage(0, "flipped")
        mending = people.compact(rebuild=True)
        stage.interruptions.died(number, "after", mending.act)
        people.look()
        people.do(mending)
        people.check_shards()
