"""Shards as they come from S3: read in ranges side by side into a file, checked, and mapped."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from sightline.errors import ThrottlingException
from sightline.settings import settings
from sightline.store import aws
from sightline.store.manifest import Sealed
from sightline.store.shard import DamagedShard, Shard
from sightline.store.shard_objects import key

if TYPE_CHECKING:
    from botocore.response import StreamingBody

PART = 8 << 20  # bytes of one ranged read
AT_ONCE = 8  # reads
STREAMS = 3  # of a part, where it breaks off


class MissingShard(Exception):
    """The object of a shard is not there."""


def opened(uid: str, sealed: Sealed) -> Shard:
    """A shard, checked; its file has no name any more, and goes when the shard is closed.

    Raises:
        MissingShard: there is no such object.
        DamagedShard: it is not what was written.
        ThrottlingException: S3 asks to slow down.
    """
    with NamedTemporaryFile(prefix="shard-") as file:
        _download(file.fileno(), key(uid, sealed.name), sealed.bytes)
        shard = Shard.open(Path(file.name))
        try:
            shard.verify()
        except DamagedShard:
            shard.close()
            raise
        return shard


def _download(file: int, name: str, size: int) -> None:
    """Raises MissingShard or ThrottlingException; what lacks at an object's end is left out."""

    def part(start: int) -> None:
        os.pwrite(file, _read(name, start, min(start + PART, size) - 1), start)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="shard") as threads:
        list(threads.map(part, range(0, size, PART)))


def _read(name: str, first: int, last: int) -> bytes:
    for _ in range(STREAMS):
        body = _body(name, first, last)
        with suppress(BotoCoreError):  # the stream broke off, or came too slowly
            return b"" if body is None else body.read()
    raise ThrottlingException


def _body(name: str, first: int, last: int) -> "StreamingBody | None":
    """What S3 sends, None from beyond the object's end; the client has tried more than once."""
    try:
        answer = aws.s3().get_object(
            Bucket=settings().bucket, Key=name, Range=f"bytes={first}-{last}"
        )
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        # Who may not list the bucket is not told that an object is missing.
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
            raise MissingShard(name) from error
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return None
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        raise ThrottlingException from error
    except BotoCoreError as error:
        raise ThrottlingException from error
    return answer["Body"]
