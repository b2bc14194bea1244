"""PersonTracking: the persons of a video from frame to frame, in rooms where portraits walk."""

from collections import defaultdict

import numpy as np
import pytest

from sightline.domain.video import person_tracking
from sightline.domain.video.kinds import Element
from sightline.geometry import BoundingBox
from sightline.vision.objects import FoundObject
from tests.video.people import (
    LEFT,
    analysed,
    eileen,
    film,
    grace,
    merged,
    scene,
)

FPS = 5  # as many frames as are looked at
KIND = "PersonTracking"


@pytest.fixture(scope="module")
def passing(astronaut: bytes, admiral: bytes) -> bytes:
    """Two people walk past each other, the first of them in front, in four seconds."""
    ways = np.linspace(0, 160, 20)
    return film(
        [scene((grace(admiral), 180 - way), (eileen(astronaut), 10 + way)) for way in ways],
        FPS,
    )


@pytest.fixture(scope="module")
def tracked(passing: bytes) -> dict[str, list[Element]]:
    return merged(KIND, analysed(KIND, passing))


def places(elements: list[Element]) -> dict[int, list[tuple[int, float]]]:
    """Times and middles of the boxes, or of faces that are alone, by index."""
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for each in elements:
        person = each["Person"]
        box = person["BoundingBox"] if "BoundingBox" in person else person["Face"]["BoundingBox"]
        found[person["Index"]].append((each["Timestamp"], box["Left"] + box["Width"] / 2))
    return dict(found)


def times(elements: list[Element]) -> dict[int, list[int]]:
    return {index: [time for time, _ in seen] for index, seen in places(elements).items()}


def test_people_who_walk_past_each_other_keep_their_index(
    tracked: dict[str, list[Element]],
) -> None:
    found = places(tracked["TIMESTAMP"])
    assert set(found) == {0, 1}
    (first, *_, last), (other_first, *_, other_last) = found[0], found[1]
    assert {first[0], other_first[0]} == {0}
    assert {last[0], other_last[0]} == {3800}
    assert (first[1] < other_first[1]) == (last[1] > other_last[1])


def test_a_face_comes_with_its_person(tracked: dict[str, list[Element]]) -> None:
    for each in tracked["TIMESTAMP"][:8]:
        box, face = (each["Person"][name] for name in ("BoundingBox", "Face"))
        middle = face["BoundingBox"]["Left"] + face["BoundingBox"]["Width"] / 2
        assert box["Left"] < middle < box["Left"] + box["Width"]
        assert face.keys() == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


def test_persons_come_by_time_or_by_index_the_surest_first(
    tracked: dict[str, list[Element]],
) -> None:
    by_time, by_index = tracked["TIMESTAMP"], tracked["INDEX"]
    order = [(each["Timestamp"], each["Person"]["Index"]) for each in by_time]
    assert order == sorted(order)
    indices = [each["Person"]["Index"] for each in by_index]
    assert indices == sorted(indices)
    assert sorted(map(str, by_time)) == sorted(map(str, by_index))
    # One who is half hidden is less sure than in full sight.
    behind = [each["Timestamp"] for each in by_index if each["Person"]["Index"] == 0]
    assert behind != sorted(behind)


def test_one_piece_gives_what_eight_pieces_give(
    passing: bytes, tracked: dict[str, list[Element]]
) -> None:
    assert merged(KIND, analysed(KIND, passing, pieces=8)) == tracked


def test_another_person_after_a_cut_has_another_index(astronaut: bytes, admiral: bytes) -> None:
    one = scene((eileen(astronaut), LEFT))
    other = scene((grace(admiral), LEFT), wall=(90, 60, 40))
    found = merged(KIND, analysed(KIND, film([one] * 3 + [other] * 3, FPS)))["TIMESTAMP"]
    assert times(found) == {0: [0, 200, 400], 1: [600, 800, 1000]}


@pytest.mark.parametrize(("missing", "indices"), [(4, [0]), (15, [0, 1])])
def test_who_comes_back_soon_keeps_the_index(
    astronaut: bytes, missing: int, indices: list[int]
) -> None:
    here, empty = scene((eileen(astronaut), LEFT)), scene()
    data = film([here] * 3 + [empty] * missing + [here] * 3, FPS)
    found = merged(KIND, analysed(KIND, data))["TIMESTAMP"]
    assert sorted(times(found)) == indices
    assert len(found) == 6


def test_a_person_may_have_a_face_alone_or_a_body_alone(
    astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network finds no body of hers, and one elsewhere that has no face."""
    body = FoundObject("person", BoundingBox(0.6, 0.2, 0.3, 0.8), 95.0, 0.9)
    monkeypatch.setattr(person_tracking, "find_objects", lambda _: [body])
    pieces = analysed(KIND, film([scene((eileen(astronaut), LEFT))] * 2, FPS))
    found = merged(KIND, pieces)["TIMESTAMP"]
    assert [(each["Timestamp"], each["Person"].keys()) for each in found] == [
        (0, {"Index", "BoundingBox"}),
        (0, {"Index", "Face"}),
        (200, {"Index", "BoundingBox"}),
        (200, {"Index", "Face"}),
    ]


@pytest.mark.parametrize(("confidence", "seen"), [(85.0, 0), (95.0, 1)])
def test_a_box_that_is_seen_once_must_be_sure(
    monkeypatch: pytest.MonkeyPatch, confidence: float, seen: int
) -> None:
    body = FoundObject("person", BoundingBox(0.6, 0.2, 0.3, 0.8), confidence, 0.9)
    frames = iter([[body]])
    monkeypatch.setattr(person_tracking, "find_objects", lambda _: next(frames, []))
    found = merged(KIND, analysed(KIND, film([scene()] * 3, FPS)))["TIMESTAMP"]
    assert len(found) == seen


def test_a_finer_sampling_is_kept(monkeypatch: pytest.MonkeyPatch, astronaut: bytes) -> None:
    monkeypatch.setenv("SIGHTLINE_VIDEO_FPS", "10")
    data = film([scene((eileen(astronaut), LEFT))] * 3, 10)
    found = merged(KIND, analysed(KIND, data))["TIMESTAMP"]
    assert times(found) == {0: [0, 100, 200]}
