"""An `Image` of a request becomes a decoded photo, for the operations that look at it."""

from dataclasses import dataclass
from typing import Any

from sightline.domain.images import photo_bytes
from sightline.errors import ImageTooLargeException, InvalidParameterException
from sightline.vision.photo import Photo, decode


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operation takes, as its documentation says; None where it names no limit.

    Attributes:
        least_side: of width and height, in pixels.
        most_side: of width and height, in pixels.
        most_bytes: of an image sent in the request.
    """

    least_side: int = 80
    most_side: int | None = None
    most_bytes: int | None = None


ANY = Limits()


def open_photo(image: dict[str, Any], limits: Limits = ANY) -> Photo:
    """Reads and decodes an image, once; what the operation does not take is not decoded.

    Raises:
        InvalidParameterException: neither or both of Bytes and S3Object, or too few pixels.
        InvalidS3ObjectException: the object is not there or may not be read.
        ImageTooLargeException: too many bytes or pixels.
        InvalidImageFormatException: not a JPEG or PNG, or a broken one.
    """
    data, sent = photo_bytes(image), sent_bytes(image)
    return decode(data, lambda width, height: _check(width, height, limits, sent))


def sent_bytes(image: dict[str, Any]) -> int:
    """How many bytes of an image came with the request; none of one in S3."""
    return len(image.get("Bytes") or b"")


def fitting(photo: Photo, limits: Limits = ANY, sent: int = 0) -> Photo:
    """The photo, if the operation takes its size.

    Args:
        sent: bytes of it that came with the request.

    Raises:
        InvalidParameterException: too few pixels on a side.
        ImageTooLargeException: too many, or too many bytes.
    """
    _check(photo.width, photo.height, limits, sent)
    return photo


def _check(width: int, height: int, limits: Limits, sent: int) -> None:
    if min(width, height) < limits.least_side:
        raise InvalidParameterException(
            f"Request has invalid parameters: the image is {width} x {height} pixels, "
            f"each side must have at least {limits.least_side}"
        )
    if limits.most_side is not None and max(width, height) > limits.most_side:
        raise ImageTooLargeException
    if limits.most_bytes is not None and sent > limits.most_bytes:
        raise ImageTooLargeException
