"""Vectors as large collections have them: a few faces of each of very many people.

Two kinds: `FACES` has the spread that the face model's vectors were measured to have
(layers/models/training/face_spread.py): all in one cone, some directions with twenty times the
spread of others. `EVEN` has people in all directions alike, which is what others test with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.store.matrix import WIDTH

SPREAD = Path(__file__).parent / "spread.npz"
CLASSES = (1, 2, 5, 10, 20)  # faces of a person; as many people of each
CHUNK = 2500 * sum(CLASSES)  # vectors made at once
QUERIES = 20  # of people of each class

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mixture:
    """A kind of vectors.

    Attributes:
        name: as the table calls it.
        mean: (128,) of all.
        between: (128, 128) how people differ; and
        within: how the faces of one do, both as factors of independent normal numbers.
    """

    name: str
    mean: Vectors
    between: Vectors
    within: Vectors

    def chunks(self, count: int) -> Iterator[Vectors]:
        """`count` unit vectors, some at a time, always the same."""
        for number, start in enumerate(range(0, count, CHUNK)):
            people, random = self._people(number)
            faces = np.repeat(people, np.tile(CLASSES, 2500), axis=0)[: count - start]
            yield self._faces(faces, random)

    def queries(self) -> Vectors:
        """(100, 128) new faces of people of the first chunk, by class."""
        people, _ = self._people(0)
        some = people.reshape(-1, len(CLASSES), WIDTH)[:QUERIES].transpose(1, 0, 2)
        return self._faces(some.reshape(-1, WIDTH), np.random.default_rng(1 << 40))

    def _people(self, number: int) -> tuple[Vectors, np.random.Generator]:
        random = np.random.default_rng(number)
        people = random.standard_normal((2500 * len(CLASSES), WIDTH), np.float32)
        return people @ self.between + self.mean, random

    def _faces(self, people: Vectors, random: np.random.Generator) -> Vectors:
        faces = random.standard_normal(people.shape, np.float32) @ self.within
        faces += people
        faces /= np.linalg.norm(faces, axis=1, keepdims=True)
        return faces


def measured() -> Mixture:
    """The spread of real faces."""
    with np.load(SPREAD) as file:
        mean, between, within = (file[name] for name in ("mean", "between", "within"))
    return Mixture("faces", mean, between.astype(np.float32), within.astype(np.float32))


def even() -> Mixture:
    """All directions alike; the cosine of two faces of a person is about 0.7."""
    one = np.eye(WIDTH, dtype=np.float32) / np.float32(np.sqrt(WIDTH))
    return Mixture("even", np.zeros(WIDTH, np.float32), one, one * np.float32(0.65))


def truth(chunks: Iterator[Vectors], queries: Vectors, most: int) -> NDArray[np.intp]:
    """(queries, most): the numbers of the vectors that are nearest, by exact float32 cosines."""
    best = np.full((len(queries), most), -2, np.float32)
    numbers = np.zeros((len(queries), most), np.intp)
    start = 0
    for chunk in chunks:
        scores = np.concatenate([best, queries @ chunk.T], axis=1)
        known = np.broadcast_to(np.arange(start, start + len(chunk)), (len(queries), len(chunk)))
        known = np.concatenate([numbers, known], axis=1)
        order = np.argpartition(-scores, most, axis=1)[:, :most]
        best, numbers = (np.take_along_axis(each, order, axis=1) for each in (scores, known))
        start += len(chunk)
    ranks = np.argsort(-best, axis=1)
    return np.take_along_axis(numbers, ranks, axis=1)
