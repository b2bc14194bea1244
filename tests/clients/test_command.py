"""The operator's command `sightline` against a running stack."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from PIL import Image, ImageChops

from tests.local.process import REGION, Server, run


def _photo(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.copy()


def test_help_tells_of_every_command(tmp_path: Path) -> None:
    done = run("--help", folder=tmp_path)
    assert done.returncode == 0
    for command in ("serve", "models", "keys", "draw"):
        assert command in done.stdout
    for command in ("serve", "models", "draw", "keys"):
        assert run(command, "--help", folder=tmp_path).returncode == 0


def _as(server: Server, key_id: str, secret: str) -> Any:
    return boto3.client(
        "rekognition",
        region_name=REGION,
        endpoint_url=server.endpoint,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
    )


def test_a_key_works_for_what_it_allows_until_it_is_disabled(
    server: Server, tmp_path: Path
) -> None:
    def keys(*arguments: str) -> str:
        done = run("keys", *arguments, "--endpoint-url", server.endpoint, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    lines = keys("create", "--allow", "List*", "--allow", "DetectFaces").splitlines()
    key_id, secret = (line.split()[-1] for line in lines[:2])
    client = _as(server, key_id, secret)
    assert "CollectionIds" in client.list_collections()
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.create_collection(CollectionId="x")
    row = next(line for line in keys("list").splitlines() if key_id in line)
    assert "List*, DetectFaces" in row
    assert "active" in row
    assert secret not in keys("list")
    assert f"{key_id} is disabled." in keys("disable", key_id)
    assert "disabled" in next(line for line in keys("list").splitlines() if key_id in line)
    client.close()


def test_a_key_disabled_before_its_first_use_never_works(server: Server, tmp_path: Path) -> None:
    at = ("--endpoint-url", server.endpoint)
    lines = run("keys", "create", *at, folder=tmp_path).stdout.splitlines()
    key_id, secret = (line.split()[-1] for line in lines[:2])
    run("keys", "disable", key_id, *at, folder=tmp_path)
    client = _as(server, key_id, secret)
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client.list_collections()
    client.close()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("keys", "disable", "nobody"), "The access key nobody does not exist"),
        (("keys", "create", "--allow", "detectfaces"), "names no operation of Rekognition"),
        (("draw", "nothing.jpg"), "There is no file nothing.jpg."),
        (("draw", "text.txt"), "text.txt is not a photo that can be read."),
        (("draw", "grey.png", "--collection", "none"), "The collection id: none does not exist"),
    ],
)
def test_errors_are_one_line(
    server: Server, tmp_path: Path, astronaut: Path, arguments: tuple[str, ...], error: str
) -> None:
    (tmp_path / "text.txt").write_text("no photo")
    _photo(astronaut).convert("L").save(tmp_path / "grey.png")
    done = run(*arguments, "--endpoint-url", server.endpoint, folder=tmp_path)
    assert done.returncode == 1
    assert error in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Error: ")


def test_no_stack_is_one_line(tmp_path: Path, astronaut: Path) -> None:
    done = run("draw", str(astronaut), "--endpoint-url", "http://127.0.0.1:9", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr == ('Error: Could not connect to the endpoint URL: "http://127.0.0.1:9/"\n')


def test_draw_writes_a_picture_beside_the_photo(
    server: Server, tmp_path: Path, astronaut: Path
) -> None:
    photo = tmp_path / "me.jpg"
    photo.write_bytes(astronaut.read_bytes())
    done = run("draw", "me.jpg", "--endpoint-url", server.endpoint, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 face in me.jpg, drawn in me-faces.png")
    drawn = _photo(tmp_path / "me-faces.png")
    assert drawn.size == (1024, 1024)  # a small photo is enlarged, for its captions
    plain = _photo(photo).resize(drawn.size, Image.Resampling.LANCZOS)
    left, top, right, bottom = ImageChops.difference(drawn, plain).getbbox() or (0, 0, 0, 0)
    assert 0 < right - left < drawn.width / 2
    assert 0 < bottom - top < drawn.height / 2


def test_draw_names_the_faces_of_a_photo_of_any_size(
    server: Server, tmp_path: Path, astronaut: Path
) -> None:
    rekognition = server.client("rekognition")
    rekognition.create_collection(CollectionId="drawn")
    rekognition.index_faces(
        CollectionId="drawn", Image={"Bytes": astronaut.read_bytes()}, ExternalImageId="eileen"
    )
    large = tmp_path / "large.tiff"  # neither a format nor a size that a request may carry
    _photo(astronaut).resize((2600, 2600)).save(large)
    assert large.stat().st_size > 15 * 2**20
    done = run(
        *("draw", "large.tiff", "-o", "out.png", "--collection", "drawn"),
        *("--endpoint-url", server.endpoint),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "eileen" in done.stdout
    assert _photo(tmp_path / "out.png").size == (2600, 2600)


@pytest.mark.parametrize(
    ("what", "first", "among"),
    [
        ("labels", " labels in me.jpg", "Person"),
        ("text", " text in me.jpg", ""),
        ("moderation", "0 moderation in me.jpg", ""),
        ("equipment", "1 equipment in me.jpg", "Person 0: face, head"),
        ("celebrities", "1 celebrities in me.jpg", "1 others"),
    ],
)
def test_draw_shows_what_any_operation_finds(
    server: Server, tmp_path: Path, astronaut: Path, what: str, first: str, among: str
) -> None:
    (tmp_path / "me.jpg").write_bytes(astronaut.read_bytes())
    done = run("draw", "me.jpg", "-w", what, "--endpoint-url", server.endpoint, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert first in done.stdout.splitlines()[0]
    assert among in done.stdout
    assert _photo(tmp_path / f"me-{what}.png").size == (1024, 1024)
