"""Uploaded photos in S3 and the results beside them.

A results object says in its metadata which event it comes from, and is written and deleted only
as it was read (S3's conditional requests); so a worker that was held up never puts an older
result over a newer one, whatever it looked at before. An object without a mark of ours is a
user's: it is analysed as any other, and neither overwritten nor deleted.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import ClientError

from sightline.errors import (
    ImageTooLargeException,
    InvalidS3ObjectException,
    ProvisionedThroughputExceededException,
)
from sightline.store import aws, marks, table
from sightline.store.images import LIMIT

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef, PutObjectRequestTypeDef

MARK = "sightline-order"  # metadata of results; see `sightline.store.marks`
LONGEST_KEY = 1024  # bytes, S3's limit
UNWRITTEN = "The results cannot be written"
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
    order: str | None  # None where it is no result


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
        if found["ContentLength"] > LIMIT:
            raise ImageTooLargeException
        data = body.read()
        return Upload(
            data=data,
            etag=found["ETag"].strip('"'),
            version=_version(found.get("VersionId")),
            is_result=marks.is_of(found["Metadata"].get(MARK), bucket, key, data),
        )


def write_result(bucket: str, key: str, order: str, document: bytes) -> bool:
    """Writes results, unless those of a later event are there; whether it did.

    Raises:
        InvalidS3ObjectException: no permission, a key that is too long, or an object of somebody
            else's.
        ProvisionedThroughputExceededException: too many write at the same time.
    """
    if len(key.encode()) > LONGEST_KEY:
        raise InvalidS3ObjectException(f"{UNWRITTEN}: their key is too long for S3.")
    client, mark = aws.s3(), marks.mark(bucket, key, order, document)
    for _ in table.attempts():
        held = _held(bucket, key)
        if held is not None:
            if held.order is None:
                raise InvalidS3ObjectException(f"{UNWRITTEN}: another object is at their place.")
            if held.order > order:
                return False
        result: PutObjectRequestTypeDef = {
            "Bucket": bucket,
            "Key": key,
            "Body": document,
            "ContentType": "application/json",
            "Metadata": {MARK: mark},
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
            _refuse(error, f"{UNWRITTEN}: {_code(error)}.")
        return True
    raise ProvisionedThroughputExceededException


def remove_result(bucket: str, key: str, order: str) -> None:
    """Deletes results, unless there are none, or a later event's, or an object of somebody else's.

    Raises:
        InvalidS3ObjectException: no permission.
        ProvisionedThroughputExceededException: too many write at the same time.
    """
    for _ in table.attempts():
        held = _held(bucket, key)
        if held is None or held.order is None or held.order > order:
            return
        try:
            aws.s3().delete_object(Bucket=bucket, Key=key, IfMatch=held.etag)
        except ClientError as error:
            if _code(error) in GONE | CHANGED:
                continue
            _refuse(error, f"The results cannot be removed: {_code(error)}.")
        return
    raise ProvisionedThroughputExceededException


def _held(bucket: str, key: str) -> _Held | None:
    """What is there; nothing can be where the key is too long."""
    if len(key.encode()) > LONGEST_KEY:
        return None
    try:
        found = aws.s3().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if _code(error) in GONE:
            return None
        _refuse(error, f"The results' place cannot be seen: {_code(error)}.")
    return _Held(found["ETag"], marks.order_of(found["Metadata"].get(MARK), bucket, key))


def _refuse(error: ClientError, words: str | None = None) -> NoReturn:
    """What trying again will not mend becomes the service's own error."""
    if error.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 401, 403}:
        raise InvalidS3ObjectException(words) from error
    raise error


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def _version(found: str | None) -> str | None:
    return None if found == "null" else found
