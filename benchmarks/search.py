"""How long a search takes in a warm process: SearchFaces through its handler, moto in process."""

import gc
import logging
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
from moto import mock_aws

from functions.faces import search_faces
from local import dynamodb, resources
from sightline import settings
from sightline.geometry import BoundingBox
from sightline.store import aws, collections, faces, shards
from sightline.store.faces import StoredFace
from sightline.telemetry import logger

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "SIGHTLINE_ACCOUNT": "123456789012",
    "SIGHTLINE_TABLE": "sightline-bench",
    "SIGHTLINE_BUCKET": "sightline-bench",
    "SIGHTLINE_KEYS": "sightline-bench/keys",
}
COLLECTION = "bench"
PER_PERSON = 10  # faces of each person, so that a search has matches to fetch
SPREAD = 0.2  # of a person's faces; their cosines are about 0.96


def median_ms(size: int, rounds: int) -> float:
    """The median time of SearchFaces over a collection of `size` faces, in milliseconds.

    The first search of the process, which reads all vectors, is not among the `rounds`.
    """
    with empty_account():
        face_ids = _fill(size)
        request = {"CollectionId": COLLECTION}
        search_faces.handler(request | {"FaceId": face_ids[0]}, None)
        # The table is moto's, inside this process; a service's has no such millions of objects for
        # the garbage collector to walk over.
        gc.collect()
        gc.freeze()
        times = []
        for face_id in np.random.default_rng(1).choice(face_ids, rounds).tolist():
            started = time.perf_counter()
            answer = search_faces.handler(request | {"FaceId": face_id}, None)
            times.append(time.perf_counter() - started)
            assert len(answer["FaceMatches"]) == PER_PERSON - 1
    gc.unfreeze()
    return statistics.median(times) * 1000


@contextmanager
def empty_account() -> Iterator[None]:
    """moto with the service's resources; what this process knew of another state is dropped."""

    def forget() -> None:
        settings.settings.cache_clear()
        aws.forget_clients()
        shards.forget_vectors()

    level = logger.log_level
    with patch.dict(os.environ, ENVIRONMENT), mock_aws():
        dynamodb.install()
        forget()
        resources.create()
        logger.setLevel(logging.ERROR)
        yield
    logger.setLevel(level)
    forget()


def _fill(size: int) -> list[str]:
    """Makes the collection and gives back the ids of its faces."""
    collection = collections.create(COLLECTION, "7.0", {})
    random = np.random.default_rng(0)
    people = random.normal(size=(-(-size // PER_PERSON), 128))
    vectors = np.repeat(people, PER_PERSON, axis=0)[:size]
    vectors += SPREAD * random.normal(size=vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    made = [
        StoredFace(
            id=f"00000000-0000-5000-8000-{number:012x}",
            image_id="00000000-0000-5000-8000-000000000000",
            external_id=None,
            box=BoundingBox(0.25, 0.25, 0.5, 0.5),
            confidence=99.0,
            model=collection.model,
            vector=vector.astype("<f4").tobytes(),
        )
        for number, vector in enumerate(vectors)
    ]
    for start in range(0, size, faces.ADDED_AT_ONCE):
        faces.add(collection, made[start : start + faces.ADDED_AT_ONCE])
    return [face.id for face in made]
