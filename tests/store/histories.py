"""Random histories of a collection, as several processes write, compact and search it.

Each step that changes anything may end in the death of its process at one of its calls to AWS.
After each step the collection is asked what it holds, and searched, and all must be as in `Truth`.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar
from unittest.mock import patch

from botocore.exceptions import ClientError
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sightline.errors import ResourceNotFoundException
from sightline.store import compaction, log, sealing, shards, table
from tests.store.checked_collection import CheckedCollection, Step
from tests.store.collections_model import LOOKS, Truth
from tests.store.interruptions import MOMENTS, Interruptions
from tests.store.service import Call, Process, deliver, elsewhere

READERS = range(3)
USERS = ("ada", "eileen", "grace")
CALLS = 15  # that change anything, of most steps; one with fewer ends undisturbed
MANY = 30  # faces; more may all be deleted at once
MOST = 60  # faces with which no new ones come: checks would take long
FULL = 12  # photos of a collection, after which it may be made anew

# The call to AWS at which a step's process dies, and whether before or after it.
Fate = tuple[int, str] | None

calls = st.integers(1, CALLS)
fates: st.SearchStrategy[Fate] = st.one_of(
    st.none(), st.none(), st.tuples(calls, st.sampled_from(MOMENTS))
)
picks = st.lists(st.integers(0, 60), min_size=1, max_size=12)
readers = st.sampled_from(READERS)
thresholds = st.sampled_from([0.0, 50.0, 80.0, 97.0])


@contextmanager
def small() -> Iterator[None]:
    """A few faces are many: each compaction finds something to do, merges and purges. And the same
    history comes out the same, for hypothesis seeds what `random` draws.
    """
    with (
        patch.object(compaction, "DUE", 1),
        patch.object(compaction, "ROUND", 20),
        patch.object(compaction, "PURGED", 0.3),
        patch.object(sealing, "ROWS", 40),
        patch.object(sealing, "TIER", 2),
        patch.object(log, "LONG", 8),
        patch.object(log, "READ_AT_ONCE", 7),
        patch.object(shards, "READ_AT_ONCE", 5),
        patch.object(log, "CHANCE", random),
        patch.object(table, "PAUSE", (0.0, 0.0)),
    ):
        yield


class History(RuleBasedStateMachine):
    """One collection and its processes: the readers, of which the first follows each step."""

    call: ClassVar[Call]
    interruptions: ClassVar[Interruptions]
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.people = CheckedCollection(type(self).call)
        self.readers = [Process() for _ in READERS]
        self.photos: list[list[int]] = []

    def do(self, step: Step, fate: Fate) -> None:
        """Does a step, and once more where its process died: then it must be done."""
        with Process().running():
            if fate is None:
                step.check(step.act())
            elif self.interruptions.died(*fate, step.act):
                seen = self.people.listed()
                assert seen.between(self.people.truth, step.after)
                self.people.truth = seen
                self.people.look()
                step.act()
        self.people.truth = step.after

    @initialize()
    def begin(self) -> None:
        self.index([*range(0, LOOKS, 2)], None)
        self.compact(None)

    @precondition(lambda self: len(self.people.truth.faces) < MOST)
    @rule(looks=st.lists(st.integers(0, LOOKS + 5), min_size=1, max_size=12), fate=fates)
    def index(self, looks: list[int], fate: Fate) -> None:
        self.photos.append(looks)
        self.do(self.people.index(looks, len(self.photos)), fate)

    @precondition(lambda self: len(self.people.truth.faces) < MANY)
    @rule(look=st.integers(0, LOOKS), many=st.integers(18, 40), fate=fates)
    def index_alike(self, look: int, many: int, fate: Fate) -> None:
        """More with one look than a search takes in hand at first: ids decide."""
        self.index([look] * many, fate)

    @precondition(lambda self: self.photos)
    @rule(number=st.integers(0, 60), fate=fates)
    def index_again(self, number: int, fate: Fate) -> None:
        photo = number % len(self.photos)
        self.do(self.people.index(self.photos[photo], photo + 1), fate)

    @precondition(lambda self: self.people.truth.faces)
    @rule(numbers=picks, fate=fates)
    def delete(self, numbers: list[int], fate: Fate) -> None:
        self.do(self.people.delete(self.people.pick(numbers)), fate)

    @precondition(lambda self: len(self.people.truth.faces) > MANY)
    @rule(fate=fates)
    def delete_all(self, fate: Fate) -> None:
        self.do(self.people.delete(sorted(self.people.truth.faces)), fate)

    @rule(user=st.sampled_from(USERS), fate=fates)
    def create_or_delete_user(self, user: str, fate: Fate) -> None:
        self.do(self.people.create_or_delete_user(user), fate)

    @precondition(lambda self: self.people.truth.faces and self.people.truth.users)
    @rule(numbers=picks, which=st.integers(0, 2), fate=fates)
    def associate(self, numbers: list[int], which: int, fate: Fate) -> None:
        self.do(self.people.associate(self.user(which), self.people.pick(numbers)), fate)

    @precondition(lambda self: self.people.truth.faces and self.people.truth.users)
    @rule(numbers=picks, which=st.integers(0, 2), fate=fates)
    def disassociate(self, numbers: list[int], which: int, fate: Fate) -> None:
        self.do(self.people.disassociate(self.user(which), self.people.pick(numbers)), fate)

    @rule(fate=fates)
    def compact(self, fate: Fate) -> None:
        self.do(self.people.compact(), fate)

    @precondition(lambda self: len(self.people.truth.faces) < MOST)
    @rule(looks=st.lists(st.integers(0, LOOKS + 5), min_size=6, max_size=20), numbers=picks)
    def come_and_go(self, looks: list[int], numbers: list[int]) -> None:
        """What keeps compaction busy."""
        self.index(looks, None)
        self.compact(None)
        self.delete(numbers, None)
        self.compact(None)

    @rule(call=calls, looks=st.lists(st.integers(0, LOOKS), min_size=1, max_size=12), numbers=picks)
    def compact_while_others_act(self, call: int, looks: list[int], numbers: list[int]) -> None:
        def act() -> None:
            self.index(looks, None)
            self.delete(numbers, None)
            self.people.do(self.people.compact())
            with self.readers[0].running():
                self.people.look()

        step = self.people.compact()
        with self.interruptions.at(call, "after", elsewhere(act)), Process().running():
            step.check(step.act())

    @precondition(lambda self: self.people.truth.faces)
    @rule(call=calls, reader=readers, number=st.integers(0, 60))
    def search_while_others_compact(self, call: int, reader: int, number: int) -> None:
        with self.interruptions.at(call, "after", elsewhere(self.people.compact().act)):
            self.search_faces(number, reader, 0.0, 4096)

    @rule(fate=fates)
    def deliver(self, fate: Fate) -> None:
        self.do(Step(deliver, self.people.truth), fate)

    @rule(number=st.integers(0, 5000), how=st.sampled_from(["missing", "short", "flipped"]))
    def damage(self, number: int, how: str) -> None:
        self.people.damage(number, how)

    @precondition(lambda self: self.people.truth.faces)
    @rule(
        number=st.integers(0, 60),
        reader=readers,
        threshold=thresholds,
        most=st.sampled_from([1, 3, 20, 4096]),
    )
    def search_faces(self, number: int, reader: int, threshold: float, most: int) -> None:
        with self.readers[reader].running():
            self.people.search_faces(self.people.pick([number])[0], threshold, most)

    @precondition(lambda self: self.people.truth.faces)
    @rule(
        number=st.integers(0, 60),
        reader=readers,
        threshold=thresholds,
        most=st.sampled_from([1, 2, 500]),
    )
    def search_users(self, number: int, reader: int, threshold: float, most: int) -> None:
        with self.readers[reader].running():
            self.people.search_users(self.people.pick([number])[0], threshold, most)

    @precondition(lambda self: self.people.truth.users)
    @rule(which=st.integers(0, 2), reader=readers)
    def search_user(self, which: int, reader: int) -> None:
        with self.readers[reader].running():
            self.people.search_user(self.user(which), 0.0, 500)

    @rule(reader=readers)
    def restart(self, reader: int) -> None:
        self.readers[reader].restart()

    @precondition(lambda self: len(self.photos) > FULL)
    @rule(fate=fates)
    def make_anew(self, fate: Fate) -> None:
        """The collection goes, and one comes under its name."""

        def delete() -> None:
            self.people.call("DeleteCollection")

        if fate is None:
            delete()
        elif self.interruptions.died(*fate, delete):
            with suppress(ResourceNotFoundException, ClientError):  # gone already
                delete()
        self.people.call("CreateCollection")
        self.people.truth = Truth()
        self.photos = []

    @invariant()
    def look(self) -> None:
        """The process that follows each step sees the truth."""
        History.steps += 1
        with self.readers[0].running():
            self.people.look()

    def user(self, which: int) -> str:
        users = sorted(self.people.truth.users)
        return users[which % len(users)]

    def teardown(self) -> None:
        self.people.check()
        self.people.purge()
        self.people.check()
        self.people.call("DeleteCollection")
