"""LabelDetection: which labels a video gets, when, and in which order they are told."""

from typing import Any

import pytest

from sightline.domain.video import named
from sightline.domain.video.kinds import Element
from sightline.domain.video.records import dump
from tests.video.work import done, film, listed

INFO = {"duration": 60_000}
TIMES = "TIMESTAMP/TIMESTAMPS"


@pytest.fixture(scope="module")
def cat_then_astronaut(cat: bytes, astronaut: bytes) -> bytes:
    return film((cat, 2000), (astronaut, 2000))


@pytest.fixture(scope="module")
def labels(cat_then_astronaut: bytes) -> dict[str, list[Element]]:
    return done("LabelDetection", cat_then_astronaut)[0]


def times(elements: list[Element], name: str) -> list[int]:
    return [each["Timestamp"] for each in elements if each["Label"]["Name"] == name]


def test_labels_come_with_the_time_of_their_frames(labels: dict[str, list[Element]]) -> None:
    assert times(labels[TIMES], "Cat") == [0, 500, 1000, 1500]
    assert times(labels[TIMES], "Person") == [2000, 2500, 3000, 3500]


def test_labels_of_a_frame_are_ordered_as_the_service_orders_those_of_a_photo(
    labels: dict[str, list[Element]],
) -> None:
    shown = [
        (each["Timestamp"], -each["Label"]["Confidence"], each["Label"]["Name"])
        for each in labels[TIMES]
    ]
    assert shown == sorted(shown)


def test_a_label_has_boxes_and_kin_but_no_colours(labels: dict[str, list[Element]]) -> None:
    cat = next(each["Label"] for each in labels[TIMES] if each["Label"]["Name"] == "Cat")
    assert cat["Parents"] == [{"Name": "Animal"}, {"Name": "Mammal"}, {"Name": "Pet"}]
    assert cat["Categories"] == [{"Name": "Animals and Pets"}]
    (instance,) = cat["Instances"]
    assert instance.keys() == {"BoundingBox", "Confidence"}
    assert instance["BoundingBox"]["Width"] > 0.5


def test_segments_are_runs_without_boxes(labels: dict[str, list[Element]]) -> None:
    segments = {each["Label"]["Name"]: dict(each) for each in labels["TIMESTAMP/SEGMENTS"]}
    assert segments["Cat"].pop("Label")["Instances"] == []
    assert segments["Cat"] == {
        "Timestamp": 0,
        "StartTimestampMillis": 0,
        "EndTimestampMillis": 2000,
        "DurationMillis": 2000,
    }
    person = segments["Person"]
    assert (person["StartTimestampMillis"], person["EndTimestampMillis"]) == (2000, 4000)


def test_one_piece_gives_what_eight_pieces_give(
    cat_then_astronaut: bytes, labels: dict[str, list[Element]]
) -> None:
    assert done("LabelDetection", cat_then_astronaut, pieces=8)[0] == labels


def test_a_request_says_which_labels_and_how_sure(
    cat: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_VIDEO_FPS", "1")
    filters = {"LabelCategoryInclusionFilters": ["Animals and Pets"]}
    request = {"Settings": {"GeneralLabels": {**filters, "LabelExclusionFilters": ["Pet"]}}}
    lists, merged = done("LabelDetection", film((cat, 1000)), request)
    assert {each["Label"]["Name"] for each in lists[TIMES]} == {"Animal", "Cat", "Mammal"}
    assert merged.answer == {"LabelModelVersion": "3.0"}
    assert done("LabelDetection", film((cat, 1000)), {"MinConfidence": 100})[0][TIMES] == []


def pieces(*seen: list[list[Any]]) -> list[bytes]:
    """What is recorded of a video, each sampled frame in a piece of its own."""
    return [
        dump([[500 * number, [[name, sure, []] for name, sure in labels], {}]])
        for number, labels in enumerate(seen)
    ]


def told(elements: list[Element]) -> list[tuple[str, int, float]]:
    return [
        (each["Label"]["Name"], each["Timestamp"], each["Label"]["Confidence"]) for each in elements
    ]


@pytest.mark.parametrize("shelf", [named.SHELF_BYTES, 60])
def test_by_name_labels_are_alphabetical_and_inside_a_name_the_surest_first(
    monkeypatch: pytest.MonkeyPatch, shelf: int
) -> None:
    monkeypatch.setattr(named, "SHELF_BYTES", shelf)
    found = pieces(
        [["Dog", 60.0], ["Car", 90.0]],
        [["Car", 99.0], ["Dog", 70.0]],
        [["Car", 90.0]],
        [["Dog", 65.0]],
        [],
        [],
        [["Dog", 80.0]],
    )
    lists, _ = listed("LabelDetection", found, {}, INFO)
    assert told(lists["NAME/TIMESTAMPS"]) == [
        ("Car", 500, 99.0),
        ("Car", 0, 90.0),
        ("Car", 1000, 90.0),
        ("Dog", 3000, 80.0),
        ("Dog", 500, 70.0),
        ("Dog", 1500, 65.0),
        ("Dog", 0, 60.0),
    ]
    assert told(lists["NAME/SEGMENTS"]) == [("Car", 0, 99.0), ("Dog", 3000, 80.0), ("Dog", 0, 70.0)]
    assert told(lists["TIMESTAMP/SEGMENTS"]) == [
        ("Car", 0, 99.0),
        ("Dog", 0, 70.0),
        ("Dog", 3000, 80.0),
    ]


def test_a_run_goes_on_over_the_seams_of_pieces() -> None:
    one = dump([[500 * number, [["Dog", 60.0, []]], {}] for number in range(4)])
    assert (
        listed("LabelDetection", pieces(*[[["Dog", 60.0]]] * 4), {}, INFO)[0]
        == listed("LabelDetection", [one], {}, INFO)[0]
    )
