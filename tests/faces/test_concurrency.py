"""Many callers at once: nothing is lost, nothing is counted twice, nobody waits for ever."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from botocore.exceptions import ClientError

from tests.faces.conftest import Album, person

CALLERS = 8

pytestmark = pytest.mark.parametrize("state", ["moto", "dynalite"], indirect=True)


def test_indexing_at_once(album: Album) -> None:
    def work(caller: int) -> list[str]:
        return [album.index(person(caller * 10 + number))[0] for number in range(8)]

    with ThreadPoolExecutor(CALLERS) as threads:
        face_ids = list(chain.from_iterable(threads.map(work, range(CALLERS))))
    assert sorted(face_ids) == album.faces()
    assert album.counts() == (len(face_ids), 0)
    assert sorted([*album.search(face_ids[0], FaceMatchThreshold=0), face_ids[0]]) == sorted(
        face_ids
    )


def test_indexing_deleting_and_searching_at_once(album: Album) -> None:
    (lasting,) = album.index(person(0))

    def work(caller: int) -> str:
        look = person(0).like(99.9 + caller / 100)
        for number in range(6):
            (face_id,) = album.index(look, ExternalImageId=f"{caller}-{number}")
            assert face_id in album.search(lasting)
            if number < 5:
                album.client.delete_faces(CollectionId="people", FaceIds=[face_id])
                assert face_id not in album.search(lasting)
        return face_id

    with ThreadPoolExecutor(CALLERS) as threads:
        kept = list(threads.map(work, range(CALLERS)))
    assert sorted(album.search(lasting)) == sorted(kept)
    assert album.counts() == (CALLERS + 1, 0)
    assert len(album.faces()) == CALLERS + 1


def test_the_same_faces_deleted_at_once(album: Album) -> None:
    face_ids = album.index(*(person(number) for number in range(40)))

    def work(_: int) -> list[str]:
        answer = album.client.delete_faces(CollectionId="people", FaceIds=face_ids)
        deleted: list[str] = answer["DeletedFaces"]
        return deleted

    with ThreadPoolExecutor(4) as threads:
        deleted = list(chain.from_iterable(threads.map(work, range(4))))
    assert sorted(deleted) == sorted(face_ids)
    assert album.counts() == (0, 0)


def test_one_user_changed_at_once(album: Album) -> None:
    """A caller may be told that others were in its way, but never that it did what it did not."""
    album.user("eileen")
    face_ids = album.index(*(person(number) for number in range(12)))
    where = {"CollectionId": "people", "UserId": "eileen"}

    def work(face_id: str) -> bool:
        try:
            album.client.associate_faces(**where, FaceIds=[face_id], UserMatchThreshold=0)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ConflictException"  # noqa: PT017
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        tied = [face_id for face_id, won in zip(face_ids, threads.map(work, face_ids)) if won]  # noqa: B905
    assert tied
    assert album.faces(UserId="eileen") == sorted(tied)
    found = album.client.search_users(
        CollectionId="people", FaceId=face_ids[0], UserMatchThreshold=0
    )
    assert [match["User"]["UserId"] for match in found["UserMatches"]] == ["eileen"]


def test_one_face_wanted_by_many_users(album: Album) -> None:
    (face_id,) = album.index(person(1))
    names = [f"user{number}" for number in range(6)]
    for name in names:
        album.user(name)

    def work(name: str) -> bool:
        answer = album.client.associate_faces(CollectionId="people", UserId=name, FaceIds=[face_id])
        return bool(answer["AssociatedFaces"])

    with ThreadPoolExecutor(6) as threads:
        won = [name for name, got_it in zip(names, threads.map(work, names)) if got_it]  # noqa: B905
    assert len(won) == 1
    assert album.faces(UserId=won[0]) == [face_id]
    assert sorted(album.users().values()) == ["ACTIVE", *["CREATED"] * 5]


def test_one_user_made_and_deleted_at_once(album: Album) -> None:
    def work(number: int) -> None:
        call = album.client.create_user if number % 2 else album.client.delete_user
        try:
            call(CollectionId="people", UserId="eileen")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            assert code in {"ConflictException", "ResourceNotFoundException"}

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(30)))
    assert album.counts() == (0, len(album.users()))


def test_one_call_sent_many_times_at_once(album: Album) -> None:
    face_ids = album.index(*(person(number) for number in range(3)))
    where = {"CollectionId": "people", "UserId": "eileen", "ClientRequestToken": "token"}

    def create(_: int) -> None:
        album.client.create_user(**where)

    def associate(_: int) -> list[str]:
        answer = album.client.associate_faces(**where, FaceIds=face_ids)
        return [face["FaceId"] for face in answer["AssociatedFaces"]]

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(create, range(6)))
        answers = list(threads.map(associate, range(6)))
    assert answers == [face_ids] * 6
    assert album.counts() == (3, 1)


def test_a_collection_deleted_under_its_writers(album: Album) -> None:
    def work(caller: int) -> None:
        for number in range(5):
            try:
                album.index(person(caller * 10 + number))
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ResourceNotFoundException"  # noqa: PT017
            if (caller, number) == (0, 2):
                album.client.delete_collection(CollectionId="people")
                album.client.create_collection(CollectionId="people")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    listed = album.faces()
    assert album.counts() == (len(listed), 0)
