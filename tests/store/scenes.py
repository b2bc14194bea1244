"""Collections as compaction meets them, and a stage on which a scene is played again and again."""

from collections.abc import Callable, Iterator
from itertools import count
from unittest.mock import patch

from sightline.store import collections, shard_objects, shards
from tests.store.checked_collection import CheckedCollection
from tests.store.interruptions import Interruptions
from tests.store.service import bare, objects
from tests.store.snapshots import Snapshot

Scene = Callable[[CheckedCollection], None]


def fresh(people: CheckedCollection) -> None:
    """Everything is in the log yet."""
    people.do(people.index([0, 5, 10, 15, 1, 6, 2, 7]))
    people.do(people.delete(people.pick([3])))
    people.do(people.create_or_delete_user("ada"))
    people.do(people.associate("ada", people.pick([0, 1])))


def grown(people: CheckedCollection) -> None:
    """Shards that are to be merged, one that is not, and in the log what is new and gone."""
    people.do(people.index([*range(30)]))
    fresh(people)
    people.do(people.compact())
    people.do(people.index([3, 8, 13]))
    people.do(people.compact())
    people.do(people.index([3, 8, 13, 0]))
    people.do(people.create_or_delete_user("grace"))
    people.do(people.associate("grace", people.pick([5, 12])))
    people.do(people.disassociate("ada", people.pick([30])))
    people.do(people.delete(people.pick([3, 20, 36, 40])))


class Stage:
    """Scenes, and one collection after another to play them with.

    Attributes:
        people: the collection of the scene that is on.
    """

    people: CheckedCollection

    def __init__(self, interruptions: Interruptions) -> None:
        self.interruptions = interruptions

    def again(self, scene: Scene) -> Iterator[None]:
        """The scene with a new collection, as it was, each time in a new process."""
        self.people = CheckedCollection(bare)
        scene(self.people)
        snapshot, truth = Snapshot(), self.people.truth
        while True:
            snapshot.restore()
            shards.forget_vectors()
            self.people.truth = truth
            yield

    def every(self, scene: Scene, step: int = 1) -> Iterator[int]:
        """The numbers of calls, each with the scene as it was, until there is no such call."""
        for number, _ in zip(count(1, step), self.again(scene), strict=False):
            yield number
            if not self.interruptions.struck:
                assert number > 1
                return

    def every_shard(self, scene: Scene) -> Iterator[int]:
        """The numbers of shards, from 0, each with the scene as it was."""
        for number, _ in enumerate(self.again(scene)):
            if number == len(collections.need(self.people.name).manifest.shards):
                return
            yield number

    def settle(self) -> None:
        """A new process sees that all is right, also after the next compaction, which clears up."""
        people = self.people
        shards.forget_vectors()
        people.look()
        with patch.object(shard_objects, "SETTLED", -1):
            people.do(people.compact())
        people.look()
        people.check_shards()
        collection = collections.need(people.name)
        named = [
            shard_objects.key(collection.uid, each.name) for each in collection.manifest.shards
        ]
        assert objects(collection.uid) == sorted(named)
