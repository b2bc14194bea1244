"""The objects that hold shards: `collections/<uid>/<name>` in the data bucket, written once.

An object that no manifest names is an orphan: compaction made it and died, or another one's
manifest came first. Orphans go once nobody can still be about to name them.
"""

import time
from collections.abc import Container, Iterable
from pathlib import Path
from uuid import uuid4

from boto3.s3.transfer import TransferConfig

from sightline.errors import ThrottlingException
from sightline.settings import settings
from sightline.store import aws, table

PREFIX = "collections/"
GONE = "SHARDS"  # partition of the collections that are gone and may still have objects
UPLOADED_AT_ONCE = 4  # parts
DELETED_AT_ONCE = 1000  # objects of one DeleteObjects, S3's limit
# A compaction ends within Lambda's 15 minutes, so an older object is named by now or never.
SETTLED = 3600  # seconds


def upload(uid: str, path: Path) -> str:
    """Keeps a file as a new object, in parts if it is large; its name."""
    name = uuid4().hex
    parts = TransferConfig(max_concurrency=UPLOADED_AT_ONCE)
    aws.s3().upload_file(str(path), settings().bucket, key(uid, name), Config=parts)
    return name


def drop(uid: str, names: Iterable[str]) -> None:
    """Deletes objects; those that are gone already do not matter."""
    _drop(key(uid, name) for name in names)


def drop_orphans(uid: str, named: Container[str]) -> None:
    """Deletes the objects of a collection that are not named and nobody is about to name."""
    settled = time.time() - SETTLED
    _drop(
        name
        for name, changed in _objects(uid)
        if changed < settled and name.rpartition("/")[2] not in named
    )


def tombstone(uid: str) -> table.Action:
    """An action that says that a collection's objects are to go."""
    return table.put(table.keyed((GONE, uid), since=table.number(time.time())))


def sweep() -> None:
    """Deletes the objects of collections that are gone, and looks again until none can come."""
    for item in list(table.query(GONE)):
        uid = table.key_of(item)[1]
        _drop(name for name, _ in _objects(uid))
        if float(item["since"]["N"]) < time.time() - SETTLED:
            table.drop([table.key_of(item)])


def key(uid: str, name: str) -> str:
    """The key of an object."""
    return f"{PREFIX}{uid}/{name}"


def _objects(uid: str) -> list[tuple[str, float]]:
    """Keys of a collection's objects, and when each was written, in seconds since 1970."""
    pages = aws.s3().get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=settings().bucket, Prefix=key(uid, ""))
    return [
        (each["Key"], each["LastModified"].timestamp())
        for page in found
        for each in page.get("Contents", [])
    ]


def _drop(keys: Iterable[str]) -> None:
    for some in table.chunks(keys, DELETED_AT_ONCE):
        objects = [{"Key": name} for name in some]
        answer = aws.s3().delete_objects(
            Bucket=settings().bucket,
            Delete={"Objects": objects, "Quiet": True},  # type: ignore[typeddict-item]
        )
        if answer.get("Errors"):
            raise ThrottlingException
