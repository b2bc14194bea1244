"""Links the chains of faces that windows found to people, over the whole video: by where a face was
last seen and by embedding, so that somebody who comes back is the person who left.
"""

from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.domain.similarity import cosine_at
from sightline.domain.video.face_windows import RULES, WINDOW
from sightline.domain.video.records import Pieces, load
from sightline.video.tracker import Array, assign, cosines, overlaps

# Of similarity. Who is seen again anywhere must be the same person beyond doubt: 99 is what one in
# a hundred thousand pairs of different people of LFW reaches. Where a face goes on in the place of
# the last one, and looks like it, the embeddings must only not say otherwise.
SAME_PERSON = 99.0
NO_OTHER = 55.0
GOES_ON = 1500  # ms from a face to the next of the same person, over the seam of two windows
ON_THE_SPOT = 0.1  # of cosine: how much going on counts beside the embedding
UNKNOWN = 0.85  # cosine where there is no embedding to compare
UNLINKED = 0.1  # what it costs to take a chain for that of a new person
NO_VECTOR = np.zeros(128)


@dataclass(frozen=True, slots=True)
class _Chain:
    """Faces of one person inside a window; boxes and looks of the first and of the last.

    `vector` is the sum of what was embedded, all zeros where no face was good enough.
    """

    times: list[int]
    boxes: Array
    looks: Array
    vector: Array


@dataclass(slots=True)
class _Person:
    last: _Chain
    times: set[int] = field(default_factory=set)  # of late

    def add(self, chain: _Chain) -> None:
        since = chain.times[0] - WINDOW
        self.times = {time for time in self.times if time > since} | set(chain.times)
        if chain.times[-1] >= self.last.times[-1]:
            self.last = chain


class _Known:
    """The people so far; those of a long video are thousands, of whom few were seen of late."""

    def __init__(self) -> None:
        self.people: list[_Person] = []
        self._sums = np.zeros((64, len(NO_VECTOR)))

    @property
    def vectors(self) -> Array:
        """(n, 128) the sum of what was embedded of each."""
        return self._sums[: len(self.people)]

    def late(self, now: int) -> list[int]:
        """Who was seen in a window's time before."""
        return [
            number for number, each in enumerate(self.people) if now - each.last.times[-1] <= WINDOW
        ]

    def add(self, number: int, chain: _Chain) -> None:
        """A chain of that person, who may be the next new one."""
        if number == len(self.people):
            self.people.append(_Person(chain))
            if number == len(self._sums):
                self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
        self.people[number].add(chain)
        self._sums[number] += chain.vector


@dataclass(slots=True)
class People:
    """The people of a video, numbered from 0 in the order in which they appear.

    Attributes:
        of_chains: the number of each chain's person, by window.
        vectors: the packed mean vector of each person of whom a face was good enough.
        faces: how many faces each person has.
    """

    of_chains: list[list[int]] = field(default_factory=list)
    vectors: dict[int, bytes] = field(default_factory=dict)
    faces: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face in a sampled frame: when, of which person, and as `FaceDetail`."""

    milliseconds: int
    person: int
    detail: dict[str, Any]


def find_people(pieces: Pieces) -> People:
    """Who the faces of all pieces are."""
    people = People()
    known = _Known()
    for window in load(pieces):
        chains = [_chain(each) for each in window["chains"]]
        numbers: list[int] = []
        for _, together in groupby(chains, key=lambda chain: chain.times[0]):
            numbers += _link(list(together), known)
        people.of_chains.append(numbers)
        for number, chain in zip(numbers, chains, strict=True):
            people.faces[number] += len(chain.times)
    for number, vector in enumerate(known.vectors):
        length = float(np.linalg.norm(vector))
        if length > 0:
            people.vectors[number] = (vector / length).astype("<f4").tobytes()
    return people


def seen_faces(pieces: Pieces, people: People) -> Iterator[SeenFace]:
    """All faces by time and person."""
    for window, numbers in zip(load(pieces), people.of_chains, strict=True):
        faces = [SeenFace(time, numbers[chain], face) for time, chain, face in window["faces"]]
        yield from sorted(faces, key=lambda face: (face.milliseconds, face.person))


def _chain(record: dict[str, Any]) -> _Chain:
    looks = [np.frombuffer(b64decode(each), np.uint8) for each in record["looks"]]
    vectors = [np.frombuffer(b64decode(each), "<f4") for each in record["vectors"]]
    return _Chain(
        record["times"],
        np.array(record["boxes"]),
        np.stack(looks).astype(float),
        np.sum([NO_VECTOR, *vectors], axis=0),
    )


def _link(chains: list[_Chain], known: _Known) -> list[int]:
    """The people of chains that begin together; new ones are added to `known`."""
    pairs = dict(assign(_costs(chains, known), UNLINKED))
    numbers = []
    for place, chain in enumerate(chains):
        number = pairs.get(place, len(known.people))
        known.add(number, chain)
        numbers.append(number)
    return numbers


def _costs(chains: list[_Chain], known: _Known) -> Array:
    """(n, m) how unlike chains and people are; infinite where they are not the same."""
    vectors = [np.stack([each.vector for each in chains]), known.vectors]
    of_chains, of_people = (np.linalg.norm(each, axis=1) > 0 for each in vectors)
    told = of_chains[:, None] & of_people[None]
    cosine = np.where(told, cosines(*vectors), UNKNOWN)
    late = known.late(chains[0].times[0])
    goes_on = np.zeros(told.shape, bool)
    goes_on[:, late] = _goes_on(chains, [known.people[number] for number in late])
    same: NDArray[np.bool_] = told & (cosine >= cosine_at(SAME_PERSON))
    same |= goes_on & (~told | (cosine >= cosine_at(NO_OTHER)))
    for number in late:
        # Nobody is in two places at once.
        times = known.people[number].times
        same[:, number] &= [times.isdisjoint(chain.times) for chain in chains]
    return np.where(same, 1 - cosine - ON_THE_SPOT * goes_on, np.inf)


def _goes_on(chains: list[_Chain], people: list[_Person]) -> NDArray[np.bool_]:
    """(n, m) whether a chain begins where, when and as a person was last seen."""
    if not people:
        return np.zeros((len(chains), 0), bool)
    last = [person.last for person in people]
    waited = chains[0].times[0] - np.array([each.times[-1] for each in last])
    overlap = overlaps(
        np.stack([each.boxes[0] for each in chains]),
        np.stack([each.boxes[1] for each in last]),
        np.full(len(chains), RULES.rim),
    )
    alike = cosines(
        np.stack([each.looks[0] for each in chains]), np.stack([each.looks[1] for each in last])
    )
    return (waited <= GOES_ON) & (overlap >= RULES.overlap) & (alike >= RULES.alike)
