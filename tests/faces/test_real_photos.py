"""Collections with the real models and real photos: a person is found again, another is not."""

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageEnhance

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


def another_shot(photo: bytes) -> bytes:
    """The same person, mirrored, darker, smaller, and as a JPEG."""
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((400, 400))
    file = io.BytesIO()
    ImageEnhance.Brightness(mirrored).enhance(0.7).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def face_ids(rekognition: "RekognitionClient", astronaut: bytes, admiral: bytes) -> list[str]:
    """The astronaut's and the admiral's face in a new collection `people`."""
    rekognition.create_collection(CollectionId="people")
    face_ids = []
    for name, photo in (("astronaut", astronaut), ("admiral", admiral)):
        answer = rekognition.index_faces(
            CollectionId="people",
            Image={"Bytes": photo},
            ExternalImageId=name,
            DetectionAttributes=["ALL"],
            MaxFaces=1,
        )
        (record,) = answer["FaceRecords"]
        assert len(record["FaceDetail"]["Landmarks"]) == 30
        face_ids.append(record["Face"]["FaceId"])
    return face_ids


def test_a_face_is_found_again_and_no_other(
    rekognition: "RekognitionClient", face_ids: list[str], astronaut: bytes
) -> None:
    for photo, least in ((astronaut, 99.99), (another_shot(astronaut), 80.0)):
        answer = rekognition.search_faces_by_image(CollectionId="people", Image={"Bytes": photo})
        (match,) = answer["FaceMatches"]
        assert match["Face"]["ExternalImageId"] == "astronaut"
        assert match["Similarity"] >= least
    assert rekognition.search_faces(CollectionId="people", FaceId=face_ids[0])["FaceMatches"] == []


def test_a_user_is_found_again_and_no_other(
    rekognition: "RekognitionClient", face_ids: list[str], astronaut: bytes
) -> None:
    where: Any = {"CollectionId": "people"}
    for name, face_id in zip(("eileen", "grace"), face_ids, strict=True):
        rekognition.create_user(**where, UserId=name)
        rekognition.associate_faces(**where, UserId=name, FaceIds=[face_id])
    (twin,) = rekognition.index_faces(**where, Image={"Bytes": another_shot(astronaut)})[
        "FaceRecords"
    ]
    twin_id = twin["Face"]["FaceId"]
    refused = rekognition.associate_faces(**where, UserId="grace", FaceIds=[twin_id])
    (reason,) = refused["UnsuccessfulFaceAssociations"]
    assert reason["Reasons"] == ["LOW_MATCH_CONFIDENCE"]
    taken = rekognition.associate_faces(**where, UserId="eileen", FaceIds=[twin_id])
    assert taken["AssociatedFaces"] == [{"FaceId": twin_id}]
    answer = rekognition.search_users_by_image(**where, Image={"Bytes": astronaut})
    (match,) = answer["UserMatches"]
    assert match["User"] == {"UserId": "eileen", "UserStatus": "ACTIVE"}


def test_the_same_photo_twice_is_stored_once(
    rekognition: "RekognitionClient", face_ids: list[str], astronaut: bytes
) -> None:
    again = rekognition.index_faces(
        CollectionId="people", Image={"Bytes": astronaut}, ExternalImageId="astronaut"
    )
    assert [record["Face"]["FaceId"] for record in again["FaceRecords"]] == face_ids[:1]
    assert rekognition.describe_collection(CollectionId="people")["FaceCount"] == 2


def test_a_photo_without_faces(
    rekognition: "RekognitionClient", face_ids: list[str], cat: bytes
) -> None:
    answer = rekognition.index_faces(CollectionId="people", Image={"Bytes": cat})
    assert answer["FaceRecords"] == []
    assert answer["UnindexedFaces"] == []
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="no faces"):
        rekognition.search_faces_by_image(CollectionId="people", Image={"Bytes": cat})
    users = rekognition.search_users_by_image(CollectionId="people", Image={"Bytes": cat})
    assert users["UserMatches"] == []
    assert "SearchedFace" not in users
