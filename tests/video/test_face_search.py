"""FaceSearch: the people of a video, each with the faces of a collection that match."""

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local import queues
from sightline.domain.video import face_windows
from sightline.domain.video.kinds import Element
from sightline.errors import ResourceNotFoundException
from sightline.vision.faces import FaceAnalyzer
from sightline.vision.look import FACE_LOOK
from tests.video.people import LEFT, RIGHT, analysed, eileen, film, grace, merged, scene

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client

FPS = 2  # as many frames as are looked at
CREW = "crew"
DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


@pytest.fixture(scope="module")
def meeting(astronaut: bytes, admiral: bytes) -> list[bytes]:
    """Both walk about for six seconds, one of them over the seam of two windows."""
    people = eileen(astronaut), grace(admiral)
    ways = [6 * number for number in range(12)]
    scenes = [scene((people[0], LEFT - way / 4), (people[1], RIGHT - 20 + way / 2)) for way in ways]
    return analysed("FaceSearch", film(scenes, FPS))


@pytest.fixture
def crew(rekognition: "RekognitionClient", astronaut: bytes) -> "RekognitionClient":
    """A collection that knows the astronaut alone."""
    rekognition.create_collection(CollectionId=CREW)
    index(rekognition, astronaut, "eileen")
    return rekognition


def index(client: "RekognitionClient", photo: bytes, name: str) -> None:
    client.index_faces(CollectionId=CREW, Image={"Bytes": photo}, ExternalImageId=name)


def names(element: Element) -> list[str]:
    return [match["Face"]["ExternalImageId"] for match in element.get("FaceMatches", [])]


def times_by_person(elements: list[Element]) -> dict[int, list[int]]:
    times: dict[int, list[int]] = defaultdict(list)
    for each in elements:
        times[each["Person"]["Index"]].append(each["Timestamp"])
    return dict(times)


def named_times(elements: list[Element]) -> list[int]:
    return [each["Timestamp"] for each in elements if names(each) == ["eileen"]]


def test_each_face_has_its_person_and_what_matches(
    crew: "RekognitionClient", meeting: list[bytes]
) -> None:
    found = merged("FaceSearch", meeting, CollectionId=CREW)["TIMESTAMP"]
    every = list(range(0, 6000, 500))
    assert times_by_person(found) == {0: every, 1: every}
    known = {each["Person"]["Index"] for each in found if "FaceMatches" in each}
    assert len(known) == 1
    for each in found:
        assert each["Person"].keys() == {"Index", "Face"}
        assert each["Person"]["Face"].keys() == DEFAULT
        left = each["Person"]["Face"]["BoundingBox"]["Left"] < 0.4
        assert left == (each["Person"]["Index"] in known) == ("FaceMatches" in each)
        for match in each.get("FaceMatches", []):
            assert match["Similarity"] >= 99
            assert match["Face"]["ExternalImageId"] == "eileen"


def test_faces_come_by_time_or_by_person(crew: "RekognitionClient", meeting: list[bytes]) -> None:
    orders = merged("FaceSearch", meeting, CollectionId=CREW)
    by_time, by_index = orders["TIMESTAMP"], orders["INDEX"]
    assert by_index == sorted(by_time, key=lambda each: each["Person"]["Index"])
    assert by_time == sorted(by_time, key=lambda each: (each["Timestamp"], each["Person"]["Index"]))


def test_people_who_swap_places_at_a_cut_stay_who_they_are(
    crew: "RekognitionClient", astronaut: bytes, admiral: bytes
) -> None:
    one, other = eileen(astronaut), grace(admiral)
    before, after = scene((one, LEFT), (other, RIGHT)), scene((other, LEFT), (one, RIGHT))
    pieces = analysed("FaceSearch", film([before] * 3 + [after] * 3, FPS))
    found = merged("FaceSearch", pieces, CollectionId=CREW)["TIMESTAMP"]
    assert set(times_by_person(found)) == {0, 1}
    places = [
        round(each["Person"]["Face"]["BoundingBox"]["Left"], 1) for each in found if names(each)
    ]
    assert len(places) == 6
    assert max(places[:3]) < 0.4 < min(places[3:])


@pytest.mark.parametrize("all_alike", [False, True])
def test_another_face_in_the_same_place_is_another_person(
    crew: "RekognitionClient",
    monkeypatch: pytest.MonkeyPatch,
    astronaut: bytes,
    admiral: bytes,
    all_alike: bool,
) -> None:
    """At a cut the colours tell; where they do not, the embeddings."""
    if all_alike:
        look = np.full(FACE_LOOK, 8, np.uint8)
        monkeypatch.setattr(face_windows, "face_look", lambda *_: look)
    one, other = scene((eileen(astronaut), LEFT)), scene((grace(admiral), LEFT))
    pieces = analysed("FaceSearch", film([one] * 4 + [other] * 4, FPS))
    found = merged("FaceSearch", pieces, CollectionId=CREW)["TIMESTAMP"]
    assert times_by_person(found) == {0: [0, 500, 1000, 1500], 1: [2000, 2500, 3000, 3500]}
    assert named_times(found) == [0, 500, 1000, 1500]


