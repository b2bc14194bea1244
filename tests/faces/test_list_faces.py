"""ListFaces and DeleteFaces through an unmodified client."""

import pytest
from botocore.exceptions import ClientError

from tests.faces.conftest import Album, person

UNKNOWN = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def face_ids(album: Album) -> list[str]:
    """Five faces, in the order in which they are listed."""
    return sorted(album.index(*(person(number) for number in range(5))))


def test_an_empty_collection(album: Album) -> None:
    listed = album.client.list_faces(CollectionId="people")
    assert listed["Faces"] == []
    assert listed["FaceModelVersion"] == "7.0"
    assert "NextToken" not in listed


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_pages_bring_each_face_once_in_one_order(
    album: Album, face_ids: list[str], size: int
) -> None:
    assert album.faces(PaginationConfig={"PageSize": size}) == face_ids
    first = album.client.list_faces(CollectionId="people", MaxResults=size)
    assert [face["FaceId"] for face in first["Faces"]] == face_ids[:size]
    assert ("NextToken" in first) == (size < 5)


def test_size_zero_leaves_it_to_the_service(album: Album, face_ids: list[str]) -> None:
    listed = album.client.list_faces(CollectionId="people", MaxResults=0)
    assert [face["FaceId"] for face in listed["Faces"]] == face_ids


def test_a_page_after_its_last_face_was_deleted(album: Album, face_ids: list[str]) -> None:
    first = album.client.list_faces(CollectionId="people", MaxResults=2)
    album.client.delete_faces(CollectionId="people", FaceIds=face_ids[1:3])
    rest = album.client.list_faces(CollectionId="people", NextToken=first["NextToken"])
    assert [face["FaceId"] for face in rest["Faces"]] == face_ids[3:]


def test_filter_by_face_ids(album: Album, face_ids: list[str]) -> None:
    wanted = [face_ids[3], UNKNOWN, face_ids[1], face_ids[3]]
    assert album.faces(FaceIds=wanted) == [face_ids[1], face_ids[3]]
    assert album.faces(FaceIds=wanted, PaginationConfig={"PageSize": 1}) == [
        face_ids[1],
        face_ids[3],
    ]
    assert album.faces(FaceIds=[UNKNOWN]) == []


def test_filter_by_user(album: Album, face_ids: list[str]) -> None:
    album.user("eileen", face_ids[4], face_ids[0])
    album.user("grace")
    assert album.faces(UserId="eileen") == [face_ids[0], face_ids[4]]
    assert album.faces(UserId="eileen", PaginationConfig={"PageSize": 1}) == [
        face_ids[0],
        face_ids[4],
    ]
    assert album.faces(UserId="eileen", FaceIds=face_ids[:2]) == [face_ids[0]]
    assert album.faces(UserId="grace") == []
    assert album.faces(UserId="Eileen") == []


def test_tokens_are_bound_to_the_query(album: Album, face_ids: list[str]) -> None:
    client = album.client
    client.create_collection(CollectionId="others")
    token = client.list_faces(CollectionId="people", MaxResults=1)["NextToken"]
    for other in (
        {"CollectionId": "others"},
        {"CollectionId": "people", "UserId": "eileen"},
        {"CollectionId": "people", "FaceIds": face_ids},
    ):
        with pytest.raises(client.exceptions.InvalidPaginationTokenException):
            client.list_faces(**other, NextToken=token)
    for broken in (token[:-4], token[::-1], "x"):
        with pytest.raises(client.exceptions.InvalidPaginationTokenException):
            client.list_faces(CollectionId="people", NextToken=broken)
    assert len(client.list_faces(CollectionId="people", NextToken=token)["Faces"]) == 4


def test_delete(album: Album, face_ids: list[str]) -> None:
    album.user("eileen", face_ids[0])
    answer = album.client.delete_faces(
        CollectionId="people", FaceIds=[face_ids[3], UNKNOWN, face_ids[0], face_ids[1], face_ids[3]]
    )
    assert answer["DeletedFaces"] == [face_ids[3], face_ids[1]]
    assert answer["UnsuccessfulFaceDeletions"] == [
        {
            "FaceId": face_ids[0],
            "UserId": "eileen",
            "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"],
        },
        {"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]},
    ]
    assert album.faces() == [face_ids[0], face_ids[2], face_ids[4]]
    assert album.counts() == (3, 1)


def test_delete_twice(album: Album, face_ids: list[str]) -> None:
    album.client.delete_faces(CollectionId="people", FaceIds=face_ids[:1])
    answer = album.client.delete_faces(CollectionId="people", FaceIds=face_ids[:1])
    assert answer["DeletedFaces"] == []
    assert answer["UnsuccessfulFaceDeletions"] == [
        {"FaceId": face_ids[0], "Reasons": ["FACE_NOT_FOUND"]}
    ]
    assert album.counts() == (4, 0)


def test_delete_more_than_one_transaction_holds(album: Album) -> None:
    face_ids = [album.index(person(number))[0] for number in range(20)]
    face_ids += [
        face_id
        for photo in range(3)
        for face_id in album.index(*(person(photo * 100 + number) for number in range(60)))
    ]
    answer = album.client.delete_faces(CollectionId="people", FaceIds=face_ids)
    assert answer["DeletedFaces"] == face_ids
    assert album.counts() == (0, 0)
    assert album.faces() == []


def test_upper_case_ids_are_refused(album: Album, face_ids: list[str]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        album.client.delete_faces(CollectionId="people", FaceIds=[face_ids[0].upper()])
    with pytest.raises(ClientError, match="ValidationException"):
        album.client.list_faces(CollectionId="people", FaceIds=[face_ids[0].upper()])
    assert album.counts() == (5, 0)
