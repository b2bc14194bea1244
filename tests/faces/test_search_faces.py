"""SearchFaces and SearchFacesByImage through an unmodified client."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sightline.geometry import BoundingBox
from sightline.store import shards
from sightline.vision.face import Quality
from tests.faces.conftest import Album, Person, person

UNKNOWN = "11111111-2222-3333-4444-555555555555"
SIMILAR = (99.5, 95.0, 85.0, 70.0, 30.0)  # to person(1)


@pytest.fixture
def face_ids(album: Album) -> list[str]:
    """A face, and others less and less like it."""
    others = [album.index(person(1).like(similarity))[0] for similarity in SIMILAR]
    return [*album.index(person(1)), *others]


def by_image(album: Album, *people: Person, **parameters: Any) -> Any:
    return album.client.search_faces_by_image(
        CollectionId="people", Image={"Bytes": album.studio.photo(*people)}, **parameters
    )


def found(answer: Any) -> list[str]:
    return [match["Face"]["FaceId"] for match in answer["FaceMatches"]]


def test_matches_by_similarity_without_the_face_itself(album: Album, face_ids: list[str]) -> None:
    answer = album.client.search_faces(CollectionId="people", FaceId=face_ids[0])
    assert answer["SearchedFaceId"] == face_ids[0]
    assert answer["FaceModelVersion"] == "7.0"
    assert found(answer) == face_ids[1:4]
    similarities = [match["Similarity"] for match in answer["FaceMatches"]]
    assert similarities == pytest.approx(SIMILAR[:3], abs=0.1)


def test_a_match_is_the_face_as_it_is_listed(album: Album, face_ids: list[str]) -> None:
    album.user("eileen", face_ids[1])
    answer = album.client.search_faces(CollectionId="people", FaceId=face_ids[0], MaxFaces=1)
    listed = album.client.list_faces(CollectionId="people", FaceIds=[face_ids[1]])
    assert [match["Face"] for match in answer["FaceMatches"]] == listed["Faces"]
    assert answer["FaceMatches"][0]["Face"]["UserId"] == "eileen"


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize(("threshold", "count"), [(99.0, 1), (80.0, 3), (50.0, 4), (10, 5)])
def test_threshold(
    album: Album, face_ids: list[str], threshold: float, count: int, warm: bool
) -> None:
    if warm:
        album.search(face_ids[0])
    assert album.search(face_ids[0], FaceMatchThreshold=threshold) == face_ids[1 : 1 + count]


def test_threshold_zero_brings_every_face(album: Album, face_ids: list[str]) -> None:
    (stranger,) = album.index(person(2))
    assert set(album.search(stranger, FaceMatchThreshold=0)) == set(face_ids)


def test_a_similarity_equal_to_the_threshold_is_enough(album: Album, face_ids: list[str]) -> None:
    answer = album.client.search_faces(CollectionId="people", FaceId=face_ids[0])
    for match in answer["FaceMatches"]:
        at = match["Similarity"]
        assert match["Face"]["FaceId"] in album.search(face_ids[0], FaceMatchThreshold=at)


def test_max_faces_takes_the_most_similar(album: Album, face_ids: list[str]) -> None:
    assert album.search(face_ids[0], MaxFaces=2) == face_ids[1:3]
    assert album.search(face_ids[0], MaxFaces=4096) == face_ids[1:4]


def test_more_dead_than_the_spare_candidates(album: Album, face_ids: list[str]) -> None:
    twins = [album.index(person(1).like(99.9))[0] for _ in range(60)]
    album.search(face_ids[0])
    album.client.delete_faces(CollectionId="people", FaceIds=twins)
    assert album.search(face_ids[0], MaxFaces=2) == face_ids[1:3]


def test_the_very_next_search_sees_each_change(album: Album, face_ids: list[str]) -> None:
    assert album.search(face_ids[0], MaxFaces=1) == face_ids[1:2]
    (twin,) = album.index(person(1).like(99.99))
    assert album.search(face_ids[0], MaxFaces=1) == [twin]
    album.client.delete_faces(CollectionId="people", FaceIds=[twin])
    assert album.search(face_ids[0], MaxFaces=1) == face_ids[1:2]


def test_a_cold_process_finds_the_same(album: Album, face_ids: list[str]) -> None:
    warm = album.search(face_ids[0])
    shards.forget_vectors()
    assert album.search(face_ids[0]) == warm


def test_unknown_and_deleted_faces(album: Album, face_ids: list[str]) -> None:
    album.search(face_ids[0])
    album.client.delete_faces(CollectionId="people", FaceIds=[face_ids[1]])
    for face_id in (UNKNOWN, face_ids[1]):
        with pytest.raises(
            album.client.exceptions.InvalidParameterException, match="was not found"
        ):
            album.search(face_id)


def test_collections_do_not_see_each_other(album: Album, face_ids: list[str]) -> None:
    album.client.create_collection(CollectionId="others")
    image = {"Bytes": album.studio.photo(person(1))}
    album.client.index_faces(CollectionId="others", Image=image)
    answer = album.client.search_faces_by_image(CollectionId="others", Image=image)
    assert len(answer["FaceMatches"]) == 1
    with pytest.raises(album.client.exceptions.InvalidParameterException):
        album.client.search_faces(CollectionId="others", FaceId=face_ids[0])


@pytest.mark.parametrize(
    "parameters",
    [{"MaxFaces": 4097}, {"FaceMatchThreshold": 100.5}, {"FaceId": UNKNOWN.upper() + "A"}],
)
def test_bad_parameters(album: Album, face_ids: list[str], parameters: dict[str, Any]) -> None:
    request = {"CollectionId": "people", "FaceId": face_ids[0], **parameters}
    with pytest.raises(ClientError, match="ValidationException"):
        album.client.search_faces(**request)


def test_by_image_searches_for_the_largest_face(album: Album, face_ids: list[str]) -> None:
    large = person(1).seen(box=BoundingBox(0.1, 0.1, 0.6, 0.6), confidence=97.0)
    small = person(2).seen(box=BoundingBox(0.8, 0.1, 0.2, 0.2))
    answer = by_image(album, small, large)
    assert found(answer) == face_ids[:4]
    assert answer["SearchedFaceBoundingBox"]["Width"] == 0.6
    assert answer["SearchedFaceConfidence"] == 97.0
    assert answer["FaceModelVersion"] == "7.0"
    assert album.counts() == (6, 0)


def test_by_image_threshold_and_number(album: Album, face_ids: list[str]) -> None:
    for _ in range(2):  # cold and warm
        answer = by_image(album, person(1), MaxFaces=2, FaceMatchThreshold=99)
        assert found(answer) == face_ids[:2]
        assert answer["FaceMatches"][0]["Similarity"] == pytest.approx(100)


def test_by_image_without_a_match(album: Album, face_ids: list[str]) -> None:
    assert found(by_image(album, person(2))) == []


def test_by_image_without_a_face(album: Album) -> None:
    with pytest.raises(
        album.client.exceptions.InvalidParameterException,
        match=r"There are no faces in the image. Should be at least 1.",
    ):
        by_image(album)


def test_by_image_filter(album: Album, face_ids: list[str]) -> None:
    blurred = person(2).seen(box=BoundingBox(0.1, 0.1, 0.8, 0.8), quality=Quality(50.0, 1.0))
    assert found(by_image(album, blurred, person(1))) == []
    assert found(by_image(album, blurred, person(1), QualityFilter="LOW")) == face_ids[:4]
    with pytest.raises(album.client.exceptions.InvalidParameterException, match="no faces"):
        by_image(album, blurred, QualityFilter="AUTO")


def test_threshold_100_finds_every_copy_of_a_face(album: Album) -> None:
    for number in range(12):
        first, second = (album.index(person(number), ExternalImageId=name)[0] for name in "ab")
        answer = album.client.search_faces(
            CollectionId="people", FaceId=first, FaceMatchThreshold=100
        )
        assert found(answer) == [second]