def test_who_comes_back_is_who_left(
    crew: "RekognitionClient", astronaut: bytes, admiral: bytes
) -> None:
    one, other = scene((eileen(astronaut), LEFT)), scene((grace(admiral), RIGHT))
    pieces = analysed("FaceSearch", film([one] * 2 + [other] * 8 + [one] * 2, FPS))
    found = merged("FaceSearch", pieces, CollectionId=CREW)["TIMESTAMP"]
    assert times_by_person(found)[0] == named_times(found) == [0, 500, 5000, 5500]


def test_a_person_is_searched_for_with_few_of_the_faces(
    monkeypatch: pytest.MonkeyPatch, astronaut: bytes
) -> None:
    embedded = []
    embed = FaceAnalyzer.embed

    def counted(self: FaceAnalyzer, photo: Any, faces: Any) -> Any:
        embedded.extend(faces)
        return embed(self, photo, faces)

    monkeypatch.setattr(FaceAnalyzer, "embed", counted)
    analysed("FaceSearch", film([scene((eileen(astronaut), LEFT))] * 20, FPS))
    assert len(embedded) == 4  # two in each window of ten


@pytest.mark.parametrize(("threshold", "found"), [(None, 1), (0, 2), (100, 0)])
def test_the_threshold_is_kept(
    crew: "RekognitionClient", meeting: list[bytes], threshold: float | None, found: int
) -> None:
    asked: dict[str, Any] = {} if threshold is None else {"FaceMatchThreshold": threshold}
    elements = merged("FaceSearch", meeting, CollectionId=CREW, **asked)["TIMESTAMP"]
    assert len({each["Person"]["Index"] for each in elements if "FaceMatches" in each}) == found


def test_a_person_has_at_most_five_matches_the_best_first(
    crew: "RekognitionClient", meeting: list[bytes], astronaut: bytes
) -> None:
    for number in range(6):
        index(crew, astronaut, f"copy-{number}")
    elements = merged("FaceSearch", meeting, CollectionId=CREW)["INDEX"]
    for matches in (each["FaceMatches"] for each in elements if "FaceMatches" in each):
        similarities = [match["Similarity"] for match in matches]
        assert len(matches) == 5
        assert similarities == sorted(similarities, reverse=True)


def test_the_collection_is_that_of_the_merge(
    crew: "RekognitionClient", meeting: list[bytes], admiral: bytes
) -> None:
    index(crew, admiral, "grace")
    elements = merged("FaceSearch", meeting, CollectionId=CREW)["TIMESTAMP"]
    assert sorted({name for each in elements for name in names(each)}) == ["eileen", "grace"]
    crew.delete_collection(CollectionId=CREW)
    with pytest.raises(ResourceNotFoundException) as caught:
        merged("FaceSearch", meeting, CollectionId=CREW)
    assert caught.value.message == "The collection id: crew does not exist"


def test_a_video_without_faces_has_nobody(crew: "RekognitionClient") -> None:
    pieces = analysed("FaceSearch", film([scene()] * 2, FPS))
    assert merged("FaceSearch", pieces, CollectionId=CREW) == {"TIMESTAMP": [], "INDEX": []}


def test_one_piece_gives_what_eight_pieces_give(
    crew: "RekognitionClient",
    monkeypatch: pytest.MonkeyPatch,
    astronaut: bytes,
    admiral: bytes,
) -> None:
    """Seams of five seconds, over which they stand, walk, leave and come back."""
    monkeypatch.setenv("SIGHTLINE_VIDEO_FPS", "1")
    one, other = eileen(astronaut), grace(admiral)
    ways = np.linspace(-60, 320, 40)
    scenes = [
        scene((one, way), *([(other, RIGHT)] if number // 3 % 3 else []))
        for number, way in enumerate(ways)
    ]
    data = film(scenes, 1)
    whole = merged("FaceSearch", analysed("FaceSearch", data), CollectionId=CREW)
    parts = analysed("FaceSearch", data, pieces=8)
    assert len(whole["TIMESTAMP"]) > 40
    assert merged("FaceSearch", parts, CollectionId=CREW) == whole


def test_a_job_goes_through_the_queues_to_its_pages(
    crew: "RekognitionClient",
    s3: "S3Client",
    monkeypatch: pytest.MonkeyPatch,
    astronaut: bytes,
) -> None:
    """A second job's collection is deleted meanwhile, and the job says so."""
    monkeypatch.setattr(queues, "WAIT", 0)
    s3.put_object(Bucket="photos", Key="a.mp4", Body=film([scene((eileen(astronaut), LEFT))], FPS))
    video: Any = {"S3Object": {"Bucket": "photos", "Name": "a.mp4"}}
    crew.create_collection(CollectionId="gone")
    jobs = [
        crew.start_face_search(Video=video, CollectionId=collection)["JobId"]
        for collection in (CREW, "gone")
    ]
    crew.delete_collection(CollectionId="gone")
    for queue in ["PLAN", "FACES", "MERGE"] * 2:
        name = f"SIGHTLINE_VIDEO_{queue}_QUEUE"
        queues.EventSource(os.environ[name], queues.MAPPINGS[name], 0.0).poll()
    found, failed = (crew.get_face_search(JobId=job, SortBy="INDEX") for job in jobs)
    assert found["JobStatus"] == "SUCCEEDED"
    (person,) = found["Persons"]
    assert person["FaceMatches"][0]["Face"]["ExternalImageId"] == "eileen"
    assert (failed["JobStatus"], failed["Persons"]) == ("FAILED", [])
    assert failed["StatusMessage"] == "The collection id: gone does not exist"
