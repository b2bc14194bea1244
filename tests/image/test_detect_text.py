"""DetectText through an unmodified client: lines, words, filters, limits."""

import math
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from PIL import Image

from sightline.domain import text
from sightline.domain.regions import area, is_inside, parts
from sightline.geometry import Point
from sightline.vision.photo import Photo
from sightline.vision.text_lines import Line, Word
from tests.vision.drawn import page

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import TextDetectionTypeDef

TOP_HALF = {"Left": 0.0, "Top": 0.0, "Width": 1.0, "Height": 0.5}


def png(image: Image.Image) -> bytes:
    data = BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@pytest.fixture(scope="module")
def sign() -> bytes:
    lines = [(40, 30, "Mind the gap"), (40, 200, "Way out 7")]
    return png(page(lines, (480, 320), height=44)[0])


def upright(left: float, top: float, width: float, height: float) -> tuple[Point, ...]:
    right, bottom = left + width, top + height
    return (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo with words of known places and confidence, in two lines."""
    lines = [
        Line(
            (
                Word("clear", 95.0, upright(0.1, 0.1, 0.2, 0.10)),
                Word("faint", 60.0, upright(0.4, 0.1, 0.2, 0.10)),
                Word("tiny", 99.0, upright(0.7, 0.1, 0.05, 0.02)),
            )
        ),
        Line((Word("lonely", 79.0, upright(0.1, 0.6, 0.3, 0.10)),)),
    ]
    monkeypatch.setattr(text, "read_text", lambda _: lines)


def detections(
    client: "RekognitionClient", photo: bytes, **filters: Any
) -> list["TextDetectionTypeDef"]:
    given: dict[str, Any] = {"Filters": filters} if filters else {}
    return client.detect_text(Image={"Bytes": photo}, **given)["TextDetections"]


def texts(found: list["TextDetectionTypeDef"], kind: str = "WORD") -> list[str]:
    return [each["DetectedText"] for each in found if each["Type"] == kind]


def test_lines_come_first_and_words_name_their_line(
    rekognition: "RekognitionClient", sign: bytes
) -> None:
    answer = rekognition.detect_text(Image={"Bytes": sign})

    found = answer["TextDetections"]
    assert answer["TextModelVersion"] == "3.0"
    assert texts(found, "LINE") == ["Mind the gap", "Way out 7"]
    assert texts(found) == ["Mind", "the", "gap", "Way", "out", "7"]
    assert [each["Id"] for each in found] == list(range(8))
    assert ["ParentId" in each for each in found] == [False] * 2 + [True] * 6
    assert [each["ParentId"] for each in found[2:]] == [0, 0, 0, 1, 1, 1]
    assert all(0 < each["Confidence"] <= 100 for each in found)


def test_the_box_is_the_upright_one_around_the_polygon(
    rekognition: "RekognitionClient", sign: bytes
) -> None:
    turned = Image.open(BytesIO(sign)).rotate(-20, expand=True, fillcolor="white")

    found = detections(rekognition, png(turned))

    assert texts(found, "LINE") == ["Mind the gap", "Way out 7"]
    for each in found:
        box, polygon = each["Geometry"]["BoundingBox"], each["Geometry"]["Polygon"]
        across, down = [point["X"] for point in polygon], [point["Y"] for point in polygon]
        assert len(polygon) == 4
        assert (box["Left"], box["Top"]) == pytest.approx((min(across), min(down)))
        assert box["Left"] + box["Width"] == pytest.approx(max(across))
        assert box["Top"] + box["Height"] == pytest.approx(max(down))
        # Clockwise from the text's own top left; a turn to the right lowers its right end.
        assert across[0] < across[1]
        assert down[0] < down[1] < down[2]
        assert across[3] < across[0]


def test_a_picture_without_text_gives_an_empty_list(
    rekognition: "RekognitionClient", cat: bytes
) -> None:
    assert detections(rekognition, cat) == []


@pytest.mark.usefixtures("board")
@pytest.mark.parametrize(
    ("bar", "left"),
    [
        (None, ["clear", "faint", "tiny", "lonely"]),
        ({}, ["clear", "tiny"]),  # the documented default, 80
        ({"MinConfidence": 0}, ["clear", "faint", "tiny", "lonely"]),
        ({"MinConfidence": 79}, ["clear", "tiny", "lonely"]),
        ({"MinConfidence": 0, "MinBoundingBoxHeight": 0.05}, ["clear", "faint", "lonely"]),
        ({"MinConfidence": 0, "MinBoundingBoxWidth": 0.25}, ["lonely"]),
        ({"MinConfidence": 100}, []),
    ],
)
def test_words_under_the_bar_are_left_out(
    rekognition: "RekognitionClient", cat: bytes, bar: dict[str, float] | None, left: list[str]
) -> None:
    found = detections(rekognition, cat, **({} if bar is None else {"WordFilter": bar}))

    assert texts(found) == left


@pytest.mark.usefixtures("board")
def test_a_line_shows_the_words_that_are_left_and_goes_with_the_last(
    rekognition: "RekognitionClient", cat: bytes
) -> None:
    found = detections(rekognition, cat, WordFilter={"MinConfidence": 90})

    (line, *words) = found
    assert (line["DetectedText"], line["Id"]) == ("clear tiny", 0)
    assert line["Confidence"] == pytest.approx(97)
    assert line["Geometry"]["BoundingBox"]["Left"] == pytest.approx(0.1)
    assert [word["ParentId"] for word in words] == [0, 0]


@pytest.mark.usefixtures("board")
@pytest.mark.parametrize(
    ("regions", "left"),
    [
        ([], ["clear", "faint", "tiny", "lonely"]),
        ([{"BoundingBox": TOP_HALF}], ["clear", "faint", "tiny"]),
        # 60 % of "clear", 40 % of "faint"
        ([{"BoundingBox": {"Left": 0.18, "Top": 0, "Width": 0.3, "Height": 0.5}}], ["clear"]),
        # Halves of "clear" in two regions do not add up.
        (
            [
                {"BoundingBox": {"Left": 0.0, "Top": 0, "Width": 0.2, "Height": 0.5}},
                {"BoundingBox": {"Left": 0.2, "Top": 0, "Width": 0.15, "Height": 0.5}},
            ],
            [],
        ),
        (
            [
                {"BoundingBox": {"Left": 0.0, "Top": 0, "Width": 0.35, "Height": 0.5}},
                {"BoundingBox": {"Left": 0.0, "Top": 0.5, "Width": 1.0, "Height": 0.5}},
            ],
            ["clear", "lonely"],
        ),
        # The triangle under the diagonal
        (
            [{"Polygon": [{"X": 0.0, "Y": 0.0}, {"X": 1.0, "Y": 1.0}, {"X": 0.0, "Y": 1.0}]}],
            ["lonely"],
        ),
    ],
)
def test_only_words_in_a_region_of_interest_are_left(
    rekognition: "RekognitionClient",
    cat: bytes,
    regions: list[dict[str, Any]],
    left: list[str],
) -> None:
    assert texts(detections(rekognition, cat, RegionsOfInterest=regions)) == left


def test_half_of_a_word_is_not_more_than_half() -> None:
    word = upright(0.25, 0.0, 0.5, 0.5)

    assert not is_inside(word, [list(parts(upright(0, 0, 0.5, 1)))])
    assert is_inside(word, [list(parts(upright(0, 0, 0.51, 1)))])


def covered(*corners: tuple[float, float]) -> float:
    """The share of the image that a polygon covers."""
    return sum(area(each) for each in parts([Point(x, y) for x, y in corners]))


def test_a_region_that_crosses_itself_covers_what_it_goes_around() -> None:
    bow_tie = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
    turns = [math.radians(each) for each in (-90, 54, 198, -18, 126)]
    star = [(0.5 + 0.5 * math.cos(turn), 0.5 + 0.5 * math.sin(turn)) for turn in turns]

    assert covered(*bow_tie) == pytest.approx(0.5)
    assert is_inside(upright(0.4, 0.1, 0.2, 0.1), [list(parts([Point(*each) for each in bow_tie]))])
    # A pentagram in a circle of radius r covers 1.1226 r², its middle counted in.
    assert covered(*star) == pytest.approx(1.1226 / 4, abs=1e-4)
    assert covered(*[(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)] * 2) == pytest.approx(0.25)


@pytest.mark.parametrize("far", [2.0, 1e6, 1e20, 1e150])
def test_a_region_may_reach_far_beyond_the_image(
    rekognition: "RekognitionClient", sign: bytes, far: float
) -> None:
    box = {"Left": -far, "Top": -far, "Width": 2 * far, "Height": 2 * far}
    words = texts(detections(rekognition, sign, RegionsOfInterest=[{"BoundingBox": box}]))

    assert words == ["Mind", "the", "gap", "Way", "out", "7"]
    assert covered((far, far), (far, 2 * far), (2 * far, far)) == 0
    assert covered((0.5, 0.5), (0.5, far), (far, far), (far, 0.5)) == pytest.approx(0.25)


def test_a_slope_may_begin_beyond_the_image() -> None:
    assert covered((-1e6, -1e6), (1e6, 1e6), (-1e6, 1e6)) == pytest.approx(0.5)
    assert covered((0, -0.5), (1.5, 1), (0, 1)) == pytest.approx(0.875)


def test_a_region_may_be_concave() -> None:
    # A U: the word lies between its arms, of which each holds a tenth of it.
    corners = [(0, 0), (0.2, 0), (0.2, 0.8), (0.8, 0.8), (0.8, 0), (1, 0), (1, 1), (0, 1)]
    region = list(parts([Point(x, y) for x, y in corners]))

    assert not is_inside(upright(0.125, 0.1, 0.75, 0.2), [region])
    assert is_inside(upright(0.125, 0.85, 0.75, 0.1), [region])


@pytest.mark.parametrize(
    ("region", "words"),
    [
        ({}, "either a BoundingBox or a Polygon"),
        (
            {"BoundingBox": TOP_HALF, "Polygon": [{"X": 0.0, "Y": 0.0}] * 3},
            "either a BoundingBox or a Polygon",
        ),
        ({"BoundingBox": {"Left": 0.0, "Top": 0.0, "Width": 1.0}}, "lacks Height"),
        ({"Polygon": [{"X": 0.0, "Y": 0.0}, {"X": 1.0}, {"Y": 1.0}]}, "lacks Y"),
        ({"Polygon": [{"X": 0.0, "Y": 0.0}] * 2}, "3 to 10 points"),
        ({"Polygon": [{"X": 0.0, "Y": 0.0}] * 11}, "3 to 10 points"),
    ],
)
def test_a_region_that_is_none_is_refused(
    rekognition: "RekognitionClient", cat: bytes, region: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=words) as caught:
        detections(rekognition, cat, RegionsOfInterest=[region])

    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_an_eleventh_region_is_refused(rekognition: "RekognitionClient", cat: bytes) -> None:
    with pytest.raises(ClientError) as caught:
        detections(rekognition, cat, RegionsOfInterest=[{"BoundingBox": TOP_HALF}] * 11)

    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_no_line_is_read_after_the_hundredth_word(monkeypatch: pytest.MonkeyPatch) -> None:
    place = upright(0.1, 0.1, 0.1, 0.1)
    told = 0

    def lines(_: Photo) -> Iterator[Line]:
        nonlocal told
        while told < 100:
            told += 1
            yield Line((*[Word("clear", 90, place)] * 4, Word("faint", 60, place)))

    monkeypatch.setattr(text, "read_text", lines)
    photo = Photo(np.zeros((80, 80, 3), np.uint8), 80, 80)

    assert len(text.detect_text(photo, {})["TextDetections"]) == 120
    assert told == 20
    told = 0
    assert len(text.detect_text(photo, {"Filters": {"WordFilter": {}}})["TextDetections"]) == 125
    assert told == 25


def test_the_first_hundred_words_are_kept(
    rekognition: "RekognitionClient", cat: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = upright(0.1, 0.1, 0.1, 0.1)
    rows = [[f"{row}.{column}" for column in range(7)] for row in range(16)]
    lines = [Line(tuple(Word(each, 90.0, place) for each in row)) for row in rows]
    monkeypatch.setattr(text, "read_text", lambda _: lines)

    found = detections(rekognition, cat)

    assert texts(found) == [each for row in rows for each in row][:100]
    assert texts(found, "LINE")[-1] == "14.0 14.1"
    assert len(texts(found, "LINE")) == 15
    assert {each["ParentId"] for each in found if each["Type"] == "WORD"} == set(range(15))
