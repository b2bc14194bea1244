"""Callers' images in S3: one guarded read."""

from typing import TYPE_CHECKING

from sightline.errors import ImageTooLargeException
from sightline.store import aws, objects

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

LIMIT = 15 * 1024 * 1024  # bytes; the service's limit for an image in S3


def read(bucket: str, key: str, version: str | None) -> bytes:
    """The bytes of an image.

    Raises:
        InvalidS3ObjectException: no such bucket, key or version, or no permission.
        ImageTooLargeException: over 15 MB.
    """
    where: GetObjectRequestTypeDef = {"Bucket": bucket, "Key": key}
    if version is not None:
        where["VersionId"] = version
    with objects.named_by_a_caller():
        found = aws.s3().get_object(**where)
        with found["Body"] as body:
            if found["ContentLength"] > LIMIT:
                raise ImageTooLargeException
            return body.read()
