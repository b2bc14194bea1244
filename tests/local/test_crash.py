"""kill -9 at moments that nobody chose: what the last snapshot held is there, and is consistent."""

import random
import signal
import subprocess
import sys
from pathlib import Path

from moto import mock_aws

from local import dynamodb
from local.snapshots.keeper import Keeper
from tests.local import crashing
from tests.local.process import ROOT, environment

KILLS = 4


def test_a_killed_server_loses_only_what_came_after_the_snapshot(tmp_path: Path) -> None:
    moments = random.Random(7)  # noqa: S311 - which moment it is matters to nobody
    for _ in range(KILLS):
        told = _killed_after(tmp_path / "kept", moments.randint(1, 9))
        dynamodb.install()
        with mock_aws(), Keeper(tmp_path / "kept"):
            crashing.create()
            reached, client = crashing.count(), crashing.client("dynamodb")
            pages = client.get_paginator("scan").paginate(TableName=crashing.TABLE)
            numbers = {int(item["Id"]["N"]) for page in pages for item in page["Items"]}
            assert reached >= told
            assert numbers - {0} == set(range(1, reached + 1))
            _bodies_fit(reached)
            client.close()


def _killed_after(path: Path, snapshots: int) -> int:
    """Let a child take some snapshots and kill it inside the next; the count it told last."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.local.crashing", str(path)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(snapshots)]
        child.send_signal(signal.SIGKILL)
        return told[-1]


def _bodies_fit(reached: int) -> None:
    """Objects are written after the count they hold: none is ahead, none far behind."""
    s3 = crashing.client("s3")
    for entry in s3.list_objects_v2(Bucket=crashing.BUCKET).get("Contents", []):
        body = s3.get_object(Bucket=crashing.BUCKET, Key=entry["Key"])["Body"].read()
        assert reached - 8 <= int(body) <= reached
    s3.close()
