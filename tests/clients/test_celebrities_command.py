"""`sightline celebrities` against a running stack."""

import json
import shutil
from pathlib import Path

import matplotlib
import pytest
from botocore.exceptions import ClientError
from PIL import Image, ImageOps

from tests.local.process import Server, run

GRACE = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"


def test_people_are_imported_listed_recognised_and_removed(
    server: Server, astronaut: Path, tmp_path: Path
) -> None:
    def celebrities(*arguments: str) -> str:
        at = ("--endpoint-url", server.endpoint)
        done = run("celebrities", *arguments, *at, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def recognised(photo: Path) -> list[str]:
        answer = rekognition.recognize_celebrities(Image={"Bytes": photo.read_bytes()})
        return [each["Name"] for each in answer["CelebrityFaces"]]

    rekognition = server.client("rekognition")
    folder = tmp_path / "people" / "Eileen_Collins"
    folder.mkdir(parents=True)
    shutil.copy(astronaut, folder / "a.jpg")
    (folder / "person.json").write_text(json.dumps({"gender": "Female"}))
    (folder / "empty.png").write_bytes(b"")
    shutil.copy(GRACE, tmp_path / "grace.jpg")
    (tmp_path / "more.csv").write_text(
        "name,photos,urls,gender\nGrace Hopper,grace.jpg,https://a.example/grace;b.example,Female\n"
    )

    first = celebrities("import", "people")
    assert "Eileen Collins: 1 added, 0 there already, 1 skipped" in first
    assert "empty.png" in first
    assert "Grace Hopper: 1 added" in celebrities("import", "more.csv")
    listed = celebrities("list")
    row = next(line for line in listed.splitlines() if "Grace Hopper" in line)
    assert row.split()[1:] == ["Grace", "Hopper", "Female", "1", "a.example/grace", "b.example"]

    mirrored = tmp_path / "mirrored.png"
    with Image.open(astronaut) as image:
        ImageOps.mirror(image).save(mirrored)
    assert recognised(mirrored) == ["Eileen Collins"]
    assert recognised(GRACE) == ["Grace Hopper"]
    eileen = next(line for line in listed.splitlines() if "Eileen" in line).split()[0]
    assert rekognition.get_celebrity_info(Id=eileen)["KnownGender"] == {"Type": "Female"}

    assert "Eileen Collins" in celebrities("remove", "Eileen Collins")
    assert recognised(mirrored) == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        rekognition.get_celebrity_info(Id=eileen)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("remove", "Nobody"), "There is no celebrity with the name or id Nobody"),
        (("import", "bad.csv"), "gender is one of"),
    ],
)
def test_what_goes_wrong_is_one_line(
    server: Server, tmp_path: Path, arguments: tuple[str, ...], error: str
) -> None:
    (tmp_path / "bad.csv").write_text("name,photos,urls,gender\nA,a.jpg,,female\n")
    at = ("--endpoint-url", server.endpoint)
    done = run("celebrities", *arguments, *at, folder=tmp_path)
    assert done.returncode == 1
    assert error in done.stderr
    assert len(done.stderr.splitlines()) == 1
