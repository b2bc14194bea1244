"""Users through an unmodified client: made, listed, deleted, and each call done once."""

import pytest
from botocore.exceptions import ClientError

from sightline.store import tokens
from tests.faces.conftest import Album, person


def test_a_new_user(album: Album) -> None:
    answer = album.client.create_user(CollectionId="people", UserId="eileen")
    assert answer.keys() == {"ResponseMetadata"}
    assert album.users() == {"eileen": "CREATED"}
    assert album.counts() == (0, 1)


def test_a_user_that_exists(album: Album) -> None:
    album.user("eileen")
    with pytest.raises(album.client.exceptions.ConflictException):
        album.client.create_user(CollectionId="people", UserId="eileen")
    assert album.counts() == (0, 1)


def test_ids_are_case_sensitive(album: Album) -> None:
    album.user("eileen")
    album.user("Eileen")
    assert album.users().keys() == {"eileen", "Eileen"}


def test_the_same_id_in_two_collections(album: Album) -> None:
    album.user("eileen")
    album.client.create_collection(CollectionId="others")
    album.client.create_user(CollectionId="others", UserId="eileen")
    album.client.delete_user(CollectionId="people", UserId="eileen")
    assert album.client.list_users(CollectionId="others")["Users"] != []


@pytest.mark.parametrize("user_id", ["a b", "a/b", "a" * 129])
def test_bad_ids(album: Album, user_id: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        album.client.create_user(CollectionId="people", UserId=user_id)
    assert album.users() == {}


@pytest.mark.parametrize("size", [1, 3, 7, 8])
def test_pages_bring_each_user_once_in_one_order(album: Album, size: int) -> None:
    ids = [f"user:{number}" for number in range(7)]
    for user_id in ids:
        album.user(user_id)
    paginator = album.client.get_paginator("list_users")
    pages = list(paginator.paginate(CollectionId="people", PaginationConfig={"PageSize": size}))
    listed = [user["UserId"] for page in pages for user in page["Users"]]
    assert sorted(listed) == ids
    assert listed != ids  # but in the order of keys that the system made
    assert listed == list(album.users())
    assert "NextToken" not in pages[-1]


def test_too_large_a_page(album: Album) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        album.client.list_users(CollectionId="people", MaxResults=501)


def test_a_token_of_another_collection(album: Album) -> None:
    for user_id in ("a", "b"):
        album.user(user_id)
    album.client.create_collection(CollectionId="others")
    token = album.client.list_users(CollectionId="people", MaxResults=1)["NextToken"]
    with pytest.raises(album.client.exceptions.InvalidPaginationTokenException):
        album.client.list_users(CollectionId="others", NextToken=token)


def test_delete_releases_the_faces_which_stay(album: Album) -> None:
    face_ids = album.index(person(1), person(2))
    album.user("eileen", *face_ids)
    answer = album.client.delete_user(CollectionId="people", UserId="eileen")
    assert answer.keys() == {"ResponseMetadata"}
    assert album.counts() == (2, 0)
    assert album.users() == {}
    faces = album.client.list_faces(CollectionId="people")["Faces"]
    assert [face.get("UserId") for face in faces] == [None, None]
    album.user("grace", *face_ids)
    assert sorted(album.faces(UserId="grace")) == sorted(face_ids)


def test_delete_a_user_with_a_hundred_faces(album: Album) -> None:
    face_ids = album.index(*(person(number) for number in range(100)))
    album.user("eileen", *face_ids)
    album.client.delete_user(CollectionId="people", UserId="eileen")
    assert album.counts() == (100, 0)
    deleted = album.client.delete_faces(CollectionId="people", FaceIds=face_ids)["DeletedFaces"]
    assert deleted == face_ids


def test_delete_an_unknown_user(album: Album) -> None:
    album.user("eileen")
    with pytest.raises(
        album.client.exceptions.ResourceNotFoundException, match="Eileen does not exist"
    ):
        album.client.delete_user(CollectionId="people", UserId="Eileen")
    assert album.counts() == (0, 1)


def test_a_call_that_is_sent_again_is_done_once(album: Album) -> None:
    create = {"CollectionId": "people", "UserId": "eileen", "ClientRequestToken": "first"}
    delete = {**create, "ClientRequestToken": "second"}
    album.client.create_user(**create)
    album.client.create_user(**create)
    assert album.counts() == (0, 1)
    album.client.delete_user(**delete)
    album.client.delete_user(**delete)
    assert album.counts() == (0, 0)
    album.client.create_user(**create)  # still the first call, long done
    assert album.users() == {}


def test_a_token_of_other_parameters(album: Album) -> None:
    album.client.create_collection(CollectionId="others")
    create = {"CollectionId": "people", "UserId": "eileen", "ClientRequestToken": "first"}
    album.client.create_user(**create)
    for other in ({"UserId": "grace"}, {"CollectionId": "others"}):
        with pytest.raises(
            album.client.exceptions.IdempotentParameterMismatchException,
            match=r"The ClientRequestToken: first you have supplied is already in use.",
        ):
            album.client.create_user(**{**create, **other})
    assert album.users() == {"eileen": "CREATED"}


def test_a_token_from_before_the_collection_was_made_anew(album: Album) -> None:
    create = {"CollectionId": "people", "UserId": "eileen", "ClientRequestToken": "first"}
    album.client.create_user(**create)
    album.client.delete_collection(CollectionId="people")
    album.client.create_collection(CollectionId="people")
    album.client.create_user(**create)
    assert album.users() == {"eileen": "CREATED"}


def test_a_token_from_long_ago(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    create = {"CollectionId": "people", "UserId": "eileen", "ClientRequestToken": "first"}
    monkeypatch.setattr(tokens, "LIFETIME", -1)
    album.client.create_user(**create)
    album.client.create_user(**{**create, "UserId": "grace"})
    assert album.users().keys() == {"eileen", "grace"}


def test_a_refused_call_does_not_use_up_its_token(album: Album) -> None:
    create = {"CollectionId": "nobody", "UserId": "eileen", "ClientRequestToken": "first"}
    with pytest.raises(album.client.exceptions.ResourceNotFoundException):
        album.client.create_user(**create)
    album.client.create_user(**{**create, "CollectionId": "people"})
    assert album.users() == {"eileen": "CREATED"}


@pytest.mark.parametrize("token", ["a b", "a" * 65, "a:b"])
def test_bad_tokens(album: Album, token: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        album.client.create_user(CollectionId="people", UserId="eileen", ClientRequestToken=token)
