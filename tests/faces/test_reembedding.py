"""A collection of an older face model gets the current one's vectors, from the images in S3."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.domain import collections, moving, reembedding
from sightline.domain.face_register import Missing
from sightline.domain.reembedding import Place, Skipped
from sightline.errors import (
    InvalidImageFormatException,
    InvalidParameterException,
    ProvisionedThroughputExceededException,
)
from sightline.geometry import BoundingBox
from sightline.store import faces, table
from sightline.vision.face import Face
from sightline.vision.photo import Photo
from tests.faces.conftest import PLAIN, Album, Person, Studio, person
from tests.faces.test_export_reading import still
from tests.faces.test_moving import held, items

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Newer:
    """The next face model: the same faces in another order and in slightly other boxes, and other
    vectors.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.looked = 0
        self._older: dict[int, Face] = {}

    def analyze(self, photo: Photo) -> list[Face]:
        self.looked += 1
        seen = []
        for face in reversed(self._studio.analyze(photo)):
            box = face.box
            larger = BoundingBox(
                box.left - box.width / 20, box.top, box.width * 1.1, box.height * 1.1
            )
            seen.append(replace(face, box=larger, confidence=50.0))
            self._older[id(seen[-1])] = face
        return seen

    def embed(self, photo: Photo, seen: Sequence[Face]) -> NDArray[np.float32]:
        return -self._studio.embed(photo, [self._older[id(face)] for face in seen])


@dataclass(frozen=True)
class House:
    """A collection `people` of face model version 6.0, made of images in the bucket `photos`."""

    album: Album
    newer: Newer
    s3: "S3Client"

    def index(self, key: str, *people: Person, **parameters: Any) -> list[str]:
        """Indexes a new image from the bucket, as a client does."""
        self.s3.put_object(Bucket="photos", Key=key, Body=self.album.studio.photo(*people))
        return self.again(key, **parameters)

    def again(self, key: str, **parameters: Any) -> list[str]:
        """Indexes an image that is there."""
        image = {"S3Object": {"Bucket": "photos", "Name": key}}
        answer = self.album.client.index_faces(CollectionId="people", Image=image, **parameters)
        return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


@pytest.fixture
def house(album: Album, s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> House:
    """A group under two names, a portrait, a face of nobody; users with faces of several images."""
    newer = Newer(album.studio)
    monkeypatch.setattr(reembedding, "face_analyzer", lambda: newer)
    house = House(album, newer, s3)
    album.client.delete_collection(CollectionId="people")
    with monkeypatch.context() as before:
        before.setattr(collections, "FACE_MODEL_VERSION", "6.0")
        album.client.create_collection(CollectionId="people", Tags={"team": "red"})
        group = [person(number).seen(box=box(number)) for number in range(3)]
        party = house.index("party/größe 1.png", *group, ExternalImageId="party")
        house.again("party/größe 1.png", ExternalImageId="again")
        portrait = house.index("portrait.png", person(0).like(95))
        album.user("eileen", party[0], *portrait)
        album.user("grace", party[1])
        album.user("nobody")
    return house


def box(number: int) -> BoundingBox:
    return BoundingBox(0.1 + 0.3 * number, 0.2, 0.2, 0.2)


PARTY, PORTRAIT = Place("photos", "party/größe 1.png"), Place("photos", "portrait.png")


def renewed(*places: Place, target: str = "new") -> tuple[list[Skipped], list[Missing], int]:
    """What was skipped, is missing and untied."""
    with reembedding.reembedding(moving.own("people"), target, still) as work:
        skipped = list(work.renew(places, still))
        untied = work.carry_users(still)
        return skipped, list(work.missing()), untied


def test_every_face_keeps_all_but_its_vector(house: House) -> None:
    before, old = items(), held(house.album, "people")
    assert renewed(PARTY, PORTRAIT) == ([], [], 0)
    new = held(house.album, "new")
    for face in old["faces"]:
        assert face["IndexFacesModelVersion"] == "6.0"
        face["IndexFacesModelVersion"] = "7.0"
    assert new == old | {"model": "7.0"}
    assert new["counts"] == (7, 3)
    assert [item for item in items() if item in before] == before  # the old one stays as it is

    source, target = moving.own("people"), moving.own("new")
    ids = [face["FaceId"] for face in old["faces"]]
    theirs, ours = faces.get(source.uid, ids), faces.get(target.uid, ids)
    for face_id in ids:
        assert np.array_equal(
            np.frombuffer(ours[face_id].vector, "<f4"),
            -np.frombuffer(theirs[face_id].vector, "<f4"),
        )


def test_the_new_collection_is_searched_with_the_new_vectors(house: House) -> None:
    renewed(PARTY, PORTRAIT)
    client = house.album.client
    opposite = Person(-person(1).vector)
    image = {"Bytes": house.album.studio.photo(opposite)}
    found = client.search_users_by_image(CollectionId="new", Image=image)["UserMatches"]
    assert [match["User"]["UserId"] for match in found] == ["grace"]
    matches = client.search_faces_by_image(CollectionId="new", Image=image)["FaceMatches"]
    assert [match["Face"]["ExternalImageId"] for match in matches] in (
        ["party", "again"],
        ["again", "party"],
    )


def test_images_that_are_not_there_leave_their_faces_missing_until_they_are(house: House) -> None:
    (portrait,) = (face for face in held(house.album, "people")["faces"] if not name(face))
    skipped, missing, untied = renewed(PARTY, Place("photos", "lost.png"))
    assert [(each.place.key, "S3" in each.reason) for each in skipped] == [("lost.png", True)]
    assert missing == [Missing(portrait["FaceId"], portrait["ImageId"], looked=False)]
    assert untied == 1
    assert held(house.album, "new")["counts"] == (6, 3)
    assert renewed(PORTRAIT) == ([], [], 0)
    assert held(house.album, "new")["users"] == held(house.album, "people")["users"]
    assert house.newer.looked == 2


def name(face: dict[str, Any]) -> str | None:
    return face.get("ExternalImageId")


def test_what_is_no_image_of_the_collection_is_passed_over(house: House) -> None:
    house.s3.put_object(Bucket="photos", Key="text.png", Body=b"words")
    house.s3.put_object(Bucket="photos", Key="other.png", Body=house.album.studio.photo(person(9)))
    house.s3.put_object(Bucket="photos", Key="copy.png", Body=body(house, PARTY))
    others = [Place("photos", key) for key in ("text.png", "other.png", "copy.png")]
    assert renewed(PARTY, *others, PORTRAIT) == ([], [], 0)
    assert house.newer.looked <= 3  # the copy may have been looked at before the party was done


def body(house: House, place: Place) -> bytes:
    return house.s3.get_object(Bucket=place.bucket, Key=place.key)["Body"].read()


def test_an_image_that_cannot_be_decoded_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: bytes) -> Photo:
        raise InvalidImageFormatException

    monkeypatch.setattr(reembedding, "decode", refuse)
    skipped, missing, _ = renewed(PORTRAIT)
    assert skipped == [Skipped(PORTRAIT, "Request has invalid image format")]
    assert len(missing) == 7
    assert not any(face.looked for face in missing)


