"""Metrics that a function writes where Lambda runs it: one line per call, one per model."""

import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sightline-detect-faces")


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" in line]


def test_a_call_is_counted_with_its_latency_and_its_models(
    rekognition: "RekognitionClient",
    astronaut: bytes,
    deployed: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rekognition.detect_faces(Image={"Bytes": astronaut})
    call, *models = metrics(capsys)
    (told,) = call["_aws"]["CloudWatchMetrics"]
    assert told["Namespace"] == "Sightline"
    assert told["Dimensions"] == [["function", "service"]]
    assert (call["function"], call["Calls"], call["Refused"], call["Failed"]) == (
        "DetectFaces",
        [1],
        [0],
        [0],
    )
    assert call["Latency"][0] > sum(each["ModelTime"][0] for each in models) > 0
    assert {"face_detector", "face_mesh"} <= {each["model"] for each in models}
    assert {each["function"] for each in models} == {"DetectFaces"}


def test_refusals_and_failures_are_told_apart(
    rekognition: "RekognitionClient",
    deployed: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ClientError, match="InvalidImageFormat"):
        rekognition.detect_faces(Image={"Bytes": b"no image"})
    monkeypatch.setattr("sightline.wire.operation.render", None)
    with pytest.raises(ClientError, match="InternalServerError"):
        rekognition.list_collections()
    found = [(each["function"], each["Refused"], each["Failed"]) for each in metrics(capsys)]
    assert found == [("DetectFaces", [1], [0]), ("ListCollections", [0], [1])]


def test_only_the_first_call_of_a_process_is_cold(
    rekognition: "RekognitionClient",
    deployed: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sightline.metrics._calls", count())
    rekognition.list_collections()
    rekognition.list_collections()
    assert [each["ColdStarts"] for each in metrics(capsys)] == [[1], [0]]


def test_elsewhere_nothing_is_written(
    rekognition: "RekognitionClient", astronaut: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    rekognition.detect_faces(Image={"Bytes": astronaut})
    assert metrics(capsys) == []
