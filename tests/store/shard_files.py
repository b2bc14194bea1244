"""Small shards for tests: rows whose vectors follow from their ids, and what a file says."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.store.matrix import WIDTH
from sightline.store.shard import GONE, Fresh, Names, Shard

Key = tuple[bytes, int]  # id and place
NONE = np.empty(0, GONE)
POOL = 64  # different ids and vectors that small shards are made of


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


def people(count: int, mean: float, seed: int = 0) -> NDArray[np.float32]:
    """Vectors of five faces of each person, that much of them in a direction common to all."""
    random = np.random.default_rng(seed)
    spread = np.linspace(1, 1 - mean, WIDTH, dtype=np.float32)
    centres = random.standard_normal((-(-count // 5), WIDTH), np.float32) * spread
    centres[:, 0] += mean * 12 / (1 - mean)
    faces = np.repeat(centres, 5, axis=0)[:count]
    return unit(faces + 0.5 * spread * random.standard_normal(faces.shape, np.float32))


VECTORS = people(POOL * 4, 0.0)


def id_of(number: int) -> bytes:
    """Ids whose last bytes are zeros, some with the same first half."""
    return struct.pack(">IIHxxxxxx", number % 7, 9, number)


def key_row(key: Key) -> NDArray[np.float32]:
    number = struct.unpack_from(">H", key[0], 8)[0]
    vector: NDArray[np.float32] = VECTORS[(number * 4 + key[1] % 4) % len(VECTORS)]
    return vector


def fresh(keys: Sequence[Key]) -> Fresh:
    vectors = np.array([key_row(key) for key in keys], np.float32).reshape(-1, WIDTH)
    return Fresh([id_ for id_, _ in keys], np.array([p for _, p in keys], np.uint64), vectors)


def names(keys: Sequence[Key]) -> Names:
    return np.array(keys, GONE)


def keys_of(opened: Shard) -> list[Key]:
    rows = np.arange(opened.count)
    return list(zip(opened.ids(rows), opened.places(rows).tolist(), strict=True))


def gone_of(opened: Shard) -> list[Key]:
    found: list[Key] = opened.gone.tolist()
    return found
