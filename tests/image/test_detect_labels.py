"""DetectLabels through an unmodified client: real photos, and requests that are refused."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import skimage
from botocore.exceptions import ClientError
from PIL import Image

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

UTKFACE = Path(__file__).resolve().parents[3] / "shared" / "data" / "utkface" / "images"


def picture(size: tuple[int, int] = (100, 100)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "gray").save(file, "PNG")
    return file.getvalue()


def sample(name: str) -> bytes:
    return (Path(skimage.__file__).parent / "data" / name).read_bytes()


def detect(
    rekognition: "RekognitionClient", photo: bytes, **parameters: Any
) -> dict[str, dict[str, Any]]:
    """The labels by name, in the answer's order."""
    answer = rekognition.detect_labels(Image={"Bytes": photo}, **parameters)
    return {label["Name"]: label for label in answer["Labels"]}  # type: ignore[misc]


def refused(
    rekognition: "RekognitionClient", photo: bytes | None = None, **parameters: Any
) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        detect(rekognition, photo or picture(), **parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_cat(rekognition: "RekognitionClient", cat: bytes) -> None:
    answer = rekognition.detect_labels(Image={"Bytes": cat})
    assert answer["LabelModelVersion"] == "3.0"
    assert answer.keys().isdisjoint({"OrientationCorrection", "ImageProperties"})
    seen = {label["Name"]: label for label in answer["Labels"]}
    (instance,) = seen["Cat"]["Instances"]
    box = instance["BoundingBox"]
    assert box["Width"] * box["Height"] > 0.4  # it fills most of the photo
    assert 55 <= instance["Confidence"] < seen["Cat"]["Confidence"]
    assert [each["Name"] for each in seen["Cat"]["Parents"]] == ["Animal", "Mammal", "Pet"]
    assert seen["Cat"]["Categories"] == [{"Name": "Animals and Pets"}]
    assert seen["Cat"]["Aliases"] == []
    assert "Person" not in seen


def test_a_woman_who_smiles(rekognition: "RekognitionClient", astronaut: bytes) -> None:
    seen = detect(rekognition, astronaut)
    assert {"Person", "Face", "Head", "Adult", "Woman", "Smile"} <= seen.keys()
    assert seen.keys().isdisjoint({"Man", "Child", "Girl", "Beard"})
    assert seen["Person"]["Aliases"] == [{"Name": "Human"}]
    assert seen["Woman"]["Instances"][0]["BoundingBox"] == pytest.approx(
        seen["Person"]["Instances"][0]["BoundingBox"]
    )
    whole, face_alone = (
        seen[name]["Instances"][0]["BoundingBox"]["Height"] for name in ("Person", "Face")
    )
    assert whole > 2 * face_alone


def test_a_cup_of_coffee(rekognition: "RekognitionClient") -> None:
    assert "Cup" in detect(rekognition, sample("coffee.png"))


def test_a_page_of_a_book(rekognition: "RekognitionClient") -> None:
    seen = detect(rekognition, sample("page.png"))
    assert "Text" in seen
    assert seen["Text"]["Instances"] == []


@pytest.mark.parametrize(
    "names", [[f"Label {n}" for n in range(101)], ["x" * 51]], ids=["too many", "too long"]
)
def test_filters_out_of_bounds(rekognition: "RekognitionClient", names: list[str]) -> None:
    settings = {"GeneralLabels": {"LabelInclusionFilters": names}}
    assert refused(rekognition, Settings=settings)[0] == "ValidationException"


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"MinConfidence": 55}, "MinConfidence"),
        ({"MaxLabels": 5}, "MaxLabels"),
        ({"Settings": {"GeneralLabels": {"LabelInclusionFilters": ["Car"]}}}, "GeneralLabels"),
    ],
)
def test_parameters_of_labels_without_labels(
    rekognition: "RekognitionClient", parameters: dict[str, Any], named: str
) -> None:
    name, message = refused(rekognition, Features=["IMAGE_PROPERTIES"], **parameters)
    assert name == "InvalidParameterException"
    assert named in message


@pytest.mark.parametrize("parameters", [{"MinConfidence": 101}, {"Features": ["COLOURS"]}])
def test_values_out_of_bounds(rekognition: "RekognitionClient", parameters: dict[str, Any]) -> None:
    assert refused(rekognition, **parameters)[0] == "ValidationException"


@pytest.mark.parametrize(
    ("size", "error"),
    [((79, 200), "InvalidParameterException"), ((80, 10_001), "ImageTooLargeException")],
)
def test_sizes_out_of_bounds(
    rekognition: "RekognitionClient", size: tuple[int, int], error: str
) -> None:
    assert refused(rekognition, photo=picture(size))[0] == error


def test_the_largest_size(rekognition: "RekognitionClient") -> None:
    assert "Person" not in detect(rekognition, picture((80, 10_000)))


@pytest.mark.parametrize(
    "name", ["48_0_1_20170111203317713.jpg.chip.jpg", "89_0_3_20170105180114246.jpg.chip.jpg"]
)
def test_a_head_cut_out_is_a_person_and_no_animal(
    rekognition: "RekognitionClient", name: str
) -> None:
    if not UTKFACE.is_dir():
        pytest.skip("no evaluation data beside the repository")
    found = rekognition.detect_labels(Image={"Bytes": (UTKFACE / name).read_bytes()})["Labels"]
    assert "Face" in {label["Name"] for label in found}
    assert "Animal" not in {label["Name"] for label in found}
