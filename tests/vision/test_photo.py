"""What a file turns into, and which error each broken file gets."""

import random
import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sightline.domain.photos import Limits, open_photo
from sightline.errors import (
    ImageTooLargeException,
    InvalidImageFormatException,
    InvalidParameterException,
    ServiceError,
)
from sightline.vision import photo as photo_module
from sightline.vision.photo import PNG_SIGNATURE, WORKING_SIDE, decode

SIZE = (160, 120)
TURNS = {  # what a camera does to the upright photo before it writes this orientation
    1: [],
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    """Four areas of different colour, so that no turn of it looks like another."""
    image = Image.new("RGB", SIZE, (200, 40, 40))
    image.paste((40, 200, 40), (80, 0, 160, 60))
    image.paste((40, 40, 200), (0, 60, 80, 120))
    image.paste((230, 230, 230), (20, 10, 50, 30))
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    data = BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def difference(found: NDArray[np.uint8], expected: Image.Image) -> float:
    return float(np.abs(found.astype(float) - np.asarray(expected.convert("RGB"))).mean())


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "LA", "I;16"])
def test_png_of_every_mode(scene: Image.Image, mode: str) -> None:
    expected = scene
    if mode == "I;16":
        grey = np.asarray(scene.convert("L"), np.uint16) * 257
        image, expected = Image.fromarray(grey), scene.convert("L")
    else:
        image = scene.convert(mode)
        expected = image.convert("RGB")
    found = decode(encoded(image, "PNG"))
    assert found.pixels.shape == (120, 160, 3)
    assert found.pixels.dtype == np.uint8
    assert difference(found.pixels, expected) < 1


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    values = np.linspace(0, 65535, 100 * 100).reshape(100, 100).astype(np.uint16)
    found = decode(encoded(Image.fromarray(values), "PNG")).pixels
    assert np.abs(found[..., 0].astype(int) - (values >> 8)).max() <= 1


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpeg_of_every_mode(scene: Image.Image, mode: str) -> None:
    image = scene.convert(mode)
    found = decode(encoded(image, "JPEG", quality=95))
    assert difference(found.pixels, image) < 4


def test_transparent_parts_become_white() -> None:
    image = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 50, 100))
    pixels = decode(encoded(image, "PNG")).pixels
    assert pixels[50, 75].tolist() == [255, 255, 255]
    assert pixels[50, 25].tolist() == [0, 0, 255]


def test_transparent_palette_becomes_white() -> None:
    image = Image.new("P", (100, 100), 1)
    image.putpalette([0, 0, 0, 0, 0, 255])
    image.paste(0, (50, 0, 100, 100))
    pixels = decode(encoded(image, "PNG", transparency=0)).pixels
    assert pixels[50, 75].tolist() == [255, 255, 255]
    assert pixels[50, 25].tolist() == [0, 0, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(scene: Image.Image, orientation: int) -> None:
    turned = scene
    for turn in TURNS[orientation]:
        turned = turned.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = decode(encoded(turned, "JPEG", quality=95, exif=exif))
    assert (found.width, found.height) == SIZE
    assert difference(found.pixels, scene) < 4


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0\xff" * 9]
)
def test_broken_exif_is_no_reason_to_refuse(scene: Image.Image, exif: bytes) -> None:
    assert difference(decode(encoded(scene, "JPEG", quality=95, exif=exif)).pixels, scene) < 4


def test_large_jpeg_keeps_its_size_in_ratios() -> None:
    image = Image.linear_gradient("L").resize((4000, 3000)).convert("RGB")
    found = decode(encoded(image, "JPEG"))
    assert (found.width, found.height) == (4000, 3000)
    assert WORKING_SIDE <= found.pixels.shape[1] < 4000
    assert found.pixels.shape[1] / found.pixels.shape[0] == pytest.approx(4 / 3, abs=0.01)


def test_progressive_and_large_png() -> None:
    image = Image.linear_gradient("L").resize((3300, 100)).convert("RGB")
    assert decode(encoded(image, "JPEG", progressive=True)).width == 3300
    assert decode(encoded(image, "PNG")).pixels.shape == (50, 1650, 3)


