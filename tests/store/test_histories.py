"""Random histories, in the short run of `make test`; the benchmark makes 10,000 steps."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.store.checked_collection import CheckedCollection
from tests.store.histories import History, small
from tests.store.interruptions import Interruptions
from tests.store.service import bare, called

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


@pytest.fixture
def interruptions(account: None) -> Iterator[Interruptions]:
    with small(), Interruptions().installed() as made:
        yield made


def test_random_histories(
    rekognition: "RekognitionClient",
    interruptions: Interruptions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(History, "call", staticmethod(called(rekognition)), raising=False)
    monkeypatch.setattr(History, "interruptions", interruptions, raising=False)
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=5,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.usefixtures("interruptions")
def test_more_with_one_look_than_are_asked_for() -> None:
    """In the log, in shards, and in both: the first by id come first, whatever is dead."""
    people = CheckedCollection(bare)
    for _ in range(4):
        people.do(people.index([0] * 25))
        for _ in range(2):
            for most in (1, 3, 20):
                people.search_faces(people.pick([-1])[0], 99.0, most)
            people.do(people.compact())
            people.do(people.delete(sorted(people.truth.faces)[:5]))
