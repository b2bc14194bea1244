"""`sightline collections` against a running stack."""

import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.collections import _written
from tests.local.process import COMMAND, PATIENCE, Server, environment, run


class House:
    """A stack with a collection `crew` of one photo in S3, and the command in a folder."""

    def __init__(self, server: Server, folder: Path, photo: Path) -> None:
        self.client = server.client("rekognition")
        self._endpoint, self.folder = server.endpoint, folder
        s3 = server.client("s3")
        s3.create_bucket(Bucket="hangar")
        s3.upload_file(str(photo), "hangar", "astronaut.jpg")
        self.client.create_collection(CollectionId="crew", Tags={"team": "red"})
        (record,) = self.client.index_faces(
            CollectionId="crew",
            Image={"S3Object": {"Bucket": "hangar", "Name": "astronaut.jpg"}},
            ExternalImageId="portrait",
        )["FaceRecords"]
        self.face_id: str = record["Face"]["FaceId"]
        self.client.create_user(CollectionId="crew", UserId="eileen")
        self.client.associate_faces(
            CollectionId="crew", UserId="eileen", FaceIds=[self.face_id], UserMatchThreshold=0
        )

    def command(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        at = ("--endpoint-url", self._endpoint)
        done = run("collections", *arguments, *at, folder=self.folder)
        assert done.returncode == code, done.stderr
        return done

    def piped(self, sent: str, *arguments: str) -> str:
        """The command with that on its standard input; its standard output."""
        done = subprocess.run(
            [*COMMAND, "collections", *arguments, "--endpoint-url", self._endpoint],
            cwd=self.folder,
            env=environment(),
            input=sent,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        return done.stdout

    def answers(self, collection_id: str) -> Any:
        named = {"CollectionId": collection_id}
        return (
            self.client.list_faces(**named)["Faces"],
            self.client.list_users(**named)["Users"],
            self.client.search_users(**named, FaceId=self.face_id)["UserMatches"],
        )


@pytest.fixture(scope="module")
def house(server: Server, astronaut: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(server, tmp_path_factory.mktemp("house"), astronaut)


def test_a_collection_moves_through_a_file(house: House) -> None:
    house.command("export", "crew", "crew.jsonl")
    file = house.folder / "crew.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = house.command("import", "crew.jsonl", "--as", "moved").stdout
    assert "moved has 1 faces and 1 users" in told
    assert house.answers("moved") == house.answers("crew")
    rows = [line.split() for line in house.command("list").stdout.splitlines()]
    assert ["moved", "1", "1", "7.0"] in rows


def test_a_collection_moves_through_a_pipe(house: House) -> None:
    exported = house.command("export", "crew", "-")
    assert "1 faces and 1 users are exported" in exported.stderr
    house.piped(exported.stdout, "import", "-", "--as", "piped")
    assert house.answers("piped") == house.answers("crew")


def test_a_collection_is_embedded_anew(house: House) -> None:
    (house.folder / "none.txt").write_text("s3://hangar/lost.jpg\n")
    told = house.command("reembed", "crew", "anew", "--images", "none.txt", code=1).stdout
    assert "skipped s3://hangar/lost.jpg: Unable to get object metadata" in told
    assert f"{house.face_id} is of an image not looked at" in told
    (house.folder / "all.txt").write_text("\ns3://hangar/astronaut.jpg\r\n")
    house.command("reembed", "crew", "anew", "--images", "all.txt")
    assert house.answers("anew") == house.answers("crew")


def test_an_export_that_fails_leaves_the_file_of_before(tmp_path: Path) -> None:
    file = tmp_path / "crew.jsonl"
    file.write_text("of before")

    def export() -> None:
        with _written(file) as stream:
            stream.write(b"half of it")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export()
    assert [path.name for path in tmp_path.iterdir()] == ["crew.jsonl"]
    assert file.read_text() == "of before"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("import", "cut.jsonl"), "Line 1: it is cut short"),
        (("reembed", "crew", "x", "--images", "bad.txt"), "bad.txt, line 2: not s3://BUCKET/KEY"),
        (("reembed", "crew", "crew", "--images", "good.txt"), "another id"),
    ],
)
def test_what_goes_wrong_is_one_line(house: House, arguments: tuple[str, ...], error: str) -> None:
    (house.folder / "cut.jsonl").write_text('{"Collection":')
    (house.folder / "bad.txt").write_text("s3://hangar/a.jpg\nhangar/b.jpg\n")
    (house.folder / "good.txt").write_text("s3://hangar/a.jpg\n")
    done = house.command(*arguments, code=1)
    assert error in done.stderr
    assert len(done.stderr.splitlines()) == 1
