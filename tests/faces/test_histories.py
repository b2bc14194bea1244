"""Random histories, seen by several processes, warm and cold: all agree with brute force."""

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from numpy.typing import NDArray

from sightline.domain.similarity import similarity
from sightline.store import shards
from tests.faces.conftest import Album, person

EXACT = 0.02  # of a similarity: what float32 makes of the curve's steepest part
LOOKS = [person(who).like(how) for who in (1, 2) for how in (99.9, 99, 95, 88, 80, 60)]
LOOKS += [person(1), person(2), person(3)]
USERS = ["eileen", "grace", "ada"]
READERS = range(3)

looks = st.integers(0, len(LOOKS) - 1)
thresholds = st.sampled_from([0.0, 50.0, 80.0, 97.0])
picks = st.lists(st.integers(0, 30), min_size=1, max_size=4)


class History(RuleBasedStateMachine):
    """What was done, in plain dicts beside the service."""

    album: Album
    number = 0

    def __init__(self) -> None:
        super().__init__()
        History.number += 1
        self.name = f"history{History.number}"
        self.album.client.create_collection(CollectionId=self.name)
        self.faces: dict[str, NDArray[np.float32]] = {}
        self.photos: list[bytes] = []
        self.seen: dict[bytes, dict[str, NDArray[np.float32]]] = {}
        self.users: dict[str, list[str]] = {}
        self.readers: list[Any] = [OrderedDict() for _ in READERS]

    def call(self, operation: str, reader: int = 0, **parameters: Any) -> Any:
        """Calls the service as one of several processes, each with its own memory."""
        shards._tails = self.readers[reader]
        return getattr(self.album.client, operation)(CollectionId=self.name, **parameters)

    def pick(self, numbers: list[int]) -> list[str]:
        ids = sorted(self.faces)
        return list(dict.fromkeys(ids[number % len(ids)] for number in numbers))

    def owner(self, face_id: str) -> str | None:
        return next((user for user, tied in self.users.items() if face_id in tied), None)

    @rule(people=st.lists(looks, min_size=1, max_size=3))
    def index(self, people: list[int]) -> None:
        photo = self.album.studio.photo(*(LOOKS[number] for number in people))
        self.photos.append(photo)
        records = self.call("index_faces", Image={"Bytes": photo})["FaceRecords"]
        ids = [record["Face"]["FaceId"] for record in records]
        self.seen[photo] = dict(zip(ids, (LOOKS[number].vector for number in people), strict=True))
        self.faces |= self.seen[photo]

    @precondition(lambda self: self.photos)
    @rule(number=st.integers(0, 30))
    def index_again(self, number: int) -> None:
        photo = self.photos[number % len(self.photos)]
        self.call("index_faces", Image={"Bytes": photo})
        self.faces |= self.seen[photo]

    @precondition(lambda self: self.faces)
    @rule(numbers=picks)
    def delete(self, numbers: list[int]) -> None:
        face_ids = self.pick(numbers)
        answer = self.call("delete_faces", FaceIds=face_ids)
        free = [face_id for face_id in face_ids if self.owner(face_id) is None]
        assert answer["DeletedFaces"] == free
        for face_id in free:
            del self.faces[face_id]

    @rule(user=st.sampled_from(USERS))
    def create_or_delete_user(self, user: str) -> None:
        if user in self.users:
            self.call("delete_user", UserId=user)
            del self.users[user]
        else:
            self.call("create_user", UserId=user)
            self.users[user] = []

    @precondition(lambda self: self.faces and self.users)
    @rule(numbers=picks, which=st.integers(0, 2))
    def associate(self, numbers: list[int], which: int) -> None:
        user = sorted(self.users)[which % len(self.users)]
        face_ids = self.pick(numbers)
        answer = self.call("associate_faces", UserId=user, FaceIds=face_ids, UserMatchThreshold=0)
        free = [face_id for face_id in face_ids if self.owner(face_id) is None]
        assert [face["FaceId"] for face in answer["AssociatedFaces"]] == free
        self.users[user] += free

    @precondition(lambda self: self.faces and self.users)
    @rule(numbers=picks, which=st.integers(0, 2))
    def disassociate(self, numbers: list[int], which: int) -> None:
        user = sorted(self.users)[which % len(self.users)]
        face_ids = self.pick(numbers)
        answer = self.call("disassociate_faces", UserId=user, FaceIds=face_ids)
        tied = [face_id for face_id in face_ids if face_id in self.users[user]]
        assert [face["FaceId"] for face in answer["DisassociatedFaces"]] == tied
        self.users[user] = [face_id for face_id in self.users[user] if face_id not in tied]

    @precondition(lambda self: self.faces)
    @rule(
        number=st.integers(0, 30),
        reader=st.sampled_from(READERS),
        threshold=thresholds,
        most=st.sampled_from([1, 3, 4096]),
    )
    def search_faces(self, number: int, reader: int, threshold: float, most: int) -> None:
        (face_id,) = self.pick([number])
        answer = self.call(
            "search_faces",
            reader,
            FaceId=face_id,
            FaceMatchThreshold=threshold,
            MaxFaces=most,
        )
        found = {match["Face"]["FaceId"]: match["Similarity"] for match in answer["FaceMatches"]}
        others = {id_: vector for id_, vector in self.faces.items() if id_ != face_id}
        agree(found, alike(self.faces[face_id], others), threshold, most)
        for match in answer["FaceMatches"]:
            assert match["Face"].get("UserId") == self.owner(match["Face"]["FaceId"])

    @rule(
        look=looks,
        reader=st.sampled_from(READERS),
        threshold=thresholds,
        most=st.sampled_from([1, 500]),
    )
    def search_users(self, look: int, reader: int, threshold: float, most: int) -> None:
        self.check_users(look, reader, threshold, most)

    def check_users(self, look: int, reader: int, threshold: float, most: int) -> None:
        answer = self.call(
            "search_users_by_image",
            reader,
            Image={"Bytes": self.album.studio.photo(LOOKS[look])},
            UserMatchThreshold=threshold,
            MaxUsers=most,
        )
        found = {match["User"]["UserId"]: match["Similarity"] for match in answer["UserMatches"]}
        means = {
            user: np.mean([self.faces[face_id] for face_id in tied], axis=0)
            for user, tied in self.users.items()
            if tied
        }
        agree(found, alike(LOOKS[look].vector, means), threshold, most)

    @rule(reader=st.sampled_from(READERS[1:]))
    def restart(self, reader: int) -> None:
        self.readers[reader].clear()

    @invariant()
    def counts(self) -> None:
        described = self.call("describe_collection")
        assert described["FaceCount"] == len(self.faces)
        assert described["UserCount"] == len(self.users)

    @invariant()
    def a_process_that_follows_each_step(self) -> None:
        self.check_users(look=0, reader=0, threshold=0.0, most=500)

    def teardown(self) -> None:
        listed = self.call("list_faces")["Faces"]
        assert [face["FaceId"] for face in listed] == sorted(self.faces)
        users = self.call("list_users")["Users"]
        assert {user["UserId"]: user["UserStatus"] for user in users} == {
            user: "ACTIVE" if tied else "CREATED" for user, tied in self.users.items()
        }


def alike(query: NDArray[np.float32], others: dict[str, Any]) -> dict[str, float]:
    """Similarity of each vector with the query, the plain way."""
    return {
        id_: similarity(float(query @ vector / np.linalg.norm(vector)))
        for id_, vector in others.items()
    }


def agree(found: dict[str, float], truth: dict[str, float], threshold: float, most: int) -> None:
    """The best of the truth, in order; who is about at the threshold may be in or out."""
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert len(found) <= most
    for id_, found_similarity in found.items():
        assert found_similarity >= threshold
        assert found_similarity == pytest.approx(truth[id_], abs=EXACT)
    bar = threshold if len(found) < most else min(found.values())
    for id_ in truth.keys() - found.keys():
        assert truth[id_] <= bar + EXACT, id_


@pytest.mark.parametrize("state", ["moto", "dynalite"], indirect=True)
def test_random_histories(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "_tails", shards._tails)  # put back afterwards
    monkeypatch.setattr(History, "album", album, raising=False)
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=10,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
