"""Search: the faces or users of a collection that are most like a face vector.

The vectors in memory find candidates, the items in the table are the truth. A warm search needs
one look at the table: at how far the log goes, at what is searched for, and at the candidates,
which brings what is known of each and shows which are deleted. Only when the log has grown since
the process last searched, it reads on and looks again.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from sightline.domain.faces import face
from sightline.domain.similarity import cosine_at, similarity
from sightline.errors import (
    InvalidParameterException,
    ResourceNotFoundException,
    ThrottlingException,
)
from sightline.store import collections, faces, shards, table, users
from sightline.store.collections import Collection
from sightline.store.faces import StoredFace
from sightline.store.manifest import Whose
from sightline.store.shards import Moved, Vectors
from sightline.store.table import Item, Key
from sightline.store.users import User

if TYPE_CHECKING:
    from sightline.store.rankings import Ranking

MOST_FACES = 4096  # the model's maximum for MaxFaces, and what no MaxFaces means
MOST_USERS = 500  # the same for MaxUsers
THRESHOLD = 80.0  # of similarity, where the caller gives none
SPARE = 16  # candidates beyond those wanted, in case some are dead
BELOW_ALL = -2.0  # a cosine that every pair of vectors exceeds

Found = TypeVar("Found", StoredFace, User)


class Match(NamedTuple, Generic[Found]):
    """A face or user with its similarity, 0 to 100."""

    similarity: float
    found: Found


@dataclass(frozen=True, slots=True)
class Wish:
    """How many are wanted at most, and how similar they must be."""

    threshold: float
    most: int

    @classmethod
    def for_faces(cls, request: dict[str, Any]) -> "Wish":
        """From FaceMatchThreshold and MaxFaces."""
        return cls(
            request.get("FaceMatchThreshold", THRESHOLD), request.get("MaxFaces", MOST_FACES)
        )

    @classmethod
    def for_users(cls, request: dict[str, Any]) -> "Wish":
        """From UserMatchThreshold and MaxUsers."""
        return cls(
            request.get("UserMatchThreshold", THRESHOLD), request.get("MaxUsers", MOST_USERS)
        )

    @property
    def least(self) -> float:
        """The cosine with which one is similar enough."""
        return cosine_at(self.threshold) if self.threshold > 0 else BELOW_ALL


@dataclass(frozen=True, slots=True)
class Kind(Generic[Found]):
    """What is searched: whose vectors, where their items are, and what one is.

    A face keeps its vector for life. A user has a row for each vector that it ever had, so that
    only the one in its item counts.
    """

    whose: Whose
    key: Callable[[str, str], Key]  # from the collection's uid and a row's id
    parse: Callable[[Item], Found]
    own_id: "Callable[[Probe, str], str | None]"  # row's id of the probe, if it is of this kind


@dataclass(frozen=True, slots=True)
class Probe:
    """What is searched for: a vector, or a face or user of the collection."""

    vector: bytes | None = None
    face_id: str | None = None
    user_id: str | None = None

    def keys(self, uid: str) -> list[Key]:
        """Where it is, if it is in the table."""
        if self.face_id is not None:
            return [faces.key(uid, self.face_id)]
        return [] if self.user_id is None else [users.key(uid, self.user_id)]

    def guess(self, held: Vectors) -> bytes | None:
        """Its vector as far as memory knows."""
        return self.vector if self.face_id is None else held.faces.vector(self.face_id)

    def read(self, items: list[Item | None]) -> bytes | None:
        """Its vector as the table has it, from what is at `keys`; None for a user without faces.

        Raises:
            InvalidParameterException: there is no such face.
            ResourceNotFoundException: there is no such user.
        """
        item = items[0] if items else None
        if self.user_id is not None:
            if item is None:
                raise ResourceNotFoundException(f"The user id: {self.user_id} does not exist")
            return users.parse(item).vector
        if self.face_id is not None:
            if item is None:
                raise InvalidParameterException(
                    f"The face id: {self.face_id} was not found in the collection"
                )
            return faces.parse(item).vector
        return self.vector


FACES: Kind[StoredFace] = Kind(
    whose="faces",
    key=faces.key,
    parse=faces.parse,
    own_id=lambda probe, _uid: probe.face_id,
)
USERS: Kind[User] = Kind(
    whose="users",
    key=lambda uid, id_: users.key_of_digest(uid, UUID(id_)),
    parse=users.parse,
    own_id=lambda probe, uid: probe.user_id and str(users.digest(uid, probe.user_id)),
)


@dataclass(frozen=True, slots=True)
class Sight(Generic[Found]):
    """What a search knows of the table, which it asks for each item once at most."""

    kind: Kind[Found]
    known: dict[Key, Item | None]  # None stands for an item that is not there

    def items(self, keys: Iterable[Key]) -> list[Item | None]:
        """Those items, in that order."""
        wanted = list(keys)
        new = [key for key in wanted if key not in self.known]
        if new:
            found = table.read(new)
            self.known.update((key, found.get(key)) for key in new)
        return [self.known[key] for key in wanted]

    def scored(
        self, uid: str, query: bytes, candidates: Iterable[str]
    ) -> dict[str, tuple[float, Found]]:
        """Those of the candidates that are alive and have a vector, by id with their cosine."""
        ids = list(candidates)
        items = self.items(self.kind.key(uid, id_) for id_ in ids)
        parsed = {
            id_: self.kind.parse(item)
            for id_, item in zip(ids, items, strict=True)
            if item is not None
        }
        vectors = {id_: each.vector for id_, each in parsed.items() if each.vector is not None}
        from sightline.store.matrix import cosines  # noqa: PLC0415 - numpy, once it is needed

        scores = cosines(query, list(vectors.values()))
        return {id_: (score, parsed[id_]) for id_, score in zip(vectors, scores, strict=True)}


def search(
    collection_id: str, kind: Kind[Found], probe: Probe, wish: Wish
) -> tuple[Collection, list[Match[Found]]]:
    """Faces or users of a collection by descending similarity, without the probe itself.

    Raises:
        ResourceNotFoundException: there is no such collection or user.
        InvalidParameterException: there is no such face in it.
        ThrottlingException: shards are being mended, or replaced again and again.
    """
    for _ in table.attempts():
        with suppress(Moved):
            return _search(collection_id, kind, probe, wish)
    raise ThrottlingException


def _search(
    collection_id: str, kind: Kind[Found], probe: Probe, wish: Wish
) -> tuple[Collection, list[Match[Found]]]:
    held = shards.held(collection_id)
    guess = None if held is None else probe.guess(held)
    asked = [] if held is None else probe.keys(held.uid)
    ranking = None
    if held is not None and guess is not None and held.is_here(kind.whose):
        ranking = held.ranking(kind.whose, guess, wish.least)
        asked += [kind.key(held.uid, id_) for id_, _ in ranking.best(wish.most + SPARE)]
    collection, items = collections.read(collection_id, asked)
    if collection is None:
        raise collections.missing(collection_id)
    sight = Sight(kind, {key: items.get(key) for key in asked})
    vector = probe.read(sight.items(probe.keys(collection.uid)))
    if vector is None:
        return collection, []
    vectors = shards.vectors(collection)
    if ranking is None or vector != guess or vectors is not held:
        ranking = vectors.ranking(kind.whose, vector, wish.least)
    return collection, _best(ranking, sight, collection.uid, vector, probe, wish)


def _best(
    ranking: "Ranking", sight: Sight[Found], uid: str, vector: bytes, probe: Probe, wish: Wish
) -> list[Match[Found]]:
    """Takes candidates until no further row can be among the best."""
    seen: set[str] = set()
    scored: dict[str, tuple[float, Found]] = {}
    wanted = wish.most + SPARE
    while True:
        rows = ranking.best(wanted)
        new = {id_ for id_, _ in rows} - seen - {sight.kind.own_id(probe, uid)}
        seen |= new
        scored |= sight.scored(uid, vector, new)
        ranked = sorted(scored.items(), key=lambda entry: (-entry[1][0], entry[0]))[: wish.most]
        full = len(ranked) == wish.most
        if len(rows) < wanted or (full and ranked[-1][1][0] >= rows[-1][1] + ranking.error):
            break
        wanted *= 2
    matches = [Match(similarity(score), found) for _, (score, found) in ranked]
    return [match for match in matches if match.similarity >= wish.threshold]


def face_matches(matches: list[Match[StoredFace]]) -> list[dict[str, Any]]:
    """Matches as `FaceMatches`."""
    return [{"Similarity": match.similarity, "Face": face(match.found)} for match in matches]


def user_matches(matches: list[Match[User]]) -> list[dict[str, Any]]:
    """Matches as `UserMatches`."""
    return [
        {
            "Similarity": match.similarity,
            "User": {"UserId": match.found.id, "UserStatus": match.found.status},
        }
        for match in matches
    ]
