"""A collection of another face model: its own vectors can be compared, and no others with them."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sightline.domain import celebrities, celebrity_info, collections, gallery, uploads
from sightline.domain.results import Outcome
from sightline.domain.video import face_search
from sightline.domain.video.face_tracks import People
from sightline.errors import ConflictException, InvalidParameterException
from sightline.store import collections as store
from tests.faces.conftest import Album, person

VIDEO = {"S3Object": {"Bucket": "videos", "Name": "a.mp4"}}


@pytest.fixture
def old(album: Album, monkeypatch: pytest.MonkeyPatch) -> Album:
    """`people` as a service of face model version 6.0 left it."""
    album.client.delete_collection(CollectionId="people")
    with monkeypatch.context() as before:
        before.setattr(collections, "FACE_MODEL_VERSION", "6.0")
        album.client.create_collection(CollectionId="people")
        face_ids = [album.index(person(1))[0], album.index(person(1).like(99))[0]]
        album.user("eileen", face_ids[0])
        album.user("grace")
    return album


REFUSED: dict[str, Callable[[Any, bytes, list[str]], Any]] = {
    "IndexFaces": lambda client, photo, _: client.index_faces(
        CollectionId="people", Image={"Bytes": photo}
    ),
    "SearchFacesByImage": lambda client, photo, _: client.search_faces_by_image(
        CollectionId="people", Image={"Bytes": photo}
    ),
    "SearchUsersByImage": lambda client, photo, _: client.search_users_by_image(
        CollectionId="people", Image={"Bytes": photo}
    ),
    "AssociateFaces": lambda client, _, face_ids: client.associate_faces(
        CollectionId="people", UserId="grace", FaceIds=face_ids
    ),
    "StartFaceSearch": lambda client, _, __: client.start_face_search(
        CollectionId="people", Video=VIDEO
    ),
}


@pytest.mark.parametrize("operation", REFUSED)
def test_what_would_bring_other_vectors_in_is_refused(old: Album, operation: str) -> None:
    photo, face_ids = old.studio.photo(person(2)), old.faces()
    with pytest.raises(ClientError) as refused:
        REFUSED[operation](old.client, photo, face_ids)
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidParameterException"
    for told in ("people", "6.0", "7.0", "sightline collections reembed"):
        assert told in error["Message"]
    assert old.counts() == (2, 2)
    assert old.users() == {"eileen": "ACTIVE", "grace": "CREATED"}


def test_what_meets_its_own_vectors_alone_goes_on(old: Album) -> None:
    one, other = old.faces()
    assert old.search(one) == [other]
    users = old.client.search_users(CollectionId="people", FaceId=one)
    assert users["FaceModelVersion"] == "6.0"
    assert [match["User"]["UserId"] for match in users["UserMatches"]] == ["eileen"]
    mine = old.faces(UserId="eileen")
    old.client.disassociate_faces(CollectionId="people", UserId="eileen", FaceIds=mine)
    old.client.delete_user(CollectionId="people", UserId="eileen")
    old.client.delete_faces(CollectionId="people", FaceIds=[one])
    assert old.faces() == [other]
    assert old.counts() == (1, 1)


def test_a_video_that_is_searched_for_meanwhile_fails_with_that_reason(old: Album) -> None:
    with pytest.raises(InvalidParameterException, match="sightline collections reembed"):
        face_search._matches(People(), {"CollectionId": "people"})


def test_a_photo_that_arrives_for_it_fails_with_that_reason(old: Album) -> None:
    outcome = Outcome()
    requests = {uploads.INDEX: {"CollectionId": "people"}}
    uploads._analyse(old.studio.photo(person(2)), requests, outcome)
    assert "sightline collections reembed" in outcome.errors[uploads.INDEX].message
    assert old.counts() == (2, 2)


def test_a_gallery_of_another_model_knows_nobody_until_it_is_made_anew(account: None) -> None:
    store.create(celebrity_info.GALLERY, "6.0", {})
    with pytest.MonkeyPatch.context() as before:
        before.setattr(gallery, "FACE_MODEL_VERSION", "6.0")
        gallery.enrol(gallery.Person("Eileen Collins", ()))
    assert not celebrities.anybody()
    with pytest.raises(ConflictException, match="Remove all people"):
        gallery.enrol(gallery.Person("Grace Hopper", ()))
    gallery.remove("Eileen Collins")
    gallery.enrol(gallery.Person("Grace Hopper", ()))
    assert celebrities.anybody()
    assert [each.name for each, _ in gallery.everyone()] == ["Grace Hopper"]
