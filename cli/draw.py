"""`sightline draw PHOTO`: ask the service what is in a photo and draw what it says."""

from collections.abc import Mapping
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.connection import LOCAL, EndpointUrl, Region, connect
from cli.report import Failure, one_line_errors, out

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from PIL import Image

    from cli.marks import Found

BYTES_LIMIT = 5 * 2**20  # of an image inside a request
SIDES = (4096, 2880, 2048, 1440)  # pixels of the longer side to try for a photo over that
SMALLEST = 80  # pixels of the shorter side that the service takes
AROUND = 0.5  # of a face's width and height, on each side of it, when it is looked up by itself


class What(StrEnum):
    """What to look for: each is another operation of the service."""

    faces = "faces"
    labels = "labels"
    text = "text"
    moderation = "moderation"
    equipment = "equipment"
    celebrities = "celebrities"


def draw(
    photo: Annotated[Path, typer.Argument(help="A photo of any size that Pillow can read.")],
    what: Annotated[What, typer.Option("--what", "-w", help="What to look for.")] = What.faces,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write; default: PHOTO-WHAT.png beside it."),
    ] = None,
    collection: Annotated[
        str | None, typer.Option(help="Collection to look faces up in, for their names.")
    ] = None,
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
) -> None:
    """Draw what the service finds in a photo: faces, labels, text, protective equipment."""
    import boto3  # noqa: PLC0415 - `--help` need not wait for these
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from cli.marks import SUBJECTS  # noqa: PLC0415
    from cli.picture import annotate  # noqa: PLC0415

    with one_line_errors(BotoCoreError, ClientError, OSError, ValueError):
        upright = _open(photo)
        connect(endpoint_url, region)
        client = boto3.client("rekognition")
        image = {"Bytes": _within_limit(photo, upright)}
        if what is What.faces:
            found = _faces(client, image, upright, collection)
        else:
            found = SUBJECTS[what](client, image)
        target = output or photo.with_name(f"{photo.stem}-{what}.png")
        annotate(upright, found.marks).save(target)
    out.print(
        f"{_counted(len(found.lines), what)} in {photo.name}, drawn in {target}",
        markup=False,
        soft_wrap=True,
    )
    for line in found.lines:
        out.print(f"  {line}", markup=False, soft_wrap=True)


def _counted(number: int, what: What) -> str:
    if what is What.faces and number == 1:
        return "1 face"
    return f"{number} {what}"


def _faces(
    client: "RekognitionClient", image: Any, photo: "Image.Image", collection: str | None
) -> "Found":
    from cli.marks import Found, face_mark  # noqa: PLC0415

    faces: list[Any] = client.detect_faces(Image=image, Attributes=["ALL"])["FaceDetails"]
    marks = [face_mark(face, _name(client, photo, face, collection)) for face in faces]
    labels = [mark.label for mark in marks if mark.label is not None]
    return Found(marks, [f"{label.title}  {label.detail}".rstrip() for label in labels])


def _open(path: Path) -> "Image.Image":
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415

    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except UnidentifiedImageError:
        raise Failure(f"{path} is not a photo that can be read.") from None
    except Image.DecompressionBombError:
        raise Failure(f"{path} has too many pixels.") from None
    except FileNotFoundError:
        raise Failure(f"There is no file {path}.") from None


def _within_limit(path: Path, upright: "Image.Image") -> bytes:
    """The file itself where the service takes it, else the photo made smaller.

    Boxes are ratios, so they fit the large photo as well.
    """
    data = path.read_bytes()
    if len(data) <= BYTES_LIMIT and data.startswith((b"\xff\xd8\xff", b"\x89PNG")):
        return data
    for side in SIDES:
        smaller = upright.copy()
        smaller.thumbnail((side, side))
        data = _jpeg(smaller)
        if len(data) <= BYTES_LIMIT:
            break
    return data


def _jpeg(image: "Image.Image") -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def _name(
    client: "RekognitionClient",
    photo: "Image.Image",
    face: Mapping[str, Any],
    collection: str | None,
) -> str | None:
    """The user that a face belongs to, else the external id of the face most like it."""
    if collection is None:
        return None
    crop = _jpeg(_crop(photo, face["BoundingBox"]))
    try:
        users = client.search_users_by_image(
            CollectionId=collection, Image={"Bytes": crop}, MaxUsers=1
        )["UserMatches"]
        if users:
            return users[0]["User"]["UserId"]
        matches = client.search_faces_by_image(
            CollectionId=collection, Image={"Bytes": crop}, MaxFaces=1
        )["FaceMatches"]
    except client.exceptions.InvalidParameterException:
        return None  # alone, the face was not found again
    if not matches:
        return None
    match = matches[0]["Face"]
    return match.get("ExternalImageId") or match["FaceId"]


def _crop(photo: "Image.Image", box: Mapping[str, float]) -> "Image.Image":
    """The face with some of what is around it, no smaller than the service takes."""
    wide, high = box["Width"], box["Height"]
    crop = photo.crop(
        (
            round(max(box["Left"] - AROUND * wide, 0) * photo.width),
            round(max(box["Top"] - AROUND * high, 0) * photo.height),
            round(min(box["Left"] + (1 + AROUND) * wide, 1) * photo.width),
            round(min(box["Top"] + (1 + AROUND) * high, 1) * photo.height),
        )
    )
    grow = SMALLEST / min(crop.size)
    if grow > 1:
        crop = crop.resize((round(crop.width * grow) + 1, round(crop.height * grow) + 1))
    return crop