def png(width: int, height: int) -> bytes:
    """A small PNG that declares any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return PNG_SIGNATURE + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(20000, 20000), (2**31 - 1, 2**31 - 1), (100, 2_000_000)])
def test_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(ImageTooLargeException, match="too large"):
        decode(png(*size))


@pytest.mark.parametrize("size", [(79, 200), (200, 79), (1, 1)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_small_photo_is_refused_with_its_size(size: tuple[int, int], kind: str) -> None:
    with pytest.raises(InvalidParameterException, match=f"{size[0]} x {size[1]} pixels"):
        open_photo({"Bytes": encoded(Image.new("RGB", size), kind)})


def test_smallest_photo_is_taken() -> None:
    photo = open_photo({"Bytes": encoded(Image.new("RGB", (80, 80)), "PNG")})
    assert photo.pixels.shape == (80, 80, 3)


def test_an_operation_has_limits_of_its_own() -> None:
    image = {"Bytes": encoded(Image.new("RGB", (64, 200)), "PNG")}
    assert open_photo(image, Limits(least_side=64, most_side=200)).width == 64
    with pytest.raises(ImageTooLargeException):
        open_photo(image, Limits(least_side=64, most_side=199))
    with pytest.raises(ImageTooLargeException):
        open_photo(image, Limits(least_side=64, most_bytes=len(image["Bytes"]) - 1))


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        (Limits(most_side=4096), ImageTooLargeException),
        (Limits(most_bytes=100), ImageTooLargeException),
        (Limits(least_side=6000), InvalidParameterException),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_an_operation_does_not_take_is_not_decoded(
    limits: Limits, error: type[ServiceError], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_WEBP", "1")
    monkeypatch.delattr(photo_module, "_rgb")
    image = {"Bytes": encoded(Image.new("RGB", (5000, 90)), kind)}
    with pytest.raises(error):
        open_photo(image, limits)


def test_a_refused_size_is_told_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with pytest.raises(InvalidParameterException, match="70 x 200 pixels"):
        open_photo({"Bytes": encoded(Image.new("RGB", (200, 70)), "JPEG", exif=exif)})


def test_a_step_looks_at_a_photo_once(scene: Image.Image) -> None:
    photo, seen = decode(encoded(scene, "PNG")), iter(["at first", "again"])
    assert photo.once("step", lambda: next(seen)) == "at first"
    assert photo.once("step", lambda: next(seen)) == "at first"
    assert photo.once("another step", lambda: next(seen)) == "again"


@pytest.mark.parametrize("orientation", TURNS)
def test_webp_is_taken_where_the_settings_take_it(
    scene: Image.Image, orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_WEBP", "1")
    turned = scene
    for turn in TURNS[orientation]:
        turned = turned.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = decode(encoded(turned, "WEBP", lossless=True, exif=exif))
    assert (found.width, found.height) == SIZE
    assert difference(found.pixels, scene) == 0


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_large_webp_is_refused_by_its_header(
    lossless: bool, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_WEBP", "1")
    monkeypatch.setattr(photo_module, "MAX_WEBP_PIXELS", 160 * 120 - 1)
    monkeypatch.delattr(photo_module, "WebPImageFile")
    data = encoded(Image.new(mode, SIZE), "WEBP", lossless=lossless)
    with pytest.raises(ImageTooLargeException):
        decode(data)


def test_broken_webp_is_refused(scene: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_WEBP", "1")
    data = encoded(scene, "WEBP")
    for length in range(12, len(data), 7):
        with pytest.raises(InvalidImageFormatException):
            decode(data[:length])


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "BMP", "PPM", "ICO"])
def test_other_formats_are_refused(scene: Image.Image, kind: str) -> None:
    with pytest.raises(InvalidImageFormatException):
        decode(encoded(scene, kind))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", PNG_SIGNATURE, b"hello", bytes(1000)])
def test_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidImageFormatException, match="invalid image format"):
        decode(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_file_is_refused(astronaut: bytes, kind: str, share: float) -> None:
    data = encoded(Image.open(BytesIO(astronaut)), kind)
    with pytest.raises(InvalidImageFormatException):
        decode(data[: int(len(data) * share)])


def test_png_with_text_bomb_is_answered(scene: Image.Image) -> None:
    data = encoded(scene, "PNG")
    body = b"note\0\0" + zlib.compress(bytes(80_000_000))
    text = struct.pack(">I", len(body)) + b"zTXt" + body
    text += struct.pack(">I", zlib.crc32(b"zTXt" + body))
    assert difference(decode(data[:33] + text + data[33:]).pixels, scene) == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_damage_never_gets_past_the_services_own_errors(scene: Image.Image, kind: str) -> None:
    """1,000 files with bytes changed, cut out or put in: a photo or a modelled error."""
    data = encoded(scene, kind)
    dice = random.Random(7)  # noqa: S311
    refused = 0
    for _ in range(1000):
        damaged = bytearray(data)
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(3, len(damaged))
            match dice.randrange(3):
                case 0:
                    damaged[at] = dice.randrange(256)
                case 1:
                    del damaged[at : at + dice.randint(1, 40)]
                case 2:
                    damaged[at:at] = dice.randbytes(dice.randint(1, 20))
        try:
            assert decode(bytes(damaged)).pixels.ndim == 3
        except ServiceError:
            refused += 1
    assert 0 < refused < 1000
