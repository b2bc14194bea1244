"""Callers' videos in S3, read where they are looked at and nowhere else.

A video may be far larger than a function's memory and disk, and most of it does not matter to most
pieces of a job.
"""

import io
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from sightline.errors import InvalidS3ObjectException, VideoTooLargeException
from sightline.store import aws, objects

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

UNVERSIONED = "null"  # what S3 calls the version of an object from before versions were kept
LIMIT = 10 * 1024**3  # bytes; the service's limit for a stored video
BLOCK = 512 * 1024
# What is kept: the index of a long file beside the pictures and the sound that are being read.
KEPT_BLOCKS = 64
# Of one request: at 80 MB/s, about what S3 gives one connection, its latency is then a quarter.
MAX_RUN = 16  # blocks
ATTEMPTS = 4  # to read a run; the connection may break in the middle of it
PAUSE = 0.1  # seconds before the second attempt, doubled before each further one
GONE = 404
REPLACED_STATUS = frozenset({GONE, 412})
REPLACED = "The S3 object was replaced or deleted while the job ran."


class Stored(NamedTuple):
    """What S3 says of a video.

    Attributes:
        size: in bytes.
        etag: changes when the object is replaced.
        version: that was found; None where the bucket kept no versions then.
    """

    size: int
    etag: str
    version: str | None


def head(bucket: str, key: str, version: str | None) -> Stored:
    """What S3 says of a video.

    Raises:
        InvalidS3ObjectException: no such bucket, key or version, or no permission.
        VideoTooLargeException: over 10 GB.
    """
    found = objects.head(bucket, key, version)
    size = found["ContentLength"]
    if size > LIMIT:
        raise VideoTooLargeException(
            f"Video size in bytes: {size} is more than the maximum limit of: {LIMIT} bytes."
        )
    version = found.get("VersionId", UNVERSIONED)
    return Stored(size, found["ETag"], None if version == UNVERSIONED else version)


class StoredVideo(io.RawIOBase):
    """A video in S3 as a seekable file. Reads of bytes in turn become fewer and larger requests."""

    def __init__(self, bucket: str, key: str, stored: Stored) -> None:
        super().__init__()
        self._where: GetObjectRequestTypeDef = {
            "Bucket": bucket,
            "Key": key,
            "IfMatch": stored.etag,
        }
        if stored.version is not None:
            self._where["VersionId"] = stored.version
        self.size = stored.size
        self._position = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._next: OrderedDict[int, int] = OrderedDict()  # block after a run -> the run's blocks

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if origin + offset < 0:
            raise ValueError("A file has no place before its start.")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Some bytes, at most up to the end of a block; none at the end of the file.

        Raises:
            InvalidS3ObjectException: the object is not the one that was opened any more.
        """
        if self._position >= self.size:
            return 0
        number, offset = divmod(self._position, BLOCK)
        part = memoryview(self._block(number))[offset:]
        into = memoryview(buffer).cast("B")
        count = min(len(part), len(into))
        into[:count] = part[:count]
        self._position += count
        return count

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            # Where the last run ended, the reader goes on: the next run is twice as long.
            run = min(2 * self._next.pop(number, 0) or 1, MAX_RUN)
            data = self._fetch(number * BLOCK, min(self.size, (number + run) * BLOCK))
            for place in range(0, len(data), BLOCK):
                self._blocks[number + place // BLOCK] = data[place : place + BLOCK]
            self._next[number + run] = run
            _forget_oldest(self._blocks, KEPT_BLOCKS)
            _forget_oldest(self._next, KEPT_BLOCKS)
        self._blocks.move_to_end(number)
        return self._blocks[number]

    def _fetch(self, start: int, end: int) -> bytes:
        """The bytes from `start` on and before `end`."""
        request: GetObjectRequestTypeDef = {**self._where, "Range": f"bytes={start}-{end - 1}"}
        for attempt in range(ATTEMPTS):
            try:
                found = aws.s3().get_object(**request)
                with found["Body"] as body:
                    data = body.read()
                if len(data) == end - start:
                    return data
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] in REPLACED_STATUS:
                    raise InvalidS3ObjectException(REPLACED) from error
                raise  # boto3 has tried again already
            except BotoCoreError:
                if attempt + 1 == ATTEMPTS:
                    raise
            time.sleep(PAUSE * 2**attempt)
        raise EOFError("S3 ended each answer early.")


def _forget_oldest(kept: OrderedDict[int, bytes] | OrderedDict[int, int], count: int) -> None:
    while len(kept) > count:
        kept.popitem(last=False)


def open_object(bucket: str, key: str, version: str | None, etag: str | None = None) -> StoredVideo:
    """A video as a file, for as long as it is the same object.

    Args:
        bucket: where it is.
        key: its name.
        version: which one, in a bucket with versions; the latest, if None.
        etag: of the object when the job began; None where it begins now.

    Raises:
        InvalidS3ObjectException: it cannot be read, or was replaced since the job began.
        VideoTooLargeException: over 10 GB.
    """
    try:
        stored = head(bucket, key, version)
    except InvalidS3ObjectException as error:
        gone = _status(error) == GONE and etag is not None
        raise (InvalidS3ObjectException(REPLACED) if gone else error) from error
    if etag is not None and stored.etag != etag:
        raise InvalidS3ObjectException(REPLACED)
    return StoredVideo(bucket, key, stored)


def _status(error: InvalidS3ObjectException) -> int | None:
    cause = error.__cause__
    if not isinstance(cause, ClientError):
        return None
    return int(cause.response["ResponseMetadata"]["HTTPStatusCode"])
