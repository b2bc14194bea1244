"""Candidates of a search from several places: the log in memory, and shards, here or elsewhere."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import numpy as np

from sightline.store.shard_rows import ERROR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.store.shard import Shard

AT_ONCE = 16  # parts; most wait for other functions


class Ranking(Protocol):
    """Vectors by their cosine with a query.

    Attributes:
        error: by how much a cosine may differ from the true one.
    """

    @property
    def error(self) -> float: ...

    def best(self, most: int) -> list[tuple[str, float]]:
        """Ids and cosines of the best rows, best first; an id comes as often as it has rows."""


@dataclass(frozen=True, slots=True)
class ShardRanking:
    """The rows of a shard."""

    shard: "Shard"
    query: "NDArray[np.float32]"
    least: float
    error: float = ERROR

    def best(self, most: int) -> list[tuple[str, float]]:
        """As every ranking's."""
        rows, cosines = self.shard.best(self.query, most, self.least)
        ids = (UUID(bytes=each) for each in self.shard.ids(rows))
        return [(str(id_), cosine) for id_, cosine in zip(ids, cosines.tolist(), strict=True)]


@dataclass(frozen=True, slots=True)
class Together:
    """Several rankings as one."""

    parts: Sequence[Ranking]

    @property
    def error(self) -> float:
        """The largest of theirs."""
        return max((part.error for part in self.parts), default=0.0)

    def best(self, most: int) -> list[tuple[str, float]]:
        """As every ranking's; they are asked side by side."""
        found = list(self.parts)
        lists = (
            [found[0].best(most)]
            if len(found) == 1
            else _threads().map(lambda part: part.best(most), found)
        )
        every = [pair for pairs in lists for pair in pairs]
        return sorted(every, key=lambda pair: -pair[1])[:most]


def shard_ranking(shard: "Shard", query: bytes, least: float) -> ShardRanking:
    """The rows of a shard by their cosine with a packed unit vector, those that may have `least`
    or more.
    """
    vector = np.frombuffer(query, np.dtype("<f4")).astype(np.float32, copy=False)
    return ShardRanking(shard, vector, least - ERROR)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ranking")
