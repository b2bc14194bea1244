"""Compact codes of vectors: 32 bytes a row, which a search reads whole where it cannot read 512.

The only module that knows faiss, whose 4-bit fast scan does the reading: rows lie in blocks of 32,
and a SIMD shuffle looks up two numbers of 32 rows at once. A shard's codebook is learnt from its
own rows in half a second; docs/search.md tells why no codebook is shipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

import faiss
import numpy as np
from numpy.typing import NDArray

from sightline.store.matrix import WIDTH
from sightline.store.shard_layout import BLOCK

PAIRS = WIDTH // 2  # the numbers of a vector are coded two by two,
LEVELS = 16  # each pair as one of these
# The best four values for a number with the normal distribution, in standard deviations (Max 1960,
# "Quantizing for minimum distortion", table I). The pairs of them are where learning begins.
FOUR = (-1.510, -0.4528, 0.4528, 1.510)
ROUNDS = 12  # of learning; the error after 12 is within 1 % of that after 50
NORMAL = NormalDist()
SURE = 2.5  # deviations, of which `Look.likely` thinks; of the best, a thousandth is further off
TINY = 1e-9  # a deviation of cosines that is none

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Codebook:
    """What the codes of a shard mean.

    Attributes:
        mean: (128,) of the rows.
        turn: (128, 128) with orthonormal columns: the rows' principal directions, the one with the
            greatest spread beside the one with the least, so that all pairs are of equal worth.
        levels: (64, 16, 2) the values that a pair can take.
        spread: (128,) variance of the turned rows.
        error: (128,) variance of what their codes leave out.
    """

    mean: Vectors
    turn: Vectors
    levels: Vectors
    spread: Vectors
    error: Vectors

    def packed(self) -> bytes:
        """All numbers, little-endian."""
        parts = (self.mean, self.turn, self.levels, self.spread, self.error)
        return b"".join(part.astype("<f4").tobytes() for part in parts)

    @classmethod
    def parsed(cls, packed: bytes) -> "Codebook":
        """From what `packed` gave."""
        shapes = ((WIDTH,), (WIDTH, WIDTH), (PAIRS, LEVELS, 2), (WIDTH,), (WIDTH,))
        numbers = np.frombuffer(packed, "<f4").astype(np.float32, copy=False)
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
        parts = np.split(numbers, ends)
        return cls(*(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)))

    def coded(self, rows: Vectors) -> NDArray[np.uint8]:
        """The codes of (n, 128) rows, in blocks, the last one filled up with zeros."""
        index = self.index()
        index.add((rows - self.mean) @ self.turn)
        return faiss.AlignedTable_to_array(index.codes)

    def index(self) -> "faiss.IndexPQFastScan":
        """An empty index of such codes."""
        index = faiss.IndexPQFastScan(WIDTH, PAIRS, 4, faiss.METRIC_INNER_PRODUCT, BLOCK)
        faiss.copy_array_to_vector(self.levels.ravel(), index.pq.centroids)
        index.is_trained = True
        return index


def learnt(rows: Vectors) -> Codebook:
    """A codebook for rows like these (n, 128); a few thousand are enough.

    Half of them teach the levels and the others tell the error, which is 3 % more of a deviation.
    """
    mean = rows.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov(rows - mean, rowvar=False))
    order = np.column_stack([np.arange(WIDTH)[::-1], np.arange(WIDTH)])[:PAIRS].ravel()
    turn = directions[:, order].astype(np.float32)
    spread = np.maximum(variances[order], 0)
    start = np.stack(np.meshgrid(FOUR, FOUR), axis=-1).reshape(1, LEVELS, 2)
    levels = (start * np.sqrt(spread).reshape(PAIRS, 1, 2)).astype(np.float32)
    pairs = ((rows - mean) @ turn).reshape(-1, PAIRS, 2).transpose(1, 0, 2)
    teaching, telling = pairs[:, ::2], pairs[:, 1::2]
    for _ in range(ROUNDS):
        levels = _improved(levels, teaching, _nearest(levels, teaching))
    chosen = np.take_along_axis(levels, _nearest(levels, telling)[:, :, None], axis=1)
    error = ((telling - chosen) ** 2).mean(axis=1).ravel()
    return Codebook(mean, turn, levels, spread.astype(np.float32), error)


def _nearest(levels: Vectors, pairs: Vectors) -> NDArray[np.intp]:
    """(64, n): the level that is nearest to each of (64, n, 2) pairs."""
    # |pair - level|² less |pair|², which is the same for all levels.
    nearness = 2 * pairs @ levels.transpose(0, 2, 1) - (levels**2).sum(axis=2)[:, None]
    nearest: NDArray[np.intp] = nearness.argmax(axis=2)
    return nearest


def _improved(levels: Vectors, pairs: Vectors, nearest: NDArray[np.intp]) -> Vectors:
    """Each level moved to the mean of the pairs that it is nearest to (Lloyd's step)."""
    cells = (nearest + LEVELS * np.arange(PAIRS)[:, None]).ravel()
    counts = np.bincount(cells, minlength=PAIRS * LEVELS)
    sums = np.stack(
        [np.bincount(cells, pairs[:, :, side].ravel(), PAIRS * LEVELS) for side in (0, 1)], axis=-1
    )
    means = (sums / np.maximum(counts, 1)[:, None]).reshape(levels.shape)
    return np.where((counts > 0).reshape(PAIRS, LEVELS, 1), means, levels).astype(np.float32)


class Scan:
    """The codes of a shard in memory, ready to be searched. Any number of threads may."""

    def __init__(self, codebook: Codebook, blocks: NDArray[np.uint8], count: int) -> None:
        self._codebook = codebook
        self._caution = 1.0  # times as many rows as cosines with the normal distribution ask for
        self._index = codebook.index()
        # A copy without any work on the codes: 32 MB for a million rows.
        faiss.copy_array_to_AlignedTable(blocks, self._index.codes)
        self._index.ntotal = count
        self._index.ntotal2 = -(-count // BLOCK) * BLOCK  # type: ignore[attr-defined]

    def look(self, query: Vectors) -> "Look":
        """Prepares a search for a unit vector (128,) in the rows' space."""
        book = self._codebook
        turned = np.einsum("i,ij->j", query, book.turn)
        spread = max(float(np.einsum("i,i->", turned**2, book.spread)), TINY)
        error = min(float(np.einsum("i,i->", turned**2, book.error)), spread)
        centre = float(np.einsum("i,i->", query, book.mean))
        return Look(self._index, turned, centre, sqrt(spread), 1 - error / spread)

    def likely(self, look: "Look", wanted: int, least: float) -> int:
        """How many rows the first look should take, by what earlier searches needed."""
        return int(look.likely(wanted, least) * self._caution)

    def learn(self, enough: bool) -> None:
        """Whether a look had enough rows. At these rates one in 80 searches looks twice."""
        self._caution = max(0.1, 0.995 * self._caution) if enough else min(64, 1.5 * self._caution)


@dataclass(frozen=True, slots=True)
class Look:
    """One query's look at the codes, and what they can tell it.

    A code stands for the mean of what it covers, so that scores spread less than cosines do: of
    rows with the cosine c, they have the mean centre + gain · (c - centre) and the deviation
    spread · √(gain · (1 - gain)). All by the variances measured when the codes were made.

    Attributes:
        index: the codes.
        query: (128,), turned.
        centre: its cosine with the mean of all rows, whose code has no error.
        spread: the standard deviation of its cosines with the rows.
        gain: 0 to 1; 1 if the codes were exact in its direction.
    """

    index: "faiss.IndexPQFastScan"
    query: Vectors
    centre: float
    spread: float
    gain: float

    def likely(self, wanted: int, least: float) -> int:
        """How many rows probably hold the best `wanted` that have the cosine `least`.

        For cosines with the normal distribution, and a row that misses its mean score by `SURE`
        deviations.
        """
        count = self.index.ntotal
        lowest = (least - self.centre) / self.spread
        if wanted < count:
            lowest = max(lowest, NORMAL.inv_cdf(1 - wanted / count))
        score = sqrt(self.gain) * lowest - SURE * sqrt(1 - self.gain)
        return int(count * NORMAL.cdf(-score))

    def rows(self, most: int) -> tuple[NDArray[np.intp], Vectors]:
        """The rows that look best, best first, and their scores."""
        scores, rows = self.index.search(self.query[None], most)
        return rows[0], self.centre + scores[0]

    def missed(self, cosines: Sequence[float], lowest: float) -> float:
        """How many of rows with these cosines have a score below the lowest seen, on average."""
        noise = max(self.spread * sqrt(self.gain * (1 - self.gain)), TINY)
        slope = self.gain / (sqrt(2) * noise)
        start = (self.centre - lowest) / (sqrt(2) * noise) - slope * self.centre
        return 0.5 * sum([erfc(start + slope * cosine) for cosine in cosines])
