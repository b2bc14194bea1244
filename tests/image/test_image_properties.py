"""IMAGE_PROPERTIES of DetectLabels: drawn pictures whose colours are known, and real photos."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from sightline.domain import image_properties, labels
from sightline.geometry import BoundingBox
from sightline.vision.objects import FoundObject
from sightline.vision.photo import Photo, decode

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

ONLY_PROPERTIES = ["IMAGE_PROPERTIES"]
LEFT_HALF = BoundingBox(0, 0, 0.5, 1)


def png(pixels: NDArray[np.uint8]) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> NDArray[np.uint8]:
    pixels = np.empty((200, 300, 3), np.uint8)
    pixels[:, :150], pixels[:, 150:] = left, right
    return pixels


def properties(rekognition: "RekognitionClient", photo: bytes, **image: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {
        **rekognition.detect_labels(
            Image={"Bytes": photo},
            Features=ONLY_PROPERTIES,  # type: ignore[arg-type]
            Settings={"ImageProperties": image},  # type: ignore[typeddict-item]
        )
    }
    assert "Labels" not in answer
    found: dict[str, Any] = answer["ImageProperties"]
    return found


def told(photo: Photo, **image: Any) -> dict[str, Any]:
    """The same, past the client."""
    request = {"Features": ONLY_PROPERTIES, "Settings": {"ImageProperties": image}}
    found: dict[str, Any] = labels.detect_labels(photo, request)["ImageProperties"]
    return found


def total(colours: list[dict[str, Any]]) -> float:
    return float(sum(colour["PixelPercent"] for colour in colours))


@pytest.fixture
def object_on_the_left(monkeypatch: pytest.MonkeyPatch) -> None:
    cup = FoundObject("cup", LEFT_HALF, 90, 0.6)
    monkeypatch.setattr(image_properties, "find_objects", lambda _: [cup])
    monkeypatch.setattr(labels, "find_objects", lambda _: [cup])


def test_one_colour(rekognition: "RekognitionClient") -> None:
    found = properties(rekognition, png(halves((255, 0, 0), (255, 0, 0))))
    assert found["DominantColors"] == [
        {
            **{"Red": 255, "Green": 0, "Blue": 0, "HexCode": "#ff0000"},
            **{"CSSColor": "red", "SimplifiedColor": "red", "PixelPercent": 100},
        }
    ]
    assert found["Quality"]["Contrast"] == pytest.approx(0, abs=0.001)
    assert found.keys().isdisjoint({"Foreground", "Background"})


def test_only_properties_runs_no_network_but_that_of_the_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for step in ("face_analyzer", "glance_text", "read_scenes"):
        monkeypatch.setattr(labels, step, None)
    assert told(decode(png(halves((9, 9, 9), (200, 200, 200)))))["DominantColors"]


def test_two_colours_and_a_stripe() -> None:
    pixels = halves((0, 0, 128), (255, 255, 255))
    pixels[:, -30:] = (255, 165, 0)
    colours = told(decode(png(pixels)))["DominantColors"]
    assert [(each["CSSColor"], each["SimplifiedColor"]) for each in colours] == [
        *(("navy", "blue"), ("white", "white"), ("orange", "orange"))
    ]
    percents = [each["PixelPercent"] for each in colours]
    assert percents == pytest.approx([50, 40, 10], abs=1)
    assert sum(percents) == pytest.approx(100)


@pytest.mark.parametrize("side", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("stripes", [True, False])
def test_a_pattern_has_its_colours_in_equal_parts(stripes: bool, side: int) -> None:
    rows, columns = np.indices((1000, 1400)) // side
    odd = (columns + (0 if stripes else rows)) % 2
    pixels = np.repeat((odd * 255).astype(np.uint8)[..., None], 3, axis=2)
    colours = told(decode(png(pixels)))["DominantColors"]
    assert {each["CSSColor"]: round(each["PixelPercent"]) for each in colours} == pytest.approx(
        {"black": 50, "white": 50}, abs=1
    )


@pytest.mark.usefixtures("object_on_the_left")
def test_every_pixel_counts_once_where_there_are_few() -> None:
    pixels = np.zeros((150, 200, 3), np.uint8)
    pixels[7, 3] = pixels[149, 199] = (255, 0, 0)
    found = told(decode(png(pixels)))
    share = {each["CSSColor"]: each["PixelPercent"] for each in found["DominantColors"]}
    assert share["red"] == pytest.approx(100 * 2 / 30_000)
    share = {
        each["CSSColor"]: each["PixelPercent"] for each in found["Foreground"]["DominantColors"]
    }
    assert share["red"] == pytest.approx(100 / 15_000)


@pytest.mark.parametrize("most", [0, 1, 3, 20])
def test_no_more_colours_than_asked_for(cat: bytes, most: int) -> None:
    found = told(decode(cat), MaxDominantColors=most)
    for colours in (found, found["Foreground"], found["Background"]):
        assert len(colours["DominantColors"]) <= most
        assert total(colours["DominantColors"]) == pytest.approx(100 if most else 0)


def test_a_photo(rekognition: "RekognitionClient", cat: bytes) -> None:
    found = properties(rekognition, cat)
    assert 2 <= len(found["DominantColors"]) <= 10
    percents = [each["PixelPercent"] for each in found["DominantColors"]]
    assert percents == sorted(percents, reverse=True)
    assert found["Quality"].keys() == {"Brightness", "Sharpness", "Contrast"}
    assert all(0 < value < 100 for value in found["Quality"].values())
    for part in ("Foreground", "Background"):
        assert found[part]["Quality"].keys() == {"Brightness", "Sharpness"}
    assert found["Foreground"]["Quality"]["Sharpness"] > found["Background"]["Quality"]["Sharpness"]
    assert properties(rekognition, cat) == found


def test_instances_have_their_own_colours(rekognition: "RekognitionClient", cat: bytes) -> None:
    answer = rekognition.detect_labels(
        Image={"Bytes": cat},
        Features=["GENERAL_LABELS", "IMAGE_PROPERTIES"],
        Settings={
            "GeneralLabels": {"LabelInclusionFilters": ["Cat"]},
            "ImageProperties": {"MaxDominantColors": 4},
        },
    )
    (label,) = answer["Labels"]
    (instance,) = label["Instances"]
    assert 2 <= len(instance["DominantColors"]) <= 4
    assert total(instance["DominantColors"]) == pytest.approx(100)  # type: ignore[arg-type]


@pytest.mark.usefixtures("object_on_the_left")
def test_an_object_is_in_front_of_the_rest() -> None:
    found = told(decode(png(halves((255, 0, 0), (0, 128, 0)))))
    assert [each["CSSColor"] for each in found["Foreground"]["DominantColors"]] == ["red"]
    assert [each["CSSColor"] for each in found["Background"]["DominantColors"]] == ["green"]
    assert found["Foreground"]["Quality"]["Brightness"] == pytest.approx(29.9, abs=0.1)
    assert found["Background"]["Quality"]["Brightness"] == pytest.approx(29.5, abs=0.1)


def test_an_object_that_fills_the_photo_has_no_background(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = FoundObject("cup", BoundingBox(0, 0, 1, 1), 90, 0.6)
    monkeypatch.setattr(image_properties, "find_objects", lambda _: [whole])
    found = told(decode(png(halves((255, 0, 0), (0, 128, 0)))))
    assert "Foreground" in found
    assert "Background" not in found


@pytest.mark.parametrize(
    ("left", "right", "brightness", "contrast"),
    [(0, 0, 0, 0), (255, 255, 100, 0), (0, 255, 50, 100), (51, 51, 20, 0)],
)
def test_brightness_and_contrast(left: int, right: int, brightness: float, contrast: float) -> None:
    quality = told(decode(png(halves((left,) * 3, (right,) * 3))))["Quality"]
    assert quality["Brightness"] == pytest.approx(brightness, abs=0.01)
    assert quality["Contrast"] == pytest.approx(contrast, abs=0.01)


def test_a_blurred_photo_is_less_sharp(cat: bytes) -> None:
    image = Image.open(BytesIO(cat))
    blurred = [image, *(image.filter(ImageFilter.GaussianBlur(radius)) for radius in (1, 2, 4))]
    sharpness = [told(decode(png(np.asarray(each))))["Quality"]["Sharpness"] for each in blurred]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[0] > 60
    assert sharpness[-1] < 25


def test_bounds(rekognition: "RekognitionClient") -> None:
    with pytest.raises(rekognition.exceptions.ClientError) as caught:
        properties(rekognition, png(halves((0, 0, 0), (9, 9, 9))), MaxDominantColors=21)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
