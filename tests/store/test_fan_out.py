"""Shards that are too many for one process: other functions search them, with the same answers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from functions.workers import search_shards
from sightline.errors import ThrottlingException
from sightline.store import fan_out, opened, rankings
from tests import guard
from tests.store.checked_collection import CheckedCollection
from tests.store.faults import Fault, failed, function, lambda_error, silent
from tests.store.histories import small
from tests.store.interruptions import Interruptions
from tests.store.scenes import Stage, grown
from tests.store.service import bare, deliver, elsewhere

FAULTS = [
    lambda_error(429, "TooManyRequestsException"),
    lambda_error(500, "ServiceException"),
    lambda_error(502, "EC2ThrottledException"),
    failed,
    silent,
]


@pytest.fixture
def stage(account: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("SIGHTLINE_SEARCH_FUNCTION", "search-shards")
    monkeypatch.setattr(opened, "fits", lambda _shards: False)
    monkeypatch.setattr(fan_out, "GROUP", 20)
    # Here the functions share one process, and one of its threads may wait for others.
    with ThreadPoolExecutor(32) as threads:
        monkeypatch.setattr(rankings, "_threads", lambda: threads)
        with small(), Interruptions().installed() as interruptions:
            yield Stage(interruptions)


@pytest.fixture
def others() -> Fault:
    """The function that searches groups."""
    return Fault("lambda", function(guard.watched("search_shards", search_shards.handler)))


def test_searches(stage: Stage, others: Fault) -> None:
    for number in stage.every(grown):
        with others.there():
            compaction = elsewhere(stage.people.compact().act)
            with stage.interruptions.at(number, "after", compaction):
                stage.people.look()
            assert others.met
            stage.people.look()


def test_functions_that_do_not_answer(stage: Stage, others: Fault) -> None:
    people = CheckedCollection(bare)
    grown(people)
    for answer in FAULTS:
        with Fault("lambda", answer).there(), pytest.raises(ThrottlingException):
            people.look()
    with others.there():
        people.look()


def test_a_damaged_shard(stage: Stage, others: Fault) -> None:
    """It is too much to be read from the items, so callers wait until it is mended."""
    people = CheckedCollection(bare)
    grown(people)
    people.damage(0, "flipped")
    with others.there():
        with pytest.raises(ThrottlingException):
            people.look()
        deliver()
        people.look()
