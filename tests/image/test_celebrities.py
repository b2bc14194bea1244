"""Celebrities: people whom the operator put into the gallery, recognised through a plain client."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from PIL import Image, ImageOps

from sightline.domain import gallery
from sightline.domain.celebrity_info import GALLERY, celebrity_id
from sightline.domain.gallery import Enrolment, Person, enrol
from sightline.errors import ResourceNotFoundException
from sightline.store import collections, faces, table

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

EILEEN, GRACE = "Eileen Collins", "Grace Hopper"
MEMBERS = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality", "Smile", "Emotions"}


def png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def opened(photo: bytes) -> Image.Image:
    return Image.open(BytesIO(photo)).convert("RGB")


@pytest.fixture(scope="session")
def mirrored(astronaut: bytes) -> bytes:
    return png(ImageOps.mirror(opened(astronaut)))


@pytest.fixture(scope="session")
def cropped(astronaut: bytes) -> bytes:
    return png(opened(astronaut).crop((100, 0, 360, 260)).resize((300, 300)))


@pytest.fixture(scope="session")
def both(astronaut: bytes, admiral: bytes) -> bytes:
    """Two people side by side, equally large."""
    pictures = [np.asarray(opened(photo).resize((512, 512))) for photo in (astronaut, admiral)]
    return png(Image.fromarray(np.concatenate(pictures, axis=1)))


def enrolled(name: str, *photos: bytes, **known: Any) -> Enrolment:
    files = [(f"{i}.png", partial(bytes, photo)) for i, photo in enumerate(photos)]
    return enrol(Person(name, files, **known))


def stored() -> list[str]:
    """The people of all faces that the gallery holds."""
    collection = collections.need(GALLERY)
    found = faces.page(collection.uid, None, 1000)
    assert len(found) == collection.face_count
    return sorted(face.external_id or "" for _, face in found)


def test_an_empty_gallery_recognises_nobody(
    rekognition: "RekognitionClient", astronaut: bytes, cat: bytes
) -> None:
    answer = rekognition.recognize_celebrities(Image={"Bytes": astronaut})
    assert answer["CelebrityFaces"] == []
    (face,) = answer["UnrecognizedFaces"]
    assert face.keys() == MEMBERS
    assert len(face["Landmarks"]) == 5
    assert "OrientationCorrection" not in answer
    nobody = rekognition.recognize_celebrities(Image={"Bytes": cat})
    assert (nobody["CelebrityFaces"], nobody["UnrecognizedFaces"]) == ([], [])


def test_a_celebrity_is_recognised_in_other_photos(
    rekognition: "RekognitionClient",
    astronaut: bytes,
    admiral: bytes,
    mirrored: bytes,
    cropped: bytes,
) -> None:
    url = "www.nasa.gov/collins?from=https://nasa.gov"
    made = enrolled(EILEEN, astronaut, urls=(f"https://{url}", url), gender="Female")
    assert (made.added, made.skipped) == (1, [])
    for photo in (mirrored, cropped):
        answer = rekognition.recognize_celebrities(Image={"Bytes": photo})
        (found,) = answer["CelebrityFaces"]
        assert found["Name"] == EILEEN
        assert found["Id"] == celebrity_id(EILEEN)
        assert found["Urls"] == [url, url]
        assert found["KnownGender"] == {"Type": "Female"}
        assert 99 <= found["MatchConfidence"] <= 100
        assert found["Face"].keys() == MEMBERS
        assert answer["UnrecognizedFaces"] == []
    stranger = rekognition.recognize_celebrities(Image={"Bytes": admiral})
    assert stranger["CelebrityFaces"] == []
    assert len(stranger["UnrecognizedFaces"]) == 1


def test_each_face_of_a_photo_is_told_apart(
    rekognition: "RekognitionClient", astronaut: bytes, admiral: bytes, both: bytes
) -> None:
    enrolled(EILEEN, astronaut)
    one = rekognition.recognize_celebrities(Image={"Bytes": both})
    assert [each["Name"] for each in one["CelebrityFaces"]] == [EILEEN]
    assert len(one["UnrecognizedFaces"]) == 1
    enrolled(GRACE, admiral)
    two = rekognition.recognize_celebrities(Image={"Bytes": both})
    places = {each["Name"]: each["Face"]["BoundingBox"]["Left"] for each in two["CelebrityFaces"]}
    assert places.keys() == {EILEEN, GRACE}
    assert places[EILEEN] < 0.5 < places[GRACE]
    assert two["UnrecognizedFaces"] == []


def test_what_is_known_of_a_celebrity(rekognition: "RekognitionClient", astronaut: bytes) -> None:
    made = enrolled(EILEEN, astronaut, gender="Female").celebrity
    info = rekognition.get_celebrity_info(Id=made.id)
    assert (info["Name"], info["Urls"]) == (EILEEN, [])
    assert info["KnownGender"] == {"Type": "Female"}
    for unknown in ("3Ir0du6", ""):
        with pytest.raises(rekognition.exceptions.ResourceNotFoundException):
            rekognition.get_celebrity_info(Id=unknown)
    with pytest.raises(ClientError, match="ValidationException"):
        rekognition.get_celebrity_info(Id="not-an-id")


def test_ids_are_stable() -> None:
    assert celebrity_id(EILEEN) == "8NGWp8u"
    # One name, whether its accents are characters of their own or not.
    assert celebrity_id("Zoe\u0308") == celebrity_id("Zo\u00eb")


def test_a_name_is_one_however_its_accents_are_written(account: None) -> None:
    made = {enrolled(name).celebrity for name in ("Zo\u00eb", "Zoe\u0308")}
    assert [(each.id, each.name) for each in made] == [(celebrity_id("Zo\u00eb"), "Zo\u00eb")]


def test_importing_again_adds_what_is_new_only(
    account: None, astronaut: bytes, mirrored: bytes
) -> None:
    enrolled(EILEEN, astronaut, astronaut)
    again = enrolled(EILEEN, astronaut, mirrored, urls=("nasa.gov",))
    assert (again.added, again.present, again.skipped) == (1, 1, [])
    assert stored() == [celebrity_id(EILEEN)] * 2
    ((celebrity, number),) = gallery.everyone()
    assert (celebrity.urls, number) == (("nasa.gov",), 2)


def test_photos_that_cannot_stand_for_a_person(
    account: None, astronaut: bytes, cat: bytes, both: bytes, admiral: bytes, mirrored: bytes
) -> None:
    made = enrolled(EILEEN, b"no photo", cat, both, astronaut, admiral, mirrored)
    assert made.added == 2
    reasons = dict(made.skipped)
    assert reasons.keys() == {"0.png", "1.png", "2.png", "4.png"}
    assert "format" in reasons["0.png"]
    assert reasons["1.png"] == "no face"
    assert "2 faces" in reasons["2.png"]
    assert "unlike" in reasons["4.png"]
    assert stored() == [celebrity_id(EILEEN)] * 2


def test_a_photo_that_cannot_be_read_is_skipped(
    account: None, astronaut: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(astronaut)
    files = [(name, (tmp_path / name).read_bytes) for name in ("none.png", "a.png")]
    made = enrol(Person(EILEEN, files))
    assert (made.added, made.skipped) == (1, [("none.png", "No such file or directory")])


def test_of_a_crowd_the_64_largest_faces_are_looked_at(
    rekognition: "RekognitionClient", cropped: bytes
) -> None:
    rows, columns = 8, 9
    face = opened(cropped).resize((160, 160))
    crowd = Image.new("RGB", (160 * columns, 160 * rows))
    for place in range(rows * columns):
        crowd.paste(face, (place % columns * 160, place // columns * 160))
    image: Any = {"Bytes": png(crowd)}
    everybody = [
        each["BoundingBox"] for each in rekognition.detect_faces(Image=image)["FaceDetails"]
    ]
    assert len(everybody) == rows * columns
    found = rekognition.recognize_celebrities(Image=image)["UnrecognizedFaces"]
    assert [each["BoundingBox"] for each in found] == everybody[:64]


def test_no_request_can_reach_the_gallerys_collection(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    enrolled(EILEEN, astronaut)
    rekognition.create_collection(CollectionId="-first")
    assert rekognition.list_collections()["CollectionIds"] == ["-first"]
    for act in (rekognition.delete_collection, rekognition.list_faces, rekognition.list_users):
        with pytest.raises(ClientError, match="ValidationException"):
            act(CollectionId=GALLERY)
    with pytest.raises(ClientError, match="ValidationException"):
        rekognition.create_collection(CollectionId=GALLERY)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        rekognition.list_tags_for_resource(
            ResourceArn=f"arn:aws:rekognition:us-east-1:123456789012:collection/{GALLERY}"
        )


@pytest.mark.parametrize("by", ["name", "id"])
def test_removing_a_person_removes_everything(
    rekognition: "RekognitionClient", astronaut: bytes, admiral: bytes, mirrored: bytes, by: str
) -> None:
    made = enrolled(EILEEN, astronaut, mirrored).celebrity
    enrolled(GRACE, admiral)
    gallery.remove(made.name if by == "name" else made.id)
    answer = rekognition.recognize_celebrities(Image={"Bytes": mirrored})
    assert answer["CelebrityFaces"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        rekognition.get_celebrity_info(Id=made.id)
    assert stored() == [celebrity_id(GRACE)]
    assert [celebrity.name for celebrity, _ in gallery.everyone()] == [GRACE]
    assert vectors() == 2  # Grace's face and her mean
    with pytest.raises(ResourceNotFoundException):
        gallery.remove(EILEEN)


def vectors() -> int:
    """How many vectors the gallery's log has."""
    partitions = collections.partitions(collections.need(GALLERY).uid)
    items = [item for each in partitions if each.startswith("LOG#") for item in table.query(each)]
    faces = sum(len(item.get("vectors", {"M": {}})["M"]) for item in items)
    return faces + sum("vector" in item for item in items)


