"""Vectors as a shard keeps them: 8 bits a number, with one scale for each row.

That is exact to about 0.0005 of a cosine (`ERROR`). The truth is in the items, which a search reads
of the few rows that it chose.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.store.matrix import WIDTH
from sightline.store.shard_layout import GONE, ID

LARGEST = 127  # of the 8-bit numbers
AT_ONCE = 1 << 14  # vectors, 8 MB, that are quantised together
# What a cosine from `cosines` may differ by from that of the vectors, both unit: a number of a row
# is off by half a step at most, evenly, which in 128 directions adds up to a standard deviation of
# 1 / √12 of a step. A step is 1/127 of the row's largest number: 0.0014 for faces and 0.0020 for
# even directions, so that the deviation is 0.0004 to 0.00057, and this is more than five of them.
ERROR = 0.003


@dataclass(frozen=True, slots=True)
class Fresh:
    """New rows: 16 bytes of id each, places (n,), unit vectors (n, 128) float32."""

    ids: Sequence[bytes]
    places: NDArray[np.uint64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sections:
    """What is known of rows, sorted by id and place: (n,), of `rows` (n, 128); and `gone` (m,)."""

    ids: NDArray[np.void]
    places: NDArray[np.uint64]
    scales: NDArray[np.float32]
    rows: NDArray[np.int8]
    gone: NDArray[np.void]


def sections(fresh: Fresh) -> Sections:
    """New rows as a shard would have them."""
    ids = np.frombuffer(b"".join(fresh.ids), ID)
    halves = ids.view(">u8").reshape(-1, 2)
    order = np.lexsort((fresh.places, halves[:, 1], halves[:, 0]))
    rows = np.empty((len(ids), WIDTH), np.int8)
    scales = np.empty(len(ids), np.float32)
    for start in range(0, len(ids), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        rows[part], scales[part] = quantised(fresh.vectors[order[part]])
    places = np.asarray(fresh.places, np.uint64)[order]
    return Sections(ids[order], places, scales, rows, np.empty(0, GONE))


def _mixing() -> NDArray[np.float32]:
    """(128, 128) orthonormal and symmetric: the Hadamard matrix, by Sylvester's construction.

    Face vectors have a few large numbers. Mixed, all are alike, and 8 bits serve them better.
    """
    matrix = np.full((1, 1), 1 / np.sqrt(WIDTH), np.float32)
    while len(matrix) < WIDTH:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


_MIXING = _mixing()


def mixed(query: NDArray[np.float32]) -> NDArray[np.float32]:
    """(128,) in the space of the rows, where cosines are the same."""
    turned: NDArray[np.float32] = np.einsum("i,ij->j", query, _MIXING)
    return turned


def quantised(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rows (n, 128) and their scales (n,) from (n, 128) unit vectors."""
    rows = vectors @ _MIXING
    scales = (np.abs(rows).max(axis=1, initial=0) / LARGEST).astype(np.float32)
    rows /= np.where(scales > 0, scales, 1)[:, None]
    return np.rint(rows, out=rows).astype(np.int8), scales


def plain(rows: NDArray[np.int8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 128) float32, in the rows' space."""
    floats: NDArray[np.float32] = rows * scales[:, None]
    return floats


def cosines(
    rows: NDArray[np.int8], scales: NDArray[np.float32], query: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(n,) cosines with a `mixed` query, to `ERROR`."""
    # Not `@`, whose threads wait for each other: store/matrix.py.
    sums: NDArray[np.float32] = np.einsum("ij,j->i", rows.astype(np.float32), query)
    return sums * scales
