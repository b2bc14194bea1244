"""`sightline smoke PHOTO`: whether a deployment works, seen from where its callers are.

Everything that it makes is gone afterwards: the collection, and the access key, which the test
makes for itself so that a pipeline has none to keep.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from cli.connection import CLOUD, LOCAL, EndpointUrl, Region, stack
from cli.keys import Prefix
from cli.report import Failure, one_line_errors, out

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

    from sightline.store.keys import AccessKey

OPERATIONS = (
    "ListCollections",
    "CreateCollection",
    "IndexFaces",
    "SearchFacesByImage",
    "DetectLabels",
    "DeleteCollection",
)
SAME = 99.0  # least similarity of a face to itself
TRIES, PAUSE = 10, 2.0  # seconds between looks whether the new key has arrived everywhere


def smoke(
    photo: Annotated[Path, typer.Argument(help="A JPEG or PNG with a person's face.")],
    endpoint_url: EndpointUrl = LOCAL,
    region: Region = "us-east-1",
    prefix: Prefix = "sightline/keys",
) -> None:
    """Try a deployment: make a key and a collection, index, search, look, delete both again."""
    with one_line_errors(OSError):
        image = {"Bytes": photo.read_bytes()}
    with _ending(), stack(_home(endpoint_url), region, SIGHTLINE_KEYS=prefix), _key() as key:
        client = _client(endpoint_url, key)
        started = time.perf_counter()
        for operation, answer in _round(client, image):
            ended = time.perf_counter()
            line = f"{operation:<20}{ended - started:6.1f} s  {answer}"
            out.print(line, markup=False, soft_wrap=True)
            started = ended


def _home(endpoint_url: str) -> str:
    """Where the access keys are: a deployment is reached over HTTPS and keeps them in AWS."""
    return CLOUD if endpoint_url.startswith("https://") else endpoint_url


def _client(endpoint_url: str, key: "AccessKey") -> "RekognitionClient":
    """An ordinary client, which tries again where every caller's does."""
    import boto3  # noqa: PLC0415 - `--help` need not wait for it

    return boto3.client(
        "rekognition",
        endpoint_url=endpoint_url,
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
    )


def _round(client: "RekognitionClient", image: Any) -> Iterator[tuple[str, str]]:
    """The operations one after the other, each with what it answered in a few words."""
    yield "ListCollections", f"{_first_answer(client)} there already"
    name = f"smoke-{uuid4()}"
    client.create_collection(CollectionId=name)
    with _undone(lambda: client.delete_collection(CollectionId=name)):
        yield "CreateCollection", name
        records = client.index_faces(CollectionId=name, Image=image)["FaceRecords"]
        if not records:
            raise Failure("IndexFaces found no face in the photo.")
        yield "IndexFaces", f"faces: {len(records)}"
        known = {record["Face"]["FaceId"] for record in records}
        found = client.search_faces_by_image(CollectionId=name, Image=image)["FaceMatches"]
        if not found or found[0]["Face"]["FaceId"] not in known or found[0]["Similarity"] < SAME:
            raise Failure("SearchFacesByImage does not find the face that was indexed.")
        yield "SearchFacesByImage", f"similarity: {found[0]['Similarity']:.1f}"
        labels = client.detect_labels(Image=image, MaxLabels=5)["Labels"]
        if not labels:
            raise Failure("DetectLabels found nothing in the photo.")
        yield "DetectLabels", ", ".join(label["Name"] for label in labels)
    if name in client.list_collections()["CollectionIds"]:
        raise Failure(f"DeleteCollection left {name} behind.")
    yield "DeleteCollection", "gone"


def _first_answer(client: "RekognitionClient") -> int:
    """The number of collections, as soon as the new key is known."""
    for _ in range(TRIES - 1):
        try:
            return len(client.list_collections()["CollectionIds"])
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "UnrecognizedClientException":
                raise
        time.sleep(PAUSE)
    return len(client.list_collections()["CollectionIds"])


@contextmanager
def _ending() -> Iterator[None]:
    """Has SIGTERM, with which a pipeline cancels, unwind as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _key() -> Iterator["AccessKey"]:
    """An access key for the test alone."""
    from sightline.domain import access  # noqa: PLC0415
    from sightline.settings import settings  # noqa: PLC0415
    from sightline.store import aws  # noqa: PLC0415

    key = access.create(OPERATIONS)
    name = f"{settings().keys_prefix}/{key.id}"
    secrets = aws.secrets()
    with _undone(lambda: secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)):
        yield key


@contextmanager
def _undone(undo: Callable[[], object]) -> Iterator[None]:
    """Undoes something in the end; after a failure, whose line comes first, as far as it goes."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            undo()
        raise
    undo()
