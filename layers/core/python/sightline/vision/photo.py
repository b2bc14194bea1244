"""A photo is decoded here, once, for every step that looks at it.

Only what the models can use is decoded, and nothing that a caller can put into a file gets past
this module as anything but one of the service's own errors.
"""

import struct
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from sightline.errors import ImageTooLargeException, InvalidImageFormatException, ServiceError
from sightline.settings import webp_is_taken

Seen = TypeVar("Seen")
Check = Callable[[int, int], None]  # of an upright photo's width and height

# 10,000 × 10,000: the largest photo that the service takes in the operations that name a limit.
MAX_PIXELS = 100_000_000
# WebP's decoder takes up to 19 bytes for a pixel, before a word of the file is read: 0.8 GB.
MAX_WEBP_PIXELS = 40_000_000
# A face of 40 px in a 1920 px photo (the smallest that the service promises) keeps 33 px here;
# the detector's largest input is smaller than this, so decoding more would only cost time.
WORKING_SIDE = 1600

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Everything else in a PNG (text, profiles, animation) is dropped unread: it cannot change a pixel
# that we use, and each is a way to make the decoder fail or swell.
PNG_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
JPEG_START_OF_SCAN = 0xDA
JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
# APP1-APP13, APP15 and comments: metadata. APP0 and APP14 say how the colours are coded.
JPEG_METADATA = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
EXIF_HEADER = b"Exif\x00\x00"
EXIF_ORIENTATION = 0x0112
# Exif's orientations are 1 to 8 (CIPA DC-008, 4.6.4).
UPRIGHT, ON_THE_SIDE = 1, frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo, upright.

    Attributes:
        pixels: (h, w, 3) RGB, 0-255; for large photos a whole fraction of the original's size.
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    _seen: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, step: Hashable, look: Callable[[], Seen]) -> Seen:
        """What `look` sees in this photo; it looks the first time that `step` is asked for.

        Operations on the same photo, and steps that build on the same step, share its result.
        """
        if step not in self._seen:
            self._seen[step] = look()
        return cast(Seen, self._seen[step])


def decode(data: bytes, check: Check | None = None) -> Photo:
    """The upright RGB photo in the bytes of a JPEG or PNG file; WebP where the settings take it.

    Args:
        data: the file.
        check: raises one of the service's errors for a size that is not taken; it is asked before
            anything is decoded.

    Raises:
        InvalidImageFormatException: none of these formats, or damaged.
        ImageTooLargeException: more than `MAX_PIXELS` declared, of a WebP `MAX_WEBP_PIXELS`; found
            before anything is decoded.
    """
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _decode_jpeg(data, check)
        if data.startswith(PNG_SIGNATURE):
            return _decode_png(data, check)
        if webp_is_taken() and data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _decode_webp(data, check)
    except ServiceError:
        raise
    except Exception as error:
        # Damaged files make the decoder raise nearly anything: OSError, SyntaxError, ValueError,
        # struct.error, zlib.error, MemoryError...
        raise InvalidImageFormatException from error
    raise InvalidImageFormatException


def reduced(photo: Photo, side: int) -> Photo:
    """The same photo in fewer pixels: the long side of its array is at most `side`."""
    height, width = photo.pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return photo
    image = Image.fromarray(photo.pixels).resize(
        (max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.BILINEAR
    )
    return Photo(np.asarray(image), photo.width, photo.height)


def _decode_jpeg(data: bytes, check: Check | None) -> Photo:
    metadata, picture = _split_jpeg(data)
    orientation = _orientation(metadata)
    image = JpegImageFile(BytesIO(picture))
    width, height = _checked(image.size, check, orientation)
    # libjpeg can leave out whole octaves of the transform, at a fraction of the time.
    scale = max(width, height) / WORKING_SIDE
    if scale > 1:
        image.draft(None, (int(image.width / scale), int(image.height / scale)))
    return Photo(_upright(_working_size(_rgb(image)), orientation), width, height)


def _decode_png(data: bytes, check: Check | None) -> Photo:
    image = PngImageFile(BytesIO(PNG_SIGNATURE + b"".join(_png_chunks(data))))
    width, height = _checked(image.size, check)
    return Photo(_working_size(_rgb(image)), width, height)


def _decode_webp(data: bytes, check: Check | None) -> Photo:
    size = _webp_size(data)
    if size[0] * size[1] > MAX_WEBP_PIXELS:
        raise ImageTooLargeException
    image = WebPImageFile(BytesIO(data))  # of an animation, the first picture
    if image.size != size:
        raise InvalidImageFormatException
    orientation = _orientation(image.info.get("exif", b"").removeprefix(EXIF_HEADER))
    width, height = _checked(size, check, orientation)
    return Photo(_upright(_working_size(_rgb(image)), orientation), width, height)


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height of the canvas, from the first chunk (RFC 9649, 2.5 to 2.7)."""
    match data[12:16]:
        case b"VP8X":
            width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    return width, height


def _checked(
    size: tuple[int, int], check: Check | None, orientation: int = UPRIGHT
) -> tuple[int, int]:
    """Width and height of the upright photo, if the service and the operation take it."""
    width, height = size[::-1] if orientation in ON_THE_SIDE else size
    if width * height > MAX_PIXELS:
        raise ImageTooLargeException
    if check is not None:
        check(width, height)
    return width, height


def _rgb(image: Image.Image) -> Image.Image:
    """Any mode that JPEG and PNG know, as RGB; transparent parts become white.

    White, because cut-out portraits are made for pages, and a dark rim would be read as hair.
    """
    if image.mode.startswith("I"):
        # 16-bit grey: Pillow would clip it at 255 instead of scaling it.
        values = np.asarray(image, dtype=np.int32) >> 8
        return Image.fromarray(values.astype(np.uint8)).convert("RGB")
    if image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info:
        cutout = image.convert("RGBA")
        page = Image.new("RGB", cutout.size, "white")
        page.paste(cutout, mask=cutout)
        return page
    return image.convert("RGB")


def _working_size(image: Image.Image) -> NDArray[np.uint8]:
    """(h, w, 3): the image, reduced by the largest whole factor that keeps `WORKING_SIDE`."""
    factor = max(image.size) // WORKING_SIDE
    if factor > 1:
        image = image.reduce(factor)
    return np.asarray(image)


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo a camera's turn."""
    if orientation in ON_THE_SIDE:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _split_jpeg(data: bytes) -> tuple[bytes, bytes]:
    """The first Exif block (or nothing), and the file without its metadata."""
    exif = b""
    kept = [data[:2]]
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == JPEG_START_OF_SCAN or marker in JPEG_STANDALONE or marker == 0xFF:
            break
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if marker not in JPEG_METADATA:
            kept.append(data[position:end])
        elif not exif and data.startswith(EXIF_HEADER, position + 4):
            exif = data[position + 4 + len(EXIF_HEADER) : end]
        position = end
    return exif, b"".join([*kept, data[position:]])


def _orientation(exif: bytes) -> int:
    """The orientation in an Exif block (a TIFF file), 1 where there is none or it is damaged."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(order + "HHIH", exif, entry)
            if tag == EXIF_ORIENTATION:
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _png_chunks(data: bytes) -> Iterator[bytes]:
    """The chunks that make the picture, as they are, up to the end mark.

    Raises:
        InvalidImageFormatException: the file stops before its end mark.
    """
    position = len(PNG_SIGNATURE)
    while position + 12 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        if end > len(data):
            break
        if kind in PNG_CHUNKS:
            yield data[position:end]
        if kind == b"IEND":
            return
        position = end
    raise InvalidImageFormatException
