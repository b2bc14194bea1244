"""Uploaded photos in S3 and the results beside them.

A results object says in its metadata which event it comes from, and is written and deleted only
as it was read (S3's conditional requests); so a worker that was held up never puts an older
result over a newer one, whatever it looked at before.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import ClientError

from sightline.errors import (
    ImageTooLargeException,
    InvalidS3ObjectException,
    ProvisionedThroughputExceededException,
)
from sightline.store import aws, table
from sightline.store.images import LIMIT

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef, PutObjectRequestTypeDef

ORDER = "sightline-order"  # metadata of results, by which they are known
GONE = {"404", "405", "NoSuchKey", "NoSuchVersion", "NoSuchBucket", "MethodNotAllowed"}
CHANGED = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}


@dataclass(frozen=True, slots=True)
class Upload:
    """An object as it was read; `version` is None in a bucket without versions."""

    data: bytes
    etag: str
    version: str | None
    is_result: bool


@dataclass(frozen=True, slots=True)
class _Held:
    etag: str
    order: str


def fetch(bucket: str, key: str, version: str | None = None, etag: str = "") -> Upload | None:
    """An object: that version of it, or if it still has that ETag; None where it is gone.

    Where S3 may not be listed it hides what is gone behind 403, so the worker needs
    `s3:ListBucket` beside `s3:GetObject`.

    Raises:
        ImageTooLargeException: over 15 MB.
        InvalidS3ObjectException: no permission.
    """
    where: GetObjectRequestTypeDef = {"Bucket": bucket, "Key": key}
    if version is not None:
        where["VersionId"] = version
    elif etag:
        where["IfMatch"] = f'"{etag}"'
    try:
        found = aws.s3().get_object(**where)
    except ClientError as error:
        if _code(error) in GONE | CHANGED:
            return None
        _refuse(error)
    with found["Body"] as body:
        is_result = ORDER in found["Metadata"]
        if found["ContentLength"] > LIMIT and not is_result:
            raise ImageTooLargeException
        return Upload(
            data=b"" if is_result else body.read(),
            etag=found["ETag"].strip('"'),
            version=_version(found.get("VersionId")),
            is_result=is_result,
        )


def write_result(bucket: str, key: str, order: str, document: bytes) -> bool:
    """Writes results, unless those of a later event are there; whether it did.

    Raises:
        InvalidS3ObjectException: no permission.
        ProvisionedThroughputExceededException: too many write at the same time.
    """
    client = aws.s3()
    for _ in table.attempts():
        held = _held(bucket, key)
        if held is not None and held.order > order:
            return False
        result: PutObjectRequestTypeDef = {
            "Bucket": bucket,
            "Key": key,
            "Body": document,
            "ContentType": "application/json",
            "Metadata": {ORDER: order},
        }
        if held is None:
            result["IfNoneMatch"] = "*"
        else:
            result["IfMatch"] = held.etag
        try:
            client.put_object(**result)
        except ClientError as error:
            if _code(error) in GONE - {"NoSuchBucket"} | CHANGED:
                continue
            _refuse(error)
        return True
    raise ProvisionedThroughputExceededException


def remove_result(bucket: str, key: str, order: str) -> None:
    """Deletes results, unless there are none or they are those of a later event.

    Raises:
        InvalidS3ObjectException: no permission.
        ProvisionedThroughputExceededException: too many write at the same time.
    """
    for _ in table.attempts():
        held = _held(bucket, key)
        if held is None or not held.order or held.order > order:
            return
        try:
            aws.s3().delete_object(Bucket=bucket, Key=key, IfMatch=held.etag)
        except ClientError as error:
            if _code(error) in GONE | CHANGED:
                continue
            _refuse(error)
        return
    raise ProvisionedThroughputExceededException


def _held(bucket: str, key: str) -> _Held | None:
    """The results that are there; an object that is no result has no order."""
    try:
        found = aws.s3().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if _code(error) in GONE:
            return None
        _refuse(error)
    return _Held(found["ETag"], found["Metadata"].get(ORDER, ""))


def _refuse(error: ClientError) -> NoReturn:
    """What trying again will not mend becomes the service's own error."""
    if error.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 401, 403}:
        raise InvalidS3ObjectException from error
    raise error


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def _version(found: str | None) -> str | None:
    return None if found == "null" else found
