"""The smoke test's round through the edge function and API Gateway's event into real handlers."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from cli import smoke
from sightline.domain import access
from tests.infra.cloud import Cloud, serving

PHOTO = Path(__file__).resolve().parents[2] / "docs" / "astronaut.png"


def test_a_round_through_the_edge_with_the_keys_own_rights(account: None) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node on PATH")
    key = access.create(smoke.OPERATIONS)
    with closing(Cloud(node)) as cloud, serving(cloud) as endpoint:
        with closing(smoke._client(endpoint, key)) as client:
            steps = [*smoke._round(client, {"Bytes": PHOTO.read_bytes()})]
        asked = [each["headers"]["x-amz-target"]["value"] for each in cloud.viewed]
    assert [operation for operation, _ in steps] == [*smoke.OPERATIONS]
    assert {each.rpartition(".")[2] for each in asked} == {*smoke.OPERATIONS}
