"""The AWS SDK for JavaScript v3 in Node: the same service, another client's habits."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.local.process import PATIENCE, ROOT, Server, environment

SCRIPT = Path(__file__).with_name("javascript.mjs")


@pytest.fixture(scope="module")
def got(server: Server, astronaut: Path, node: str) -> Any:
    """What the script printed."""
    if not (ROOT / "node_modules" / "@aws-sdk").is_dir():
        pytest.skip("needs the packages of package-lock.json: `make setup`")
    done = subprocess.run(
        [node, str(SCRIPT), server.endpoint, str(astronaut)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_objects_arrive_from_memory_and_from_a_stream(got: Any) -> None:
    assert got["buffer.jpg"] is True
    assert got["stream.jpg"] is True


def test_a_face_is_detected_and_compared(got: Any) -> None:
    (face,) = got["faces"]
    assert face["Gender"]["Value"] == "Female"
    assert len(face["Landmarks"]) == 30
    assert got["similarity"] > 99


def test_a_collection_from_beginning_to_end(got: Any) -> None:
    assert got["created"] == 200
    assert [face["FaceId"] for face in got["found"]] == [got["indexed"]]
    assert got["found"][0]["ExternalImageId"] == "eileen"
    assert got["listed"] == [got["indexed"]]
    assert got["made"] is True


def test_errors_are_the_models_classes(got: Any) -> None:
    assert got["gone"] == {
        "name": "ResourceNotFoundException",
        "known": True,
        "message": "The collection id: javascript does not exist",
        "status": 400,
    }
    assert got["bad"]["name"] == "InvalidImageFormatException"
    assert got["bad"]["known"] is True
