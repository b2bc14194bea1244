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


def test_ordinary_input_is_imported_and_listed(server: Server, tmp_path: Path) -> None:
    """A spreadsheet's byte order mark, names with brackets, a photo that is not there."""

    def celebrities(*arguments: str) -> str:
        at = ("--endpoint-url", server.endpoint)
        done = run("celebrities", *arguments, *at, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    shutil.copy(GRACE, tmp_path / "grace.jpg")
    rows = (
        "name,photos,urls,gender",
        "[/x],grace.jpg,a.org/[/y],Female",
        "[bold]Eve,none.jpg,,",
        "Ada,,,",
    )
    (tmp_path / "sheet.csv").write_text("\n".join(rows), encoding="utf-8-sig")

    imported = celebrities("import", "sheet.csv")
    assert "[/x]: 1 added" in imported
    assert "skipped none.jpg: No such file or directory" in imported
    assert "Ada: 0 added" in imported
    listed = [line.split()[1:] for line in celebrities("list").splitlines()]
    assert ["[/x]", "Female", "1", "a.org/[/y]"] in listed
    assert ["[bold]Eve", "Unlisted", "0"] in listed
    for name in ("[/x]", "[bold]Eve", "Ada"):
        celebrities("remove", name)


@pytest.mark.parametrize(
    ("about", "error"),
    [
        ('{"urls": "www.a.org/x"}', "urls is a list"),
        ('{"urls": [5]}', "urls is a list"),
        ('{"name": 5}', "name is a text"),
        ('{"name": " "}', "name is a text"),
        ("[]", "is not an object"),
        ("{bad", "is not JSON"),
        ("[" * 100_000, "is nested too deep"),
    ],
)
def test_what_is_told_wrongly_of_one_person_keeps_everybody_out(
    server: Server, tmp_path: Path, about: str, error: str
) -> None:
    for name in ("Ada", "Eve"):
        (tmp_path / "people" / name).mkdir(parents=True)
    (tmp_path / "people" / "Eve" / "person.json").write_text(about)
    at = ("--endpoint-url", server.endpoint)
    done = run("celebrities", "import", "people", *at, folder=tmp_path)
    assert done.returncode == 1
    assert error in done.stderr
    assert "people/Eve" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Ada" not in run("celebrities", "list", *at, folder=tmp_path).stdout


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