class Died(Exception):
    """Stands for a command that was killed."""


def test_an_import_or_removal_that_dies_is_finished_by_the_next(
    account: None, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Death after a call is death before the next one, too."""
    _remember_looks(monkeypatch)
    monkeypatch.setattr(table, "PAUSE", (0.0, 0.0))
    enrolled(GRACE)  # the gallery itself is there
    whole = BaseClient.__dict__["_make_api_call"]

    def dies_after(fatal: int, act: Callable[[], Any]) -> bool:
        numbers = count(1)

        def dying(client: BaseClient, operation: str, parameters: Any) -> Any:
            answer = whole(client, operation, parameters)
            if next(numbers) == fatal:
                raise Died
            return answer

        with monkeypatch.context() as patched:
            patched.setattr(BaseClient, "_make_api_call", dying)
            try:
                act()
            except Died:
                return True
            return False

    for fatal in count(1):
        died = dies_after(fatal, lambda: enrolled(EILEEN, astronaut))
        enrolled(EILEEN, astronaut)
        assert stored() == [celebrity_id(EILEEN)]
        died |= dies_after(fatal, lambda: gallery.remove(EILEEN))
        with suppress(ResourceNotFoundException):
            gallery.remove(EILEEN)
        assert stored() == []
        assert vectors() == 0
        if not died:
            assert fatal > 8
            return


def _remember_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The networks' opinion of a photo stays the same; the many deaths need it only once."""
    seen: dict[bytes, Any] = {}
    look = gallery._subject

    def remembered(data: bytes) -> Any:
        if data not in seen:
            seen[data] = look(data)
        return seen[data]

    monkeypatch.setattr(gallery, "_subject", remembered)
