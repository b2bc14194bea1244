"""Random histories of collections: 10,000 steps, after each of which all is as in a plain model.

The steps, the deaths of processes at their calls to AWS, and the model are those of
`tests/store/histories.py`, of which `make test` takes a few hundred.
"""

from itertools import count
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from benchmarks.results import Row
from benchmarks.search import empty_account
from tests.store.histories import History, small
from tests.store.interruptions import Interruptions
from tests.store.service import bare

STEPS, SHORT = 10_000, 100
OF_A_HISTORY = settings(
    max_examples=5,
    stateful_step_count=100,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def rows(short: bool) -> list[Row]:
    """How many steps there were without any difference from the model.

    Raises:
        AssertionError: there was one; hypothesis tells the history.
    """
    wanted = SHORT if short else STEPS
    with (
        empty_account(),
        small(),
        Interruptions().installed() as interruptions,
        patch.object(History, "call", staticmethod(bare), create=True),
        patch.object(History, "interruptions", interruptions, create=True),
        patch.object(History, "steps", 0),
    ):
        for number in count():
            if History.steps >= wanted:
                break
            run_state_machine_as_test(seed(number)(History), settings=OF_A_HISTORY)
        made = History.steps
    return [
        Row(
            "collections, random histories with deaths, damage and compactions: "
            "steps that agree with brute force",
            f"≥ {wanted:,}",
            f"{made:,}",
            made >= wanted,
        )
    ]
