"""Every way to hand over an image, and every way to get it wrong."""

import io
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from sightline.store import aws

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client


def code(rekognition: "RekognitionClient", image: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        rekognition.detect_faces(Image=image)  # type: ignore[arg-type]
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def encoded(kind: str, size: tuple[int, int] = (100, 100)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "gray").save(file, kind)
    return file.getvalue()


def test_neither_bytes_nor_object(rekognition: "RekognitionClient") -> None:
    assert code(rekognition, {}) == (
        "InvalidParameterException",
        "Requested image should either contain bytes or s3 object.",
    )


def test_both_bytes_and_object(rekognition: "RekognitionClient", astronaut: bytes) -> None:
    image = {"Bytes": astronaut, "S3Object": {"Bucket": "photos", "Name": "x"}}
    assert code(rekognition, image)[0] == "InvalidParameterException"


def test_an_object_in_s3(
    rekognition: "RekognitionClient", s3: "S3Client", astronaut: bytes
) -> None:
    s3.put_object(Bucket="photos", Key="sub folder/äöü +.png", Body=astronaut)
    place = {"Bucket": "photos", "Name": "sub folder/äöü +.png"}
    found = rekognition.detect_faces(Image={"S3Object": place})  # type: ignore[typeddict-item]
    assert (
        found["FaceDetails"] == rekognition.detect_faces(Image={"Bytes": astronaut})["FaceDetails"]
    )


def test_a_version_of_an_object(
    rekognition: "RekognitionClient", s3: "S3Client", astronaut: bytes, cat: bytes
) -> None:
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="photos", Key="a", Body=astronaut)["VersionId"]
    s3.put_object(Bucket="photos", Key="a", Body=cat)
    newest = rekognition.detect_faces(Image={"S3Object": {"Bucket": "photos", "Name": "a"}})
    older = rekognition.detect_faces(
        Image={"S3Object": {"Bucket": "photos", "Name": "a", "Version": first}}
    )
    assert (len(newest["FaceDetails"]), len(older["FaceDetails"])) == (0, 1)


@pytest.mark.parametrize(
    "place",
    [
        {"Bucket": "nowhere-at-all", "Name": "a"},
        {"Bucket": "photos", "Name": "missing"},
        {"Bucket": "photos", "Name": "there", "Version": "not-a-version"},
        {"Bucket": "---", "Name": "a"},
        {"Bucket": "photos"},
        {},
    ],
)
def test_an_object_that_cannot_be_read(
    rekognition: "RekognitionClient", s3: "S3Client", place: dict[str, str]
) -> None:
    s3.put_object(Bucket="photos", Key="there", Body=b"x")
    assert code(rekognition, {"S3Object": place})[0] == "InvalidS3ObjectException"


def test_no_permission_to_read_the_object(
    rekognition: "RekognitionClient", s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(**_: Any) -> None:
        response: Any = {
            "Error": {"Code": "AccessDenied"},
            "ResponseMetadata": {"HTTPStatusCode": 403},
        }
        raise ClientError(response, "GetObject")

    monkeypatch.setattr(aws.s3(), "get_object", forbidden)
    place = {"Bucket": "photos", "Name": "a"}
    assert code(rekognition, {"S3Object": place}) == (
        "InvalidS3ObjectException",
        "Unable to get object metadata from S3. "
        "Check object key, region and/or access permissions.",
    )


def test_an_object_over_15_megabytes(rekognition: "RekognitionClient", s3: "S3Client") -> None:
    s3.put_object(Bucket="photos", Key="big", Body=b"\0" * (15 * 1024 * 1024 + 1))
    place = {"Bucket": "photos", "Name": "big"}
    assert code(rekognition, {"S3Object": place}) == (
        "ImageTooLargeException",
        "Image size is too large",
    )


def test_bytes_over_5_megabytes(rekognition: "RekognitionClient") -> None:
    name, message = code(rekognition, {"Bytes": b"\xff\xd8" + b"\0" * 5_242_880})
    assert name == "ValidationException"
    assert len(message) < 200


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "BMP"])
def test_other_formats(rekognition: "RekognitionClient", kind: str) -> None:
    assert code(rekognition, {"Bytes": encoded(kind)}) == (
        "InvalidImageFormatException",
        "Request has invalid image format",
    )


@pytest.mark.parametrize("content", [b"no image", b"\xff\xd8\xff", encoded("PNG")[:40]])
def test_broken_images(rekognition: "RekognitionClient", content: bytes) -> None:
    assert code(rekognition, {"Bytes": content})[0] == "InvalidImageFormatException"


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_truncated_images(rekognition: "RekognitionClient", astronaut: bytes, kind: str) -> None:
    file = io.BytesIO()
    Image.open(io.BytesIO(astronaut)).convert("RGB").save(file, kind)
    half = file.getvalue()[: len(file.getvalue()) // 2]
    assert code(rekognition, {"Bytes": half})[0] == "InvalidImageFormatException"


def test_a_client_that_encodes_twice(rekognition: "RekognitionClient", astronaut: bytes) -> None:
    import base64

    assert code(rekognition, {"Bytes": base64.b64encode(astronaut)})[0] == (
        "InvalidImageFormatException"
    )


@pytest.mark.parametrize("size", [(79, 200), (200, 79)])
def test_too_few_pixels(rekognition: "RekognitionClient", size: tuple[int, int]) -> None:
    name, message = code(rekognition, {"Bytes": encoded("PNG", size)})
    assert name == "InvalidParameterException"
    assert "80" in message


def test_a_photo_without_faces(rekognition: "RekognitionClient", cat: bytes) -> None:
    assert rekognition.detect_faces(Image={"Bytes": cat})["FaceDetails"] == []
