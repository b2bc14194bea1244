"""An `Image` of a request becomes bytes: those sent along, or an object in S3."""

from typing import Any

from sightline.errors import InvalidParameterException, InvalidS3ObjectException
from sightline.store import images


def photo_bytes(image: dict[str, Any]) -> bytes:
    """The bytes that an `Image` stands for: `Bytes` or `S3Object`, exactly one of them.

    Raises:
        InvalidParameterException: neither or both.
        InvalidS3ObjectException: the object is not there or may not be read.
        ImageTooLargeException: the object is over 15 MB.
    """
    content, place = image.get("Bytes"), image.get("S3Object")
    if (content is None) == (place is None):
        raise InvalidParameterException(
            "Requested image should either contain bytes or s3 object."
            if content is None
            else "Requested image should contain bytes or s3 object, not both."
        )
    if place is None:
        return bytes(content or b"")
    if not place.get("Bucket") or not place.get("Name"):
        raise InvalidS3ObjectException("Request has invalid S3 object.")
    return images.read(place["Bucket"], place["Name"], place.get("Version"))