def test_a_face_that_is_not_found_again_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.newer, "analyze", lambda _: [])
    skipped, missing, untied = renewed(PARTY, PORTRAIT)
    assert (skipped, len(missing), untied) == ([], 7, 3)
    assert all(face.looked for face in missing)
    assert held(house.album, "new")["counts"] == (0, 3)


def test_done_again_it_changes_and_looks_at_nothing(house: House) -> None:
    renewed(PARTY, PORTRAIT)
    before, looked = items(), house.newer.looked
    assert renewed(PARTY, PORTRAIT) == ([], [], 0)
    assert items() == before
    assert house.newer.looked == looked


def test_it_goes_on_where_it_died(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    add = faces.add

    def dying(collection: Any, new: Any) -> Any:
        if len(new) == 1:  # the portrait's
            raise ProvisionedThroughputExceededException
        return add(collection, new)

    monkeypatch.setattr(table, "PAUSE", (0.0, 0.0))
    with monkeypatch.context() as trouble:
        trouble.setattr(faces, "add", dying)
        with pytest.raises(ProvisionedThroughputExceededException):
            renewed(PARTY, PORTRAIT)
    assert held(house.album, "new")["counts"] == (6, 0)
    assert renewed(PARTY, PORTRAIT) == ([], [], 0)
    assert house.newer.looked == 3
    assert held(house.album, "new")["counts"] == (7, 3)


def test_a_face_deleted_meanwhile_is_not_missed(house: House) -> None:
    with reembedding.reembedding(moving.own("people"), "new", still) as work:
        (gone,) = loose(house)
        house.album.client.delete_faces(CollectionId="people", FaceIds=[gone])
        assert list(work.renew([PARTY, PORTRAIT], still)) == []
        assert list(work.missing()) == []
    assert held(house.album, "new")["counts"][0] == 6


def loose(house: House) -> list[str]:
    """The face of the third guest, tied to nobody."""
    return [
        face["FaceId"]
        for face in held(house.album, "people")["faces"]
        if "UserId" not in face and name(face) == "party"
    ]


@pytest.mark.parametrize("target", ["people", "#celebrities", "old"])
def test_a_target_that_cannot_be_one(house: House, target: str) -> None:
    with pytest.MonkeyPatch.context() as before:
        before.setattr(collections, "FACE_MODEL_VERSION", "6.0")
        house.album.client.create_collection(CollectionId="old")
    with pytest.raises(InvalidParameterException):
        renewed(target=target)


def stored(face_id: str, external_id: str | None, left: float) -> faces.StoredFace:
    box = BoundingBox(left, 0.2, 0.2, 0.2)
    return faces.StoredFace(face_id, "", external_id, box, 99.0, "6.0", b"")


def seen(*lefts: float) -> list[Face]:
    return [replace(PLAIN, box=BoundingBox(left, 0.2, 0.2, 0.2)) for left in lefts]


def pairs(old: list[faces.StoredFace], new: list[Face]) -> list[tuple[str, int]]:
    return sorted((face.id, place) for face, place in reembedding.matched(old, new))


def test_the_best_overlap_comes_first_and_each_face_once() -> None:
    old = [stored("a", None, 0.10), stored("b", None, 0.14)]
    assert pairs(old, seen(0.13)) == [("b", 0)]
    assert pairs(old, seen(0.13, 0.09)) == [("a", 1), ("b", 0)]
    assert pairs(old, seen(0.115, 0.115)) == [("a", 0), ("b", 1)]


def test_half_an_overlap_is_needed() -> None:
    assert pairs([stored("a", None, 0.1)], seen(0.166)) == [("a", 0)]  # 134 of 266
    assert pairs([stored("a", None, 0.1)], seen(0.168)) == []  # 132 of 268


def test_a_face_under_two_names_is_one_face() -> None:
    old = [stored("a", None, 0.1), stored("b", "x", 0.1), stored("c", "y", 0.1)]
    assert pairs(old, seen(0.5, 0.1)) == [("a", 1), ("b", 1), ("c", 1)]
    assert pairs([*old, stored("d", "x", 0.11)], seen(0.1)) == [("a", 0), ("b", 0), ("c", 0)]
