"""A function that dies after any of its calls to the store leaves no half of anything behind.

Each test lets the operation die at its first call, then at its second, and so on: before the
call reached DynamoDB, and after it did. Then all must fit together, and the operation sent once
more must bring about what it would have done undisturbed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Lock
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from sightline.settings import settings
from sightline.store import aws, collections, faces, shards, table, users
from tests.faces.conftest import Album, person

Act = Callable[[], Any]
Retry = Callable[[Any], None]  # checks what the second try answered
MOMENTS = ["before", "after"]
AT_ONCE = 4  # faces in a transaction, so that six take two


class Died(Exception):
    """Stands for a function that was killed."""


class Assassin:
    """Lets a chosen call to DynamoDB be the last one of its function."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.left = 0
        self.moment = ""
        self.struck = False

    def guard(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(client: BaseClient, operation: str, parameters: Any) -> Any:
            if client.meta.service_model.service_name != "dynamodb":
                return call(client, operation, parameters)
            with self._lock:
                self.left -= 1
                strike = self.left == 0
                self.struck |= strike
            if strike and self.moment == "before":
                raise Died
            answer = call(client, operation, parameters)
            if strike:
                raise Died
            return answer

        return guarded

    @contextmanager
    def hired(self, call: int, moment: str) -> Iterator[None]:
        self.left, self.moment, self.struck = call, moment, False
        yield
        self.left = 0


@pytest.fixture
def assassin(monkeypatch: pytest.MonkeyPatch) -> Assassin:
    made = Assassin()
    monkeypatch.setattr(table, "PAUSE", (0.0, 0.0))
    monkeypatch.setattr(users, "TIED_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(faces, "ADDED_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(faces, "DELETED_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(
        BaseClient, "_make_api_call", made.guard(BaseClient.__dict__["_make_api_call"])
    )
    return made


def every_death(
    album: Album,
    assassin: Assassin,
    moment: str,
    scene: Callable[[], Act],
    then: Callable[[Any], None],
) -> int:
    """Plays a scene until its act survives; returns how many calls the act makes."""
    for call in count(1):
        album.client.delete_collection(CollectionId="people")
        album.client.create_collection(CollectionId="people")
        act = scene()
        with assassin.hired(call, moment):
            try:
                answer = act()
            except ClientError as error:
                assert error.response["Error"]["Code"] == "InternalServerError"  # noqa: PT017
        everything_fits(album)
        if not assassin.struck:
            then(answer)
            return call - 1
        then(act())
        everything_fits(album)
    raise AssertionError


def everything_fits(album: Album) -> None:
    """Counts, listings, users and searches of warm and cold processes agree."""
    face_ids, statuses = album.faces(), album.users()
    assert album.counts() == (len(face_ids), len(statuses))
    assert len(set(face_ids)) == len(face_ids)
    lanes = collections.need("people").lanes
    assert all(lane.faces >= 0 and lane.users >= 0 for lane in lanes)
    listed = album.client.list_faces(CollectionId="people")["Faces"]
    for user_id, status in statuses.items():
        mine = [face["FaceId"] for face in listed if face.get("UserId") == user_id]
        assert album.faces(UserId=user_id) == mine
        assert status == "UPDATING" or (status == "ACTIVE") == bool(mine)
    tied = {face["UserId"] for face in listed if "UserId" in face}
    assert tied <= statuses.keys()
    for _ in range(2):
        for face_id in face_ids[:1]:
            found = album.search(face_id, FaceMatchThreshold=0)
            assert sorted(found) == face_ids[1:]
            matches = album.client.search_users(
                CollectionId="people", FaceId=face_id, UserMatchThreshold=0
            )["UserMatches"]
            assert sorted(match["User"]["UserId"] for match in matches) == sorted(tied)
        shards.forget_vectors()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [3, 6])
def test_index_faces(album: Album, assassin: Assassin, moment: str, number: int) -> None:
    image = {"Bytes": album.studio.photo(*(person(each) for each in range(number)))}

    def scene() -> Act:
        return lambda: album.client.index_faces(CollectionId="people", Image=image)

    def then(answer: Any) -> None:
        assert len(answer["FaceRecords"]) == number
        assert album.counts() == (number, 0)

    assert every_death(album, assassin, moment, scene, then) >= 3


@pytest.mark.parametrize("moment", MOMENTS)
def test_delete_faces(album: Album, assassin: Assassin, moment: str) -> None:
    def scene() -> Act:
        face_ids = [album.index(person(number))[0] for number in range(6)]
        return lambda: album.client.delete_faces(CollectionId="people", FaceIds=face_ids[:5])

    def then(answer: Any) -> None:
        gone = len(answer["DeletedFaces"]) + len(answer["UnsuccessfulFaceDeletions"])
        assert gone == 5
        assert album.counts() == (1, 0)

    assert every_death(album, assassin, moment, scene, then) >= 4


@pytest.mark.parametrize("moment", MOMENTS)
def test_create_user(album: Album, assassin: Assassin, moment: str) -> None:
    def scene() -> Act:
        token = collections.need("people").uid
        return lambda: album.client.create_user(
            CollectionId="people", UserId="eileen", ClientRequestToken=token
        )

    def then(_: Any) -> None:
        assert album.users() == {"eileen": "CREATED"}

    assert every_death(album, assassin, moment, scene, then) >= 2


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [2, 6])
def test_delete_user(album: Album, assassin: Assassin, moment: str, number: int) -> None:
    def scene() -> Act:
        album.user("eileen", *album.index(*(person(each) for each in range(number))))
        token = collections.need("people").uid
        return lambda: album.client.delete_user(
            CollectionId="people", UserId="eileen", ClientRequestToken=token
        )

    def then(_: Any) -> None:
        assert album.users() == {}
        assert album.counts() == (number, 0)

    assert every_death(album, assassin, moment, scene, then) >= 4


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [2, 6])
def test_associate_faces(album: Album, assassin: Assassin, moment: str, number: int) -> None:
    scenes: list[list[str]] = []

    def scene() -> Act:
        face_ids = album.index(*(person(each) for each in range(number)))
        scenes.append(face_ids)
        album.user("eileen")
        token = collections.need("people").uid
        return lambda: album.client.associate_faces(
            CollectionId="people", UserId="eileen", FaceIds=face_ids, ClientRequestToken=token
        )

    def then(answer: Any) -> None:
        assert [face["FaceId"] for face in answer["AssociatedFaces"]] == scenes[-1]
        assert answer["UnsuccessfulFaceAssociations"] == []
        assert answer["UserStatus"] == "ACTIVE"
        assert album.faces(UserId="eileen") == sorted(scenes[-1])
        assert album.users() == {"eileen": "ACTIVE"}

    assert every_death(album, assassin, moment, scene, then) >= 4


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [2, 6])
def test_disassociate_faces(album: Album, assassin: Assassin, moment: str, number: int) -> None:
    scenes: list[list[str]] = []

    def scene() -> Act:
        face_ids = album.index(*(person(each) for each in range(number)))
        scenes.append(face_ids)
        album.user("eileen", *face_ids)
        token = collections.need("people").uid
        return lambda: album.client.disassociate_faces(
            CollectionId="people", UserId="eileen", FaceIds=face_ids, ClientRequestToken=token
        )

    def then(answer: Any) -> None:
        assert [face["FaceId"] for face in answer["DisassociatedFaces"]] == scenes[-1]
        assert answer["UserStatus"] == "CREATED"
        assert album.faces(UserId="eileen") == []

    assert every_death(album, assassin, moment, scene, then) >= 4


