"""Collections through an unmodified client: made, described, listed, deleted."""

from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.faces.conftest import Album, person

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

FULL_LENGTH = "a" * 255


def test_create_answers_an_arn_without_its_prefix_and_the_model(
    rekognition: "RekognitionClient",
) -> None:
    answer = rekognition.create_collection(CollectionId="people")
    assert answer["StatusCode"] == 200
    assert answer["CollectionArn"] == "aws:rekognition:us-east-1:123456789012:collection/people"
    assert answer["FaceModelVersion"] == "7.0"


def test_create_twice(rekognition: "RekognitionClient") -> None:
    rekognition.create_collection(CollectionId="people")
    with pytest.raises(
        rekognition.exceptions.ResourceAlreadyExistsException,
        match="The collection id: people already exists",
    ):
        rekognition.create_collection(CollectionId="people")


def test_ids_are_case_sensitive(album: Album) -> None:
    album.client.create_collection(CollectionId="People")
    album.index(person(1))
    assert album.client.describe_collection(CollectionId="People")["FaceCount"] == 0


@pytest.mark.parametrize("collection_id", ["a b", "ä", "a/b", "a" * 256, "a\n"])
def test_bad_ids(rekognition: "RekognitionClient", collection_id: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        rekognition.create_collection(CollectionId=collection_id)
    assert rekognition.list_collections()["CollectionIds"] == []


def test_describe(album: Album) -> None:
    album.index(person(1), person(2))
    album.user("eileen")
    described = album.client.describe_collection(CollectionId="people")
    assert described["FaceCount"] == 2
    assert described["UserCount"] == 1
    assert described["FaceModelVersion"] == "7.0"
    assert (
        described["CollectionARN"] == "arn:aws:rekognition:us-east-1:123456789012:collection/people"
    )
    age = datetime.now(UTC) - described["CreationTimestamp"]
    assert abs(age.days) <= 1  # seconds, not milliseconds


def test_list_pairs_ids_with_models_in_a_stable_order(rekognition: "RekognitionClient") -> None:
    ids = ["b", "a", "A", "a-b", FULL_LENGTH, FULL_LENGTH[:-1]]
    for collection_id in ids:
        rekognition.create_collection(CollectionId=collection_id)
    listed = rekognition.list_collections()
    assert sorted(listed["CollectionIds"]) == sorted(ids)
    assert listed["FaceModelVersions"] == ["7.0"] * len(ids)
    assert "NextToken" not in listed
    assert rekognition.list_collections()["CollectionIds"] == listed["CollectionIds"]


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_pages_bring_each_collection_once(rekognition: "RekognitionClient", size: int) -> None:
    ids = ["b", "a", FULL_LENGTH, FULL_LENGTH[:-1], "c" * 255, "c" * 254]
    for collection_id in ids:
        rekognition.create_collection(CollectionId=collection_id)
    pages = rekognition.get_paginator("list_collections").paginate(
        PaginationConfig={"PageSize": size}
    )
    listed = [page["CollectionIds"] for page in pages]
    assert sorted(chain.from_iterable(listed)) == sorted(ids)
    assert all(len(page) == size for page in listed[:-1])
    assert listed[-1]


def test_no_size_and_size_zero_leave_it_to_the_service(rekognition: "RekognitionClient") -> None:
    rekognition.create_collection(CollectionId="people")
    assert rekognition.list_collections(MaxResults=0)["CollectionIds"] == ["people"]


def test_too_large_a_page(rekognition: "RekognitionClient") -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*maxResults"):
        rekognition.list_collections(MaxResults=4097)


def test_a_token_of_another_operation(album: Album) -> None:
    album.index(person(1), person(2))
    token = album.client.list_faces(CollectionId="people", MaxResults=1)["NextToken"]
    with pytest.raises(album.client.exceptions.InvalidPaginationTokenException):
        album.client.list_collections(NextToken=token)


def test_delete_takes_everything(album: Album) -> None:
    (face_id, _) = album.index(person(1), person(2))
    album.user("eileen", face_id)
    assert album.client.delete_collection(CollectionId="people")["StatusCode"] == 200
    assert album.client.list_collections()["CollectionIds"] == []
    with pytest.raises(album.client.exceptions.ResourceNotFoundException):
        album.client.describe_collection(CollectionId="people")
    album.client.create_collection(CollectionId="people")
    assert album.counts() == (0, 0)
    assert album.faces() == []
    assert album.users() == {}
    with pytest.raises(album.client.exceptions.InvalidParameterException):
        album.search(face_id)


def test_the_same_photo_in_a_collection_made_anew(album: Album) -> None:
    photo = album.studio.photo(person(1))
    image = {"Bytes": photo}
    (before,) = album.client.index_faces(CollectionId="people", Image=image)["FaceRecords"]
    album.client.delete_collection(CollectionId="people")
    album.client.create_collection(CollectionId="people")
    (after,) = album.client.index_faces(CollectionId="people", Image=image)["FaceRecords"]
    assert after["Face"]["ImageId"] == before["Face"]["ImageId"]
    assert after["Face"]["FaceId"] != before["Face"]["FaceId"]
    assert album.counts() == (1, 0)


def test_every_operation_says_which_collection_is_missing(
    album: Album,
) -> None:
    face_id = "11111111-2222-3333-4444-555555555555"
    image = {"Bytes": album.studio.photo(person(1))}
    where = {"CollectionId": "People"}
    calls: dict[str, dict[str, Any]] = {
        "describe_collection": {},
        "delete_collection": {},
        "index_faces": {"Image": image},
        "list_faces": {},
        "delete_faces": {"FaceIds": [face_id]},
        "search_faces": {"FaceId": face_id},
        "search_faces_by_image": {"Image": image},
        "create_user": {"UserId": "eileen"},
        "delete_user": {"UserId": "eileen"},
        "list_users": {},
        "associate_faces": {"UserId": "eileen", "FaceIds": [face_id]},
        "disassociate_faces": {"UserId": "eileen", "FaceIds": [face_id]},
        "search_users": {"UserId": "eileen"},
        "search_users_by_image": {"Image": image},
    }
    for operation, parameters in calls.items():
        with pytest.raises(
            album.client.exceptions.ResourceNotFoundException,
            match="The collection id: People does not exist",
        ):
            getattr(album.client, operation)(**where, **parameters)
