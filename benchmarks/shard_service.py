"""What shards cost a caller of the service: a cold search, and the table's part in IndexFaces."""

import json
import os
import statistics
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from benchmarks.cold_starts import PROGRAM, account, cores
from benchmarks.results import Row, at_most
from functions.faces import search_faces
from infra.functions import functions
from infra.needs import PROFILES, needs
from infra.unpacked import layers_of, start, unpack
from sightline.geometry import BoundingBox
from sightline.store import aws, collections, faces, log, shard_objects
from sightline.store.collections import Collection
from sightline.store.faces import StoredFace
from sightline.store.log import Row as LogRow
from sightline.store.log_batch import packed_places
from sightline.store.manifest import Manifest, Sealed
from sightline.store.shard import Fresh, write
from sightline.store.shard_layout import GONE

FACES = 1_000_000
SHORT = 10  # times fewer
PER_PERSON = 5
SPREAD = 0.02  # of a person's faces in each direction: their cosines are about 0.95
PROCESSES = 3
REQUESTS = 10  # of DynamoDB, for an image with a hundred faces
PROFILE = "standard"


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    size = FACES // SHORT if short else FACES
    with account(), tempfile.TemporaryDirectory() as folder:
        collection = collections.create("people", "7.0", {})
        probe = _seal(collection, size, Path(folder, "shard"))
        event = {"CollectionId": "people", "FaceId": probe}
        assert len(search_faces.handler(event, None)["FaceMatches"]) == PER_PERSON - 1
        seconds = _cold(event, Path(folder, "layers"))
        asked, busiest = _requests()
    return [
        at_most(f"cold SearchFaces, {size:,} faces in a shard in a local S3", 4, seconds, " s"),
        at_most("IndexFaces of 100 faces: requests to DynamoDB", REQUESTS, asked, "", 0),
        Row("the same: writes of the item that has most", "–", str(busiest), None),
    ]


def _seal(collection: Collection, size: int, path: Path) -> str:
    """Gives a collection a shard with so many faces, and the items of one person's; the id of one
    of those. The others' items no search asks for.
    """
    random = np.random.default_rng(0)
    people = random.normal(size=(size // PER_PERSON, 128)).astype(np.float32)
    people /= np.linalg.norm(people, axis=1, keepdims=True)
    vectors = np.repeat(people, PER_PERSON, axis=0)
    vectors += SPREAD * random.normal(size=vectors.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [UUID(int=number, version=5) for number in random.permutation(size).tolist()]
    stored = faces.add(
        collection,
        [_face(str(ids[row]), vectors[row].astype("<f4").tobytes()) for row in range(PER_PERSON)],
    )
    places = np.ones(size, np.uint64)
    places[:PER_PERSON] = packed_places(LogRow(UUID(face.id), face.place) for face in stored)
    fresh = Fresh([id_.bytes for id_ in ids], places, vectors)
    contents = write(path, fresh, np.empty(0, GONE))
    name = shard_objects.upload(collection.uid, path)
    sealed = Sealed(name, "faces", contents.rows, contents.gone, contents.bytes)
    collection = collections.need(collection.id)
    floors = log.heads(collection)
    collections.seal(collection, Manifest(0, floors, (sealed,)))
    log.drop(collection.uid, floors)
    return stored[0].id


def _face(id_: str, vector: bytes) -> StoredFace:
    box = BoundingBox(0.25, 0.25, 0.5, 0.5)
    return StoredFace(id_, str(UUID(int=0, version=5)), None, box, 99.0, "7.0", vector)


def _cold(event: dict[str, Any], folder: Path) -> float:
    """Seconds from the start of a process with SearchFaces's own layers to its first answer."""
    (function,) = (each for each in functions() if each.module == "search_faces")
    where = unpack(layers_of(function), folder)
    given = {
        "CORES": str(cores(PROFILES[PROFILE][needs(function).size])),
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
    }
    runs = [start(function, where, PROGRAM, event, **given) for _ in range(PROCESSES)]
    times = [sum(run[:3]) for run in runs]  # import, models, answer
    return float(statistics.median(times))


def _requests() -> tuple[int, int]:
    """Requests for a hundred faces, and how often the item with most writes is written."""
    asked: list[dict[str, Any]] = []
    client = aws.dynamodb()
    name = "provide-client-params.dynamodb"
    client.meta.events.register(name, lambda params, **_: asked.append(params), unique_id="count")
    vector = np.full(128, 128**-0.5, "<f4").tobytes()
    try:
        collection = collections.need("people")
        faces.add(collection, [_face(str(uuid4()), vector) for _ in range(100)])
    finally:
        client.meta.events.unregister(name, unique_id="count")
    written = Counter(
        json.dumps(action.get("Key") or {name: action["Item"][name] for name in ("PK", "SK")})
        for params in asked
        for item in params.get("TransactItems", [])
        for action in item.values()
    )
    return len(asked), max(written.values())
