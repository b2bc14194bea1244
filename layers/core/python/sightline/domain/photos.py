"""An `Image` of a request becomes a decoded photo, for the operations that look at it."""

from typing import Any

from sightline.domain.images import photo_bytes
from sightline.vision.photo import Photo, decode


def open_photo(image: dict[str, Any]) -> Photo:
    """Reads and decodes an image, once.

    Raises:
        InvalidParameterException: neither or both of Bytes and S3Object, or too few pixels.
        InvalidS3ObjectException: the object is not there or may not be read.
        ImageTooLargeException: too many bytes or pixels.
        InvalidImageFormatException: not a JPEG or PNG, or a broken one.
    """
    return decode(photo_bytes(image))
