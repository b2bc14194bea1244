"""Analyze: several operations on one image, each with the answer that it gives alone."""

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import boto3
import numpy as np
import pytest
from botocore.exceptions import ClientError
from PIL import Image

from sightline.domain import access
from sightline.domain.analysis import DETECTORS
from sightline.vision import photo as photos

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ClientOf = Callable[..., Any]

OPERATIONS: dict[str, dict[str, Any]] = {
    "DetectFaces": {"Attributes": ["ALL"]},
    "DetectLabels": {"MinConfidence": 60, "Features": ["GENERAL_LABELS", "IMAGE_PROPERTIES"]},
    "DetectModerationLabels": {"MinConfidence": 0},
    "DetectProtectiveEquipment": {
        "SummarizationAttributes": {"MinConfidence": 80, "RequiredEquipmentTypes": ["FACE_COVER"]}
    },
    "DetectText": {},
    "RecognizeCelebrities": {},
}


@pytest.fixture
def client(client_of: ClientOf, extended: boto3.Session) -> Any:
    return client_of(session=extended)


def test_each_operation_answers_as_it_does_alone(client: Any, admiral: bytes) -> None:
    together = client.analyze(Image={"Bytes": admiral}, Operations=OPERATIONS)
    assert "Errors" not in together
    for name, parameters in OPERATIONS.items():
        method = client.meta.method_to_api_mapping
        (alone,) = [python for python, operation in method.items() if operation == name]
        answer = getattr(client, alone)(Image={"Bytes": admiral}, **parameters)
        del answer["ResponseMetadata"]
        assert together[name] == answer, name


def test_the_image_is_read_and_decoded_once(
    client: Any, s3: "S3Client", astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put_object(Bucket="photos", Key="a", Body=astronaut)
    decoded: list[int] = []
    decode_png = photos._decode_png

    def counted(data: bytes, check: photos.Check | None) -> photos.Photo:
        decoded.append(len(data))
        return decode_png(data, check)

    monkeypatch.setattr(photos, "_decode_png", counted)
    image = {"S3Object": {"Bucket": "photos", "Name": "a"}}
    found = client.analyze(Image=image, Operations={"DetectFaces": {}, "DetectText": {}})
    assert len(found["DetectFaces"]["FaceDetails"]) == 1
    assert decoded == [len(astronaut)]


def test_an_operation_that_refuses_does_not_keep_the_others_from_answering(
    client: Any, astronaut: bytes
) -> None:
    refused = {"DetectLabels": {"Features": ["IMAGE_PROPERTIES"], "MaxLabels": 3}}
    found = client.analyze(Image={"Bytes": astronaut}, Operations={"DetectFaces": {}, **refused})
    assert len(found["DetectFaces"]["FaceDetails"]) == 1
    (error,) = found["Errors"]
    assert (error["Operation"], error["Code"]) == ("DetectLabels", "InvalidParameterException")
    assert "DetectLabels" not in found


def test_each_operation_keeps_its_own_limits(client: Any) -> None:
    def refused(image: Image.Image) -> dict[str, str]:
        file = BytesIO()
        image.save(file, "PNG")
        operations: dict[str, Any] = {"DetectFaces": {}, "DetectProtectiveEquipment": {}}
        found = client.analyze(Image={"Bytes": file.getvalue()}, Operations=operations)
        return {error["Operation"]: error["Code"] for error in found["Errors"]}

    small = Image.new("RGB", (70, 70))
    assert refused(small) == {"DetectFaces": "InvalidParameterException"}
    noise = np.random.default_rng(7).integers(0, 256, (1250, 1250, 3), np.uint8)  # 4.7 MB
    assert refused(Image.fromarray(noise)) == {
        "DetectProtectiveEquipment": "ImageTooLargeException"
    }


def test_parameters_are_checked_by_each_operations_own_model(client: Any, cat: bytes) -> None:
    wrong = {"DetectText": {"Filters": {"WordFilter": {"MinConfidence": 101}}}}
    with pytest.raises(ClientError, match=r"operations\.detectText\.filters\.wordFilter"):
        client.analyze(Image={"Bytes": cat}, Operations=wrong)


def test_a_key_must_allow_each_operation(
    client_of: ClientOf, extended: boto3.Session, cat: bytes
) -> None:
    key = access.create(("Analyze", "DetectFaces"))
    client = client_of(key.id, key.secret, session=extended)
    assert client.analyze(Image={"Bytes": cat}, Operations={"DetectFaces": {}})["DetectFaces"]
    with pytest.raises(ClientError, match="rekognition:DetectText"):
        client.analyze(Image={"Bytes": cat}, Operations={"DetectFaces": {}, "DetectText": {}})


def test_no_operation_and_no_image(client: Any, cat: bytes) -> None:
    assert client.analyze(Image={"Bytes": cat}, Operations={}).keys() == {"ResponseMetadata"}
    with pytest.raises(ClientError, match="InvalidImageFormatException"):
        client.analyze(Image={"Bytes": b"no image"}, Operations={"DetectFaces": {}})


def test_all_operations_of_the_extension_are_run_by_the_domain(client: Any) -> None:
    taken = client.meta.service_model.operation_model("Analyze").input_shape
    assert set(taken.members["Operations"].members) == set(DETECTORS) == set(OPERATIONS)
