"""What jobs over manifests read and write in S3: callers' manifests, our own notes, the output.

What S3 will still refuse at the next try becomes `Unusable`, with the code that the job fails with;
everything else is raised as it is, for the queue to deliver the message again.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import ClientError, ParamValidationError

from sightline.errors import InvalidManifestException
from sightline.settings import settings
from sightline.store import aws, job_objects, objects
from sightline.store.media_jobs import Manifest

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

FOLDER = "media"  # beside those of video jobs, for the same lifecycle rule
LIMIT = 50 * 2**20  # bytes of a manifest; the service's limit
CHUNK = 2**20  # bytes; a line may be as long as the manifest, and each chunk copies what is pending
DENIED = frozenset({"401", "403", "AccessDenied", "AccessDeniedException", "AllAccessDisabled"})
THERE = frozenset({"412", "PreconditionFailed"})
# S3's names for what is wrong with a key of KMS begin with this.
KMS = "KMS."
THROTTLED = frozenset({"KMS.ThrottlingException", "RequestTimeout", "SlowDown"})


@dataclass(frozen=True, slots=True)
class Output:
    """Where a job writes to, and the KMS key that encrypts it; None leaves that to the bucket."""

    bucket: str
    kms_key: str | None


class Unusable(Exception):
    """What a job was given cannot be used, now or later.

    `code` is one of the service's `MediaAnalysisJobFailureCode`.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


def look(bucket: str, key: str, version: str | None) -> Manifest:
    """A manifest as it is now.

    Raises:
        InvalidS3ObjectException: no such bucket, key or version, or no permission.
        InvalidManifestException: it is empty, or over 50 MB.
    """
    found = objects.head(bucket, key, version)
    size = found["ContentLength"]
    if not 0 < size <= LIMIT:
        raise InvalidManifestException(
            f"The manifest is over {LIMIT} bytes." if size else "The manifest is empty."
        )
    named = found.get("VersionId")
    return Manifest(bucket, key, found["ETag"], None if named == "null" else named)


def lines(manifest: Manifest) -> Iterator[bytes]:
    """The lines of a manifest, just as it was when its job was started.

    Raises:
        Unusable: it is gone, was overwritten or may not be read any more.
    """
    where: GetObjectRequestTypeDef = {"Bucket": manifest.bucket, "Key": manifest.key}
    if manifest.version is None:
        where["IfMatch"] = manifest.etag
    else:
        where["VersionId"] = manifest.version
    try:
        found = aws.s3().get_object(**where)
    except ClientError as error:
        if _code(error) in DENIED:
            raise Unusable("ACCESS_DENIED", "The manifest may not be read.") from error
        if _is_passing(error):
            raise
        words = "The manifest is gone, or was overwritten, since the job was started."
        raise Unusable("INVALID_S3_OBJECT", words) from error
    with closing(found["Body"]) as body:
        yield from body.iter_lines(CHUNK)


def keep(name: str, content: bytes) -> None:
    """Writes an object of a job of ours, such as `<job id>/lines/00003`, if it is not there yet.

    Whoever comes second changes nothing: what was read of it before stays true.
    """
    bucket = settings().bucket
    try:
        aws.s3().put_object(Bucket=bucket, Key=_own(name), Body=content, IfNoneMatch="*")
    except ClientError as error:
        if _code(error) not in THERE:
            raise


def kept(name: str) -> bytes:
    """An object of a job of ours."""
    found = aws.s3().get_object(Bucket=settings().bucket, Key=_own(name))
    with found["Body"] as body:
        return body.read()


def drop(job_id: str) -> None:
    """Deletes all objects of a job of ours."""
    job_objects.drop(f"{FOLDER}/{job_id}")


def try_output(output: Output, key: str) -> None:
    """Finds out whether an object could be written there, and leaves nothing behind.

    Raises:
        Unusable: it could not.
    """
    client = aws.s3()
    with _explained():
        begun = client.create_multipart_upload(Bucket=output.bucket, Key=key, **_encryption(output))
        upload = begun["UploadId"]
        client.abort_multipart_upload(Bucket=output.bucket, Key=key, UploadId=upload)


def write_output(output: Output, key: str, content: IO[bytes], kind: str) -> dict[str, str]:
    """Writes all of a file as an object, with one call; where it is, as an `S3Object`.

    Args:
        kind: its content type.

    Raises:
        Unusable: it cannot be written.
    """
    content.seek(0)
    with _explained():
        written = aws.s3().put_object(
            Bucket=output.bucket, Key=key, Body=content, ContentType=kind, **_encryption(output)
        )
    place = {"Bucket": output.bucket, "Name": key}
    version = written.get("VersionId", "null")
    return place if version == "null" else {**place, "Version": version}


def _encryption(output: Output) -> dict[str, Any]:
    if output.kms_key is None:
        return {}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": output.kms_key}


@contextmanager
def _explained() -> Iterator[None]:
    """Turns what S3 says of an output into the failure of a job."""
    try:
        yield
    except ParamValidationError as error:
        raise Unusable("INVALID_OUTPUT_CONFIG", "No bucket can have that name.") from error
    except ClientError as error:
        if _is_passing(error):
            raise
        _refuse(error)


def _refuse(error: ClientError) -> NoReturn:
    code = _code(error)
    if code.startswith(KMS) or code == "InvalidArgument":  # such as a key of another region
        raise Unusable("INVALID_KMS_KEY", f"The KMS key cannot be used: {code}.") from error
    if code in DENIED:
        words = "The output bucket may not be written to, or the KMS key may not be used."
        raise Unusable("ACCESS_DENIED", words) from error
    words = f"The output cannot be written: {code}."
    raise Unusable("INVALID_OUTPUT_CONFIG", words) from error


def _is_passing(error: ClientError) -> bool:
    """Whether another try may end otherwise."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status >= 500 or _code(error) in THROTTLED


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def _own(name: str) -> str:
    return f"{job_objects.PREFIX}{FOLDER}/{name}"
