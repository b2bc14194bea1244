"""What jobs keep as objects: what was found in each piece, and the results in pages' reach.

    jobs/<job id>/pieces/00003                    as the kind's `analyse` made it
    jobs/<job id>/results/<run>/<order>/00000     a thousand elements, JSON in gzip

Each merge writes a run of its own, so that two at the same time never mix. A lifecycle rule, or
`drop`, deletes all of it when the results are no longer kept.
"""

import gzip
import json
from collections.abc import Iterable
from typing import Any

from sightline.settings import settings
from sightline.store import aws
from sightline.store.table import chunks

PREFIX = "jobs/"
ELEMENTS = 1000  # of a results object; no page has more, so a page lies in two objects at most
LEVEL = 3  # of gzip; higher ones take twice the time for a tenth less

Element = dict[str, Any]


def put_piece(job_id: str, piece: int, content: bytes) -> None:
    """Keeps what was found in a piece."""
    aws.s3().put_object(Bucket=settings().bucket, Key=_piece(job_id, piece), Body=content)


def piece(job_id: str, number: int) -> bytes:
    """What was found in a piece."""
    return _read(_piece(job_id, number))


def put_results(job_id: str, run: str, order: str, elements: Iterable[Element]) -> int:
    """Writes a list in one of its orders, of which never more than an object's elements are in
    memory; its length.
    """
    length = 0
    for number, some in enumerate(chunks(elements, ELEMENTS)):
        document = json.dumps(some, separators=(",", ":"), allow_nan=False).encode()
        aws.s3().put_object(
            Bucket=settings().bucket,
            Key=_results(job_id, run, order, number),
            Body=gzip.compress(document, LEVEL, mtime=0),
            ContentType="application/json",
            ContentEncoding="gzip",
        )
        length += len(some)
    return length


def results(job_id: str, run: str, order: str, start: int, end: int) -> list[Element]:
    """The elements of a list from `start` on and before `end`, which is within it."""
    found: list[Element] = []
    first = start // ELEMENTS
    for number in range(first, -(-end // ELEMENTS)):
        found += json.loads(gzip.decompress(_read(_results(job_id, run, order, number))))
    return found[start - first * ELEMENTS : end - first * ELEMENTS]


def drop(job_id: str) -> None:
    """Deletes all objects of a job."""
    client, bucket = aws.s3(), settings().bucket
    pages = client.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=f"{PREFIX}{job_id}/"):
        keys: Any = [{"Key": each["Key"]} for each in page.get("Contents", [])]
        if keys:
            client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})


def _read(key: str) -> bytes:
    with aws.s3().get_object(Bucket=settings().bucket, Key=key)["Body"] as body:
        return body.read()


def _piece(job_id: str, number: int) -> str:
    return f"{PREFIX}{job_id}/pieces/{number:05d}"


def _results(job_id: str, run: str, order: str, number: int) -> str:
    return f"{PREFIX}{job_id}/results/{run}/{order}/{number:05d}"
