"""The laptop plays the stack's schedules: sweeps often, and now and then a look for long logs."""

import sys
import threading
from types import ModuleType
from typing import Any

import pytest

from local import serve


class Stopping(threading.Event):
    """Lets so many turns pass, without waiting for them."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.left = turns

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout == serve.SWEEP_EVERY
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("broken", [False, True])
def test_compaction_is_looked_for_soon_and_then_each_hour(
    account: None, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    events: list[dict[str, Any]] = []
    worker = ModuleType("compact")

    def handler(event: dict[str, Any], _: Any) -> None:
        events.append(event)
        if broken:
            raise RuntimeError

    worker.__dict__["handler"] = handler
    monkeypatch.setitem(sys.modules, "functions.workers.compact", worker)
    monkeypatch.setattr(serve, "COMPACT_EVERY", 3)
    serve._sweep_until(Stopping(7))
    assert events == [{}] * 3


def test_the_hour_is_an_hour() -> None:
    assert serve.SWEEP_EVERY * serve.COMPACT_EVERY == 3600
