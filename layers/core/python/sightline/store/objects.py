"""Callers' objects in S3: what all who look at one share, and the error that a caller gets."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, ParamValidationError

from sightline.errors import InvalidS3ObjectException
from sightline.store import aws

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef, HeadObjectRequestTypeDef


def head(bucket: str, key: str, version: str | None) -> "HeadObjectOutputTypeDef":
    """What S3 says of an object.

    Raises:
        InvalidS3ObjectException: no such bucket, key or version, or no permission.
    """
    where: HeadObjectRequestTypeDef = {"Bucket": bucket, "Key": key}
    if version is not None:
        where["VersionId"] = version
    with named_by_a_caller():
        return aws.s3().head_object(**where)


@contextmanager
def named_by_a_caller() -> Iterator[None]:
    """Turns what S3 says of an object that a caller named into the service's error; what another
    try may mend stays what it is.
    """
    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise
        raise InvalidS3ObjectException from error
    except ParamValidationError as error:  # a name that no bucket or key can have
        raise InvalidS3ObjectException from error
