"""The store is tested on two DynamoDBs."""

from collections.abc import Iterator

import pytest

from sightline.store import collections
from sightline.store.collections import Collection
from tests.dynalite import dynalite, on_dynalite

__all__ = ["dynalite"]


@pytest.fixture(params=["moto", "dynalite"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty table, in moto and then in dynalite; gives the name of the one it is in."""
    if request.param == "moto":
        request.getfixturevalue("account")
        yield "moto"
    else:
        with on_dynalite(request.getfixturevalue("dynalite"), monkeypatch):
            yield "dynalite"


@pytest.fixture
def collection(database: str) -> Collection:
    """An empty collection."""
    return collections.create("people", "7.0", {})
