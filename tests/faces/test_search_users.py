"""SearchUsers and SearchUsersByImage through an unmodified client."""

from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from sightline.geometry import BoundingBox
from sightline.store import shards
from sightline.vision.face import Quality
from tests.faces.conftest import Album, Person, person

UNKNOWN = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def face_ids(album: Album) -> list[str]:
    """Faces of users `twin` and `cousin`, of a stranger, and of nobody; `empty` has none."""
    looks = (person(1).like(99.9), person(1).like(90), person(2), person(1))
    face_ids = [album.index(look)[0] for look in looks]
    for user_id, face_id in zip(("twin", "cousin", "stranger"), face_ids, strict=False):
        album.user(user_id, face_id)
    album.user("empty")
    return face_ids


def found(answer: Any) -> list[str]:
    return [match["User"]["UserId"] for match in answer["UserMatches"]]


def search(album: Album, **parameters: Any) -> Any:
    return album.client.search_users(CollectionId="people", **parameters)


@pytest.mark.parametrize("warm", [False, True])
def test_by_a_face_without_a_user(album: Album, face_ids: list[str], warm: bool) -> None:
    if warm:
        search(album, FaceId=face_ids[3])
    answer = search(album, FaceId=face_ids[3])
    assert found(answer) == ["twin", "cousin"]
    assert answer["SearchedFace"] == {"FaceId": face_ids[3]}
    assert "SearchedUser" not in answer
    assert answer["FaceModelVersion"] == "7.0"
    first, second = answer["UserMatches"]
    assert first["Similarity"] == pytest.approx(99.9, abs=0.1)
    assert second["Similarity"] == pytest.approx(90, abs=0.1)
    assert first["User"]["UserStatus"] == "ACTIVE"


def test_by_a_face_with_a_user(album: Album, face_ids: list[str]) -> None:
    assert found(search(album, FaceId=face_ids[2])) == ["stranger"]


def test_by_a_user_brings_the_others(album: Album, face_ids: list[str]) -> None:
    answer = search(album, UserId="twin")
    assert found(answer) == ["cousin"]
    assert answer["SearchedUser"] == {"UserId": "twin"}
    assert "SearchedFace" not in answer
    assert found(search(album, UserId="empty")) == []


def test_threshold_and_number(album: Album, face_ids: list[str]) -> None:
    face_id = face_ids[3]
    assert found(search(album, FaceId=face_id, UserMatchThreshold=95)) == ["twin"]
    assert found(search(album, FaceId=face_id, MaxUsers=1)) == ["twin"]
    everyone = found(search(album, FaceId=face_id, UserMatchThreshold=0))
    assert everyone == ["twin", "cousin", "stranger"]


def test_the_very_next_search_sees_each_change(album: Album, face_ids: list[str]) -> None:
    probe = {"FaceId": face_ids[3], "UserMatchThreshold": 99.95}
    assert found(search(album, **probe)) == []
    client = album.client
    where = {"CollectionId": "people", "UserId": "twin"}
    client.associate_faces(**where, FaceIds=[face_ids[3]])
    client.disassociate_faces(**where, FaceIds=[face_ids[0]])
    assert found(search(album, **probe)) == ["twin"]
    client.disassociate_faces(**where, FaceIds=[face_ids[3]])
    assert found(search(album, **probe)) == []
    client.associate_faces(**where, FaceIds=[face_ids[3]])
    assert found(search(album, **probe)) == ["twin"]
    client.delete_user(**where)
    assert found(search(album, **probe)) == []
    album.user("twin", face_ids[2 + 1])
    assert found(search(album, **probe)) == ["twin"]


def test_a_user_that_becomes_another(album: Album, face_ids: list[str]) -> None:
    """Its former vectors are still in memory, and no longer its own."""
    probe = {"FaceId": face_ids[3], "UserMatchThreshold": 0.0}
    where = {"CollectionId": "people", "UserId": "twin"}
    search(album, **probe)
    (other,) = album.index(person(1).like(40))
    album.client.associate_faces(**where, FaceIds=[other], UserMatchThreshold=0)
    album.client.disassociate_faces(**where, FaceIds=[face_ids[0]])
    answer = search(album, **probe)
    assert found(answer) == ["cousin", "twin", "stranger"]
    assert answer["UserMatches"][1]["Similarity"] == pytest.approx(40, abs=0.1)
    assert found(search(album, FaceId=face_ids[3])) == ["cousin"]
    assert found(search(album, FaceId=face_ids[3], MaxUsers=1)) == ["cousin"]


