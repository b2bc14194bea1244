"""What a collection should answer, the plain way: dicts of vectors, and every cosine computed.

Beside the store it shares only the curve from cosine to similarity, which is data.
"""

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.domain.similarity import cosine_at, similarity
from sightline.geometry import BoundingBox
from sightline.store.collections import Collection
from sightline.store.faces import StoredFace

EXACT = 1e-4  # of a similarity: its last digit
PEOPLE = 5
LIKENESS = (100.0, 99.9, 99.0, 95.0, 88.0, 80.5, 60.0)  # similarities of looks with their person
LOOKS = PEOPLE * len(LIKENESS)


def look(number: int) -> bytes:
    """One of any number of looks, packed; the first `LOOKS` are of few people, some hard to tell
    apart, and two faces with one look are quite the same.
    """
    person, likeness = number % PEOPLE, number // PEOPLE
    if likeness >= len(LIKENESS):
        return _packed(np.random.default_rng([1, number]).normal(size=128))
    of_person = np.random.default_rng([2, person]).normal(size=128)
    of_person /= np.linalg.norm(of_person)
    aside = np.random.default_rng([3, number]).normal(size=128)
    aside -= of_person * float(aside @ of_person)
    aside /= np.linalg.norm(aside)
    cosine = min(cosine_at(LIKENESS[likeness]), 1.0)
    return _packed(of_person * cosine + aside * math.sqrt(1 - cosine**2))


def _packed(vector: NDArray[np.float64]) -> bytes:
    unit: NDArray[np.float64] = vector / np.linalg.norm(vector)
    return unit.astype("<f4").tobytes()


def face(collection: Collection, name: str, vector: bytes) -> StoredFace:
    """A face as IndexFaces makes it: of the same photo in the same collection, with the same id."""
    return StoredFace(
        id=str(uuid5(UUID(collection.uid), name)),
        image_id=str(uuid5(NAMESPACE_OID, name)),
        external_id=None,
        box=BoundingBox(0.25, 0.25, 0.5, 0.5),
        confidence=99.5,
        model=collection.model,
        vector=vector,
    )


@dataclass(frozen=True)
class Truth:
    """What is in a collection: the vector of each face, and the faces of each user in order."""

    faces: Mapping[str, bytes] = field(default_factory=dict)
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def owner(self, face_id: str) -> str | None:
        """The user that a face is tied to."""
        return next((user for user, tied in self.users.items() if face_id in tied), None)

    def free(self, face_ids: Iterable[str]) -> list[str]:
        """Those of the faces that there are and that no user has."""
        return [one for one in face_ids if one in self.faces and self.owner(one) is None]

    def with_faces(self, vectors: Mapping[str, bytes]) -> "Truth":
        return replace(self, faces={**self.faces, **vectors})

    def without_faces(self, face_ids: Iterable[str]) -> "Truth":
        gone = set(self.free(face_ids))
        return replace(self, faces={id_: v for id_, v in self.faces.items() if id_ not in gone})

    def with_user(self, user_id: str, face_ids: Iterable[str]) -> "Truth":
        return replace(self, users={**self.users, user_id: tuple(face_ids)})

    def without_user(self, user_id: str) -> "Truth":
        return replace(self, users={id_: t for id_, t in self.users.items() if id_ != user_id})

    def vectors_of_users(self) -> dict[str, bytes]:
        """The mean of each user's faces, of those that have any."""
        return {
            user: _mean([self.faces[face_id] for face_id in tied])
            for user, tied in self.users.items()
            if tied
        }

    def between(self, before: "Truth", after: "Truth") -> bool:
        """Whether this is what a step may leave that ended somewhere: of each face and each user
        what was before, or what was to be.
        """
        return _between(self.faces, before.faces, after.faces) and _between(
            *(
                {user: set(tied) for user, tied in each.users.items()}
                for each in (self, before, after)
            )
        )


def _between(these: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return all(
        these.get(id_) in (before.get(id_), after.get(id_)) for id_ in {*these, *before, *after}
    )


def _mean(vectors: Sequence[bytes]) -> bytes:
    columns = zip(*(struct.unpack("<128f", vector) for vector in vectors), strict=True)
    return _packed(np.array([math.fsum(column) for column in columns]))


def best(
    query: bytes, vectors: Mapping[str, bytes], threshold: float, most: int
) -> list[tuple[str, float]]:
    """Ids and similarities as a search must answer: most similar first, then by id."""
    if not vectors:
        return []
    ids = sorted(vectors)
    matrix = np.frombuffer(b"".join(vectors[id_] for id_ in ids), "<f4").reshape(-1, 128)
    cosines = [
        math.fsum(row)
        for row in matrix.astype(np.float64) * np.frombuffer(query, "<f4").astype(np.float64)
    ]
    ranked = sorted(zip(ids, cosines, strict=True), key=lambda one: (-one[1], one[0]))
    alike = [(id_, similarity(cosine)) for id_, cosine in ranked]
    return [(id_, value) for id_, value in alike if value >= threshold][:most]


def agree(found: Sequence[tuple[str, float]], truth: Sequence[tuple[str, float]]) -> None:
    """The same ids in the same order, with the same similarities."""
    assert [id_ for id_, _ in found] == [id_ for id_, _ in truth]
    assert [value for _, value in found] == pytest.approx([value for _, value in truth], abs=EXACT)
