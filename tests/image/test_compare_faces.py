"""CompareFaces through an unmodified client, on real photos."""

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageEnhance

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


def pasted(*photos: bytes, height: int = 400) -> bytes:
    """Photos side by side, as a PNG."""
    images = [Image.open(io.BytesIO(photo)).convert("RGB") for photo in photos]
    scaled = [image.resize((image.width * height // image.height, height)) for image in images]
    page = Image.new("RGB", (sum(image.width for image in scaled), height))
    left = 0
    for image in scaled:
        page.paste(image, (left, 0))
        left += image.width
    return encoded(page)


def encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def another_shot(photo: bytes) -> bytes:
    """The same person, mirrored, darker and smaller."""
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return encoded(ImageEnhance.Brightness(mirrored.resize((300, 300))).enhance(0.7))


def test_the_same_person_matches_and_another_does_not(
    rekognition: "RekognitionClient", astronaut: bytes, admiral: bytes
) -> None:
    both = pasted(admiral, astronaut)
    answer = rekognition.compare_faces(
        SourceImage={"Bytes": another_shot(astronaut)}, TargetImage={"Bytes": both}
    )
    (match,), (other,) = answer["FaceMatches"], answer["UnmatchedFaces"]
    assert match["Similarity"] > 95
    assert match["Face"]["BoundingBox"]["Left"] > other["BoundingBox"]["Left"]
    assert {mark["Type"] for mark in match["Face"]["Landmarks"]} == {
        "eyeLeft",
        "eyeRight",
        "mouthLeft",
        "mouthRight",
        "nose",
    }
    assert match["Face"].keys() == other.keys()
    assert answer["SourceImageFace"].keys() == {"BoundingBox", "Confidence"}
    assert "SourceImageOrientationCorrection" not in answer


def test_threshold_zero_matches_everyone_most_similar_first(
    rekognition: "RekognitionClient", astronaut: bytes, admiral: bytes
) -> None:
    answer = rekognition.compare_faces(
        SourceImage={"Bytes": astronaut},
        TargetImage={"Bytes": pasted(admiral, astronaut, another_shot(astronaut))},
        SimilarityThreshold=0,
    )
    scores = [match["Similarity"] for match in answer["FaceMatches"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert answer["UnmatchedFaces"] == []


def test_the_largest_face_of_the_source_is_compared(
    rekognition: "RekognitionClient", astronaut: bytes, admiral: bytes
) -> None:
    page = Image.open(io.BytesIO(pasted(admiral, height=600)))
    wide = Image.new("RGB", (page.width + 200, page.height))
    wide.paste(page, (0, 0))
    wide.paste(Image.open(io.BytesIO(astronaut)).convert("RGB").resize((200, 200)), (page.width, 0))
    answer = rekognition.compare_faces(
        SourceImage={"Bytes": encoded(wide)}, TargetImage={"Bytes": admiral}
    )
    assert len(answer["FaceMatches"]) == 1


@pytest.mark.parametrize("empty", ["SourceImage", "TargetImage"])
def test_an_image_without_a_face_is_refused(
    rekognition: "RekognitionClient", astronaut: bytes, cat: bytes, empty: str
) -> None:
    images = {"SourceImage": {"Bytes": astronaut}, "TargetImage": {"Bytes": astronaut}}
    images[empty] = {"Bytes": cat}
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="no faces"):
        rekognition.compare_faces(**images)  # type: ignore[arg-type]


def test_a_face_below_the_quality_bar_is_not_compared(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    small = Image.new("RGB", (400, 400), "white")
    small.paste(Image.open(io.BytesIO(astronaut)).convert("RGB").resize((160, 160)), (100, 100))
    images = {"SourceImage": {"Bytes": astronaut}, "TargetImage": {"Bytes": encoded(small)}}
    assert rekognition.compare_faces(**images)["FaceMatches"]  # type: ignore[arg-type]
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="QualityFilter"):
        rekognition.compare_faces(QualityFilter="HIGH", **images)  # type: ignore[arg-type]
