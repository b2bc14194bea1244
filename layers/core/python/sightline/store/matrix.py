"""Vectors in memory: one matrix that grows at its end while any number of searches read it.

Apart from all other modules because it alone needs numpy, and only a search needs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTH = 128  # numbers of a face vector
EXACT = 1e-5  # of a cosine: more than sums of float32 can differ by
ID = 220  # bytes that an id takes in a list and a dict, about


@dataclass(frozen=True, slots=True)
class Rows:
    """The first `len(self)` rows of arrays whose further rows may be written meanwhile.

    `vectors` is (capacity, 128) float32 of unit length; `ids`, and `last` (the last row of each
    id), only grow.
    """

    ids: list[str]
    last: dict[str, int]
    vectors: NDArray[np.float32]
    length: int

    def __len__(self) -> int:
        return self.length

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return self.vectors.nbytes + self.length * ID

    def with_more(self, ids: Sequence[str], vectors: Sequence[bytes]) -> "Rows":
        """These rows and more. One thread at a time may call it, on the longest rows only."""
        length = self.length + len(ids)
        matrix = self.vectors
        if length > len(matrix):
            matrix = np.empty((max(length, 2 * len(matrix)), WIDTH), np.float32)
            matrix[: self.length] = self.vectors[: self.length]
        matrix[self.length : length] = _unpacked(vectors)
        self.ids[self.length :] = ids  # in place of what a failed attempt may have left
        self.last.update(zip(ids, range(self.length, length), strict=True))
        return Rows(self.ids, self.last, matrix, length)

    def vector(self, id_: str) -> bytes | None:
        """The last packed vector that came with an id, None when there is none."""
        row = self.last.get(id_, self.length)
        if row >= self.length:
            return None
        packed: bytes = self.vectors[row].astype("<f4", copy=False).tobytes()
        return packed

    def ranking(self, query: bytes, least: float) -> "RowRanking":
        """The rows by their cosine with a unit vector, those with `least` or more."""
        # Not `@`: its threads wait for each other at the end of 51 MB, which on two busy cores took
        # 16 ms in place of 1.7. Searches run side by side anyway.
        scores: NDArray[np.float32] = np.einsum(
            "ij,j->i", self.vectors[: self.length], _unpacked([query])[0]
        )
        rows = np.flatnonzero(scores >= np.float32(least - EXACT))
        return RowRanking(self.ids, rows, scores[rows])


@dataclass(frozen=True, slots=True)
class RowRanking:
    """Rows (n,) with their cosines (n,) float32, in no order yet."""

    ids: list[str]
    rows: NDArray[np.intp]
    cosines: NDArray[np.float32]
    error: float = EXACT

    def best(self, most: int) -> list[tuple[str, float]]:
        """Ids and cosines of the best rows, best first; an id comes as often as it has rows."""
        order = np.arange(len(self.rows))
        if most < len(order):
            order = np.argpartition(self.cosines, -most)[-most:]
        order = order[np.argsort(-self.cosines[order], kind="stable")]
        found = zip(self.rows[order].tolist(), self.cosines[order].tolist(), strict=True)
        return [(self.ids[row], cosine) for row, cosine in found]


def no_rows() -> Rows:
    """Rows to begin with."""
    return Rows([], {}, np.empty((0, WIDTH), np.float32), 0)


def _unpacked(vectors: Sequence[bytes]) -> NDArray[np.float32]:
    """(n, 128) from n packed vectors."""
    packed = np.frombuffer(b"".join(vectors), np.dtype("<f4"))
    return packed.astype(np.float32, copy=False).reshape(-1, WIDTH)


def cosines(query: bytes, vectors: Sequence[bytes]) -> list[float]:
    """Of packed unit vectors with one."""
    found: list[float] = np.einsum(
        "ij,j->i", _unpacked(vectors).astype(np.float64), _unpacked([query])[0].astype(np.float64)
    ).tolist()
    return found
