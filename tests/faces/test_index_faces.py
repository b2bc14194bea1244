"""IndexFaces through an unmodified client: what is stored, what is not, and why."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sightline.geometry import BoundingBox
from sightline.vision.face import ALL_ATTRIBUTES, Judged, Pose, Quality
from tests.faces.conftest import Album, person

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BLURRED = person(90).seen(quality=Quality(brightness=80.0, sharpness=1.0))
DARK = person(91).seen(quality=Quality(brightness=3.0, sharpness=90.0))
TURNED = person(92).seen(pose=Pose(0.0, 85.0, 0.0))
LOOKING_UP = person(93).seen(pose=Pose(0.0, 0.0, 70.0))
DOUBTFUL = person(94).seen(confidence=40.0)
TINY = person(95).seen(box=BoundingBox(0.9, 0.9, 0.05, 0.05))
TILTED = person(96).seen(pose=Pose(170.0, 0.0, 0.0))


def index(album: Album, *people: Any, **parameters: Any) -> Any:
    image = {"Bytes": album.studio.photo(*people)}
    return album.client.index_faces(CollectionId="people", Image=image, **parameters)


def test_a_record_says_what_is_stored(album: Album) -> None:
    answer = index(album, person(1), ExternalImageId="holiday:1.jpg")
    (record,) = answer["FaceRecords"]
    face = record["Face"]
    assert face["BoundingBox"] == {"Left": 0.0, "Top": 0.25, "Width": 0.5, "Height": 0.5}
    assert face["Confidence"] == 99.0
    assert face["ExternalImageId"] == "holiday:1.jpg"
    assert face["IndexFacesModelVersion"] == "7.0"
    assert "UserId" not in face
    assert answer["FaceModelVersion"] == "7.0"
    assert answer["UnindexedFaces"] == []
    assert "OrientationCorrection" not in answer
    listed = album.client.list_faces(CollectionId="people")
    assert listed["Faces"] == [face]


def test_the_detail_has_the_default_attributes(album: Album) -> None:
    (record,) = index(album, person(1))["FaceRecords"]
    assert record["FaceDetail"].keys() == {
        "BoundingBox",
        "Confidence",
        "Landmarks",
        "Pose",
        "Quality",
    }


def test_detection_attributes_are_asked_of_the_analyzer_and_shown(album: Album) -> None:
    smiling = person(1).seen(smile=Judged(True, 90.0), beard=Judged(False, 80.0))
    blurred = BLURRED.seen(smile=Judged(False, 70.0))
    answer = index(album, smiling, blurred, DetectionAttributes=["DEFAULT", "SMILE"])
    assert album.studio.asked[-1] == {"SMILE"}
    assert answer["FaceRecords"][0]["FaceDetail"]["Smile"] == {"Value": True, "Confidence": 90.0}
    assert "Beard" not in answer["FaceRecords"][0]["FaceDetail"]
    unindexed = answer["UnindexedFaces"][0]["FaceDetail"]
    assert unindexed["Smile"] == {"Value": False, "Confidence": 70.0}
    index(album, smiling, DetectionAttributes=["ALL"])
    assert album.studio.asked[-1] == ALL_ATTRIBUTES


def test_no_external_id_is_not_sent(album: Album) -> None:
    (record,) = index(album, person(1))["FaceRecords"]
    assert "ExternalImageId" not in record["Face"]


def test_a_photo_without_faces(album: Album) -> None:
    answer = index(album)
    assert answer["FaceRecords"] == []
    assert answer["UnindexedFaces"] == []
    assert album.counts() == (0, 0)


def test_records_come_largest_first(album: Album) -> None:
    sizes = [0.2, 0.4, 0.3]
    people = [
        person(number).seen(box=BoundingBox(number / 10, 0.1, size, size))
        for number, size in enumerate(sizes)
    ]
    records = index(album, *people)["FaceRecords"]
    assert [record["Face"]["BoundingBox"]["Width"] for record in records] == [0.4, 0.3, 0.2]
    assert all(
        record["Face"]["BoundingBox"] == record["FaceDetail"]["BoundingBox"] for record in records
    )


def test_the_same_photo_twice_is_stored_once(album: Album) -> None:
    image = {"Bytes": album.studio.photo(person(1), person(2))}
    first = album.client.index_faces(CollectionId="people", Image=image)
    second = album.client.index_faces(CollectionId="people", Image=image)
    assert second["FaceRecords"] == first["FaceRecords"]
    assert album.counts() == (2, 0)
    assert len(album.faces()) == 2


def test_another_external_id_makes_other_faces_of_the_same_image(album: Album) -> None:
    image = {"Bytes": album.studio.photo(person(1))}
    plain, tagged = (
        album.client.index_faces(CollectionId="people", Image=image, **extra)["FaceRecords"][0]
        for extra in ({}, {"ExternalImageId": "x"})
    )
    assert plain["Face"]["ImageId"] == tagged["Face"]["ImageId"]
    assert plain["Face"]["FaceId"] != tagged["Face"]["FaceId"]
    assert album.counts() == (2, 0)


def test_a_face_that_has_a_user_is_shown_with_it(album: Album) -> None:
    image = {"Bytes": album.studio.photo(person(1))}
    (record,) = album.client.index_faces(CollectionId="people", Image=image)["FaceRecords"]
    album.user("eileen", record["Face"]["FaceId"])
    (again,) = album.client.index_faces(CollectionId="people", Image=image)["FaceRecords"]
    assert again["Face"]["UserId"] == "eileen"


def test_a_deleted_face_can_be_indexed_again(album: Album) -> None:
    image = {"Bytes": album.studio.photo(person(1))}
    (twin,) = album.index(person(1).like(99))
    for _ in range(3):
        (record,) = album.client.index_faces(CollectionId="people", Image=image)["FaceRecords"]
        face_id = record["Face"]["FaceId"]
        assert album.search(twin) == [face_id]
        album.client.delete_faces(CollectionId="people", FaceIds=[face_id])
        assert album.search(twin) == []
    assert album.counts() == (1, 0)


def test_a_hundred_faces_of_one_photo(album: Album) -> None:
    people = [
        person(number).seen(box=BoundingBox(number / 200, 0.1, 0.2, 0.2)) for number in range(100)
    ]
    image = {"Bytes": album.studio.photo(*people)}
    records = album.client.index_faces(CollectionId="people", Image=image)["FaceRecords"]
    assert len({record["Face"]["FaceId"] for record in records}) == 100
    assert album.counts() == (100, 0)
    again = album.client.index_faces(CollectionId="people", Image=image, MaxFaces=5000)
    assert again["FaceRecords"] == records
    assert album.counts() == (100, 0)


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (BLURRED, "LOW_SHARPNESS"),
        (DARK, "LOW_BRIGHTNESS"),
        (TURNED, "EXTREME_POSE"),
        (LOOKING_UP, "EXTREME_POSE"),
        (DOUBTFUL, "LOW_CONFIDENCE"),
        (TINY, "SMALL_BOUNDING_BOX"),
    ],
)
def test_the_default_filter_leaves_out_what_is_not_good_enough(
    album: Album, who: Any, reason: str
) -> None:
    answer = index(album, person(1), who)
    assert len(answer["FaceRecords"]) == 1
    (unindexed,) = answer["UnindexedFaces"]
    assert unindexed["Reasons"] == [reason]
    assert unindexed["FaceDetail"]["Confidence"] == who.face.confidence
    assert album.counts() == (1, 0)


def test_all_reasons_of_a_face(album: Album) -> None:
    bad = person(1).seen(
        quality=Quality(1.0, 1.0), pose=Pose(0.0, 89.0, 0.0), confidence=30.0, box=TINY.face.box
    )
    (unindexed,) = index(album, bad)["UnindexedFaces"]
    assert set(unindexed["Reasons"]) == {
        "EXTREME_POSE",
        "LOW_BRIGHTNESS",
        "LOW_SHARPNESS",
        "LOW_CONFIDENCE",
        "SMALL_BOUNDING_BOX",
    }


def test_a_head_on_its_side_is_no_extreme_pose(album: Album) -> None:
    assert len(index(album, TILTED)["FaceRecords"]) == 1


def test_no_filter_takes_everyone(album: Album) -> None:
    answer = index(album, person(1), BLURRED, DARK, TURNED, DOUBTFUL, TINY, QualityFilter="NONE")
    assert len(answer["FaceRecords"]) == 6
    assert answer["UnindexedFaces"] == []


def test_each_bar_is_higher_than_the_one_before(album: Album) -> None:
    fair = person(1).seen(quality=Quality(30.0, 20.0), box=BoundingBox(0.1, 0.1, 0.25, 0.25))
    poor = person(2).seen(quality=Quality(20.0, 10.0), box=BoundingBox(0.5, 0.1, 0.15, 0.15))
    image = {"Bytes": album.studio.photo(person(3), fair, poor)}
    taken = {
        bar: len(
            album.client.index_faces(
                CollectionId="people",
                Image=image,
                QualityFilter=bar,
            )["FaceRecords"]
        )
        for bar in ("HIGH", "MEDIUM", "LOW", "AUTO", "NONE")
    }
    assert taken == {"HIGH": 1, "MEDIUM": 2, "LOW": 3, "AUTO": 3, "NONE": 3}


def test_max_faces_drops_the_smallest(album: Album) -> None:
    people = [
        person(number).seen(box=BoundingBox(number / 10, 0.1, size, size))
        for number, size in enumerate([0.3, 0.2, 0.4])
    ]
    answer = index(album, *people, MaxFaces=2)
    widths = [record["Face"]["BoundingBox"]["Width"] for record in answer["FaceRecords"]]
    assert widths == [0.4, 0.3]
    (unindexed,) = answer["UnindexedFaces"]
    assert unindexed["Reasons"] == ["EXCEEDS_MAX_FACES"]
    assert unindexed["FaceDetail"]["BoundingBox"]["Width"] == 0.2


def test_max_faces_drops_faces_of_low_quality_before_small_ones(album: Album) -> None:
    blurred = BLURRED.seen(box=BoundingBox(0.5, 0.1, 0.45, 0.45))
    small = person(1).seen(box=BoundingBox(0.1, 0.1, 0.2, 0.2))
    answer = index(album, blurred, small, MaxFaces=1, QualityFilter="NONE")
    assert [r["Face"]["BoundingBox"]["Width"] for r in answer["FaceRecords"]] == [0.2]


def test_an_image_in_s3(album: Album, s3: "S3Client") -> None:
    s3.put_object(Bucket="photos", Key="a.png", Body=album.studio.photo(person(1)))
    answer = album.client.index_faces(
        CollectionId="people", Image={"S3Object": {"Bucket": "photos", "Name": "a.png"}}
    )
    assert len(answer["FaceRecords"]) == 1


@pytest.mark.parametrize(
    "parameters",
    [
        {"QualityFilter": "BEST"},
        {"DetectionAttributes": ["HAT"]},
        {"ExternalImageId": "a/b.png"},
        {"ExternalImageId": "a" * 256},
    ],
)
def test_bad_parameters(album: Album, parameters: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        index(album, person(1), **parameters)
    assert album.counts() == (0, 0)


def test_images_that_are_none(album: Album) -> None:
    client = album.client
    with pytest.raises(client.exceptions.InvalidImageFormatException):
        client.index_faces(CollectionId="people", Image={"Bytes": b"GIF89a"})
    with pytest.raises(client.exceptions.InvalidParameterException):
        client.index_faces(CollectionId="people", Image={})
    assert album.counts() == (0, 0)


def test_the_same_photo_from_many_clients_at_once(album: Album) -> None:
    image = {"Bytes": album.studio.photo(person(1), person(2))}

    def call(_: int) -> list[str]:
        answer = album.client.index_faces(CollectionId="people", Image=image)
        return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(call, range(12)))
    assert len({tuple(answer) for answer in answers}) == 1
    assert album.counts() == (2, 0)
    assert sorted(album.faces()) == sorted(answers[0])


def test_a_full_collection_takes_no_more(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    album.index(person(1))
    monkeypatch.setattr("sightline.store.faces.LIMIT", 1)
    with pytest.raises(album.client.exceptions.ServiceQuotaExceededException, match="full"):
        album.index(person(2))
    assert album.counts() == (1, 0)
