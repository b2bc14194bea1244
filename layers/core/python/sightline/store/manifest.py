"""The manifest of a collection: which of its vectors are in shards, and in which.

It is part of the collection's META item, and is swapped as a whole: compaction writes new shards
first, and a search sees either the old ones with a longer log or the new ones with a shorter.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

LANES = 8  # of a collection's log

Whose = Literal["faces", "users"]
BOTH: tuple[Whose, ...] = ("faces", "users")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A shard as the manifest names it.

    Attributes:
        name: of the object, within the collection's.
        whose: faces' vectors, or users'.
        rows: how many vectors it has.
        gone: how many rows of other shards it names that do not count any more.
        bytes: of the object.
        since: when the oldest of `gone` was noted, in seconds since 1970.
    """

    name: str
    whose: Whose
    rows: int
    gone: int
    bytes: int
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in shards.

    Attributes:
        generation: how often it was swapped; 0 before the first compaction.
        floors: of each lane the last entry of the log that is in shards.
        shards: in any order.
        swapped: when, in seconds since 1970.
    """

    generation: int
    floors: tuple[int, ...]
    shards: tuple[Sealed, ...]
    swapped: float = 0.0

    def of(self, whose: Whose) -> tuple[Sealed, ...]:
        """The shards of faces, or those of users."""
        return tuple(shard for shard in self.shards if shard.whose == whose)

    def document(self) -> str:
        """Without the generation, which has an attribute of its own for conditions to compare."""
        shards = [asdict(shard) for shard in self.shards]
        document = {"floors": self.floors, "shards": shards, "swapped": self.swapped}
        return json.dumps(document, separators=(",", ":"))


NO_SHARDS = Manifest(0, (0,) * LANES, ())


def parse(meta: dict[str, Any]) -> Manifest:
    """The manifest in a META item."""
    if "generation" not in meta:
        return NO_SHARDS
    document = json.loads(meta["manifest"]["S"])
    return Manifest(
        int(meta["generation"]["N"]),
        tuple(document["floors"]),
        tuple(Sealed(**shard) for shard in document["shards"]),
        document["swapped"],
    )