def leftovers(uid: str) -> list[str]:
    """Keys of items that a collection left in the table."""
    pages = aws.dynamodb().get_paginator("scan").paginate(TableName=settings().table)
    partitions = {item["PK"]["S"] for page in pages for item in page["Items"]}
    return sorted(partitions.intersection(collections.partitions(uid)))


@pytest.mark.parametrize("moment", MOMENTS)
def test_delete_collection(
    album: Album, assassin: Assassin, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = album.client
    monkeypatch.setattr(table, "DROPPED_AT_ONCE", 5)  # so that few faces take several calls
    for call in count(1):
        face_ids = album.index(*(person(each) for each in range(6)))
        album.user("eileen", *face_ids[:2])
        uid = collections.need("people").uid
        with assassin.hired(call, moment):
            try:
                client.delete_collection(CollectionId="people")
            except ClientError as error:
                assert error.response["Error"]["Code"] == "InternalServerError"  # noqa: PT017
        listed = client.list_collections()["CollectionIds"]
        if listed == ["people"]:
            everything_fits(album)
            client.delete_collection(CollectionId="people")
        else:
            with pytest.raises(client.exceptions.ResourceNotFoundException):
                client.index_faces(
                    CollectionId="people", Image={"Bytes": album.studio.photo(person(1))}
                )
            if call % 2:  # a later sweep, or deletion, goes on with what is left
                collections.sweep()
            else:
                client.create_collection(CollectionId="others")
                client.delete_collection(CollectionId="others")
        assert leftovers(uid) == []
        client.create_collection(CollectionId="people")
        assert album.counts() == (0, 0)
        if not assassin.struck:
            assert call > 5
            return


@pytest.mark.parametrize("moment", MOMENTS)
def test_create_collection(album: Album, assassin: Assassin, moment: str) -> None:
    client = album.client
    for call in count(1):
        client.delete_collection(CollectionId="people")
        with assassin.hired(call, moment):
            try:
                client.create_collection(CollectionId="people", Tags={"a": "b"})
            except ClientError as error:
                assert error.response["Error"]["Code"] == "InternalServerError"  # noqa: PT017
        if client.list_collections()["CollectionIds"] == []:
            client.create_collection(CollectionId="people", Tags={"a": "b"})
        everything_fits(album)
        arn = client.describe_collection(CollectionId="people")["CollectionARN"]
        assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a": "b"}
        if not assassin.struck:
            assert call > 1
            return