def test_a_cold_process_finds_the_same(album: Album, face_ids: list[str]) -> None:
    for _ in range(3):  # many vectors of one user
        album.client.disassociate_faces(CollectionId="people", UserId="twin", FaceIds=[face_ids[0]])
        album.client.associate_faces(CollectionId="people", UserId="twin", FaceIds=[face_ids[0]])
    warm = found(search(album, FaceId=face_ids[3]))
    shards.forget_vectors()
    assert found(search(album, FaceId=face_ids[3])) == warm == ["twin", "cousin"]


def test_a_user_is_the_mean_of_its_faces(album: Album) -> None:
    one, other = person(1), person(1).like(85)
    album.user("both", *album.index(one), *album.index(other))
    between = one.vector + other.vector
    (probe,) = album.index(Person(between / np.float32(np.linalg.norm(between))))
    (match,) = search(album, FaceId=probe)["UserMatches"]
    assert match["Similarity"] == pytest.approx(100, abs=0.01)


def test_neither_or_both(album: Album, face_ids: list[str]) -> None:
    for ids in ({}, {"FaceId": face_ids[0], "UserId": "twin"}):
        with pytest.raises(album.client.exceptions.InvalidParameterException):
            search(album, **ids)


def test_unknown(album: Album, face_ids: list[str]) -> None:
    with pytest.raises(album.client.exceptions.ResourceNotFoundException, match="Twin"):
        search(album, UserId="Twin")
    with pytest.raises(album.client.exceptions.InvalidParameterException, match="not found"):
        search(album, FaceId=UNKNOWN)
    with pytest.raises(ClientError, match="ValidationException"):
        search(album, UserId="twin", MaxUsers=501)


def by_image(album: Album, *people: Any, **parameters: Any) -> Any:
    image = {"Bytes": album.studio.photo(*people)}
    return album.client.search_users_by_image(CollectionId="people", Image=image, **parameters)


def test_by_image(album: Album, face_ids: list[str]) -> None:
    small = person(2).seen(box=BoundingBox(0.8, 0.1, 0.2, 0.2))
    answer = by_image(album, small, person(1))
    assert found(answer) == ["twin", "cousin"]
    assert answer["SearchedFace"]["FaceDetail"]["BoundingBox"]["Left"] == pytest.approx(0.004)
    (unsearched,) = answer["UnsearchedFaces"]
    assert unsearched["Reasons"] == ["FACE_NOT_LARGEST"]
    assert unsearched["FaceDetails"]["BoundingBox"]["Width"] == 0.2
    assert answer["FaceModelVersion"] == "7.0"
    assert found(by_image(album, person(1), MaxUsers=1)) == ["twin"]
    assert found(by_image(album, person(1), UserMatchThreshold=95)) == ["twin"]


def test_by_image_without_a_face(album: Album, face_ids: list[str]) -> None:
    answer = by_image(album)
    assert answer["UserMatches"] == []
    assert "SearchedFace" not in answer
    assert answer["UnsearchedFaces"] == []


def test_by_image_filter(album: Album, face_ids: list[str]) -> None:
    blurred = person(2).seen(box=BoundingBox(0.1, 0.1, 0.8, 0.8), quality=Quality(50.0, 1.0))
    assert found(by_image(album, blurred, person(1))) == ["stranger"]
    answer = by_image(album, blurred, person(1), QualityFilter="AUTO")
    assert found(answer) == ["twin", "cousin"]
    assert [face["Reasons"] for face in answer["UnsearchedFaces"]] == [["LOW_SHARPNESS"]]
    nobody = by_image(album, blurred, QualityFilter="HIGH")
    assert "SearchedFace" not in nobody
    assert nobody["UserMatches"] == []
    assert len(nobody["UnsearchedFaces"]) == 1
