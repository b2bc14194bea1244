"""The AWS CLI, unmodified: what the README tells a newcomer to type."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.local.process import PATIENCE, REGION, Server, environment

AWS = Path(sys.executable).with_name("aws")


def _aws(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(AWS), "--endpoint-url", server.endpoint, "--region", REGION, *arguments],
        env=environment(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _answer(server: Server, *arguments: str) -> Any:
    done = _aws(server, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def uploaded(server: Server, astronaut: Path) -> str:
    """The `--image` argument of a photo in S3, which the CLI itself put there."""
    assert _aws(server, "s3", "mb", "s3://cli").returncode == 0
    assert _aws(server, "s3", "cp", str(astronaut), "s3://cli/astronaut.jpg").returncode == 0
    return json.dumps({"S3Object": {"Bucket": "cli", "Name": "astronaut.jpg"}})


def test_detect_faces_of_a_photo_in_s3(server: Server, uploaded: str) -> None:
    (face,) = _answer(
        server, "rekognition", "detect-faces", "--image", uploaded, "--attributes", "ALL"
    )["FaceDetails"]
    assert face["Smile"]["Value"] is True
    assert {"BoundingBox", "AgeRange", "Emotions", "Pose", "Quality", "Landmarks"} <= face.keys()


def test_detect_faces_of_a_photo_in_a_file(server: Server, astronaut: Path) -> None:
    answer = _answer(server, "rekognition", "detect-faces", "--image-bytes", f"fileb://{astronaut}")
    assert len(answer["FaceDetails"]) == 1


def test_a_collection(server: Server, uploaded: str) -> None:
    collection = ("--collection-id", "cli")
    _answer(server, "rekognition", "create-collection", *collection)
    indexed = _answer(server, "rekognition", "index-faces", *collection, "--image", uploaded)
    found = _answer(
        server, "rekognition", "search-faces-by-image", *collection, "--image", uploaded
    )
    face = indexed["FaceRecords"][0]["Face"]["FaceId"]
    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [face]
    assert "cli" in _answer(server, "rekognition", "list-collections")["CollectionIds"]


def test_an_error_is_the_services(server: Server) -> None:
    done = _aws(server, "rekognition", "describe-collection", "--collection-id", "none")
    assert done.returncode in {254, 255}
    assert "ResourceNotFoundException" in done.stderr
    assert "The collection id: none does not exist" in done.stderr


def test_an_operation_that_is_not_built_says_so(server: Server) -> None:
    done = _aws(server, "rekognition", "list-stream-processors")
    assert done.returncode in {254, 255}
    assert "ListStreamProcessors is not built yet" in done.stderr
