"""The worker that finishes what was cut short."""

from types import SimpleNamespace

import pytest

from functions.workers import sweep
from sightline.domain.video import rescue
from sightline.store import collections, table, users

SHORT = SimpleNamespace(get_remaining_time_in_millis=lambda: 0)  # no time but for one round


def test_each_run_goes_on_where_the_last_one_stopped(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collections, "SWEPT_AT_ONCE", 5)
    gone = collections.create("people", "7.0", {})
    for number in range(12):
        users.create(gone, f"user{number}", [])
    kept = collections.create("others", "7.0", {})
    users.create(kept, "eileen", [])
    collections.delete("people")

    def left() -> int:
        return sum(len(list(table.query(each))) for each in collections.partitions(gone.uid))

    found = [left()]
    while found[-1]:
        sweep.handler({"detail-type": "Scheduled Event"}, SHORT)
        found.append(left())
    assert found == [7, 2, 0]
    assert collections.need("others").user_count == 1
    assert len(users.page(kept.uid, None, 10)) == 1


def test_what_fails_keeps_nothing_else_from_being_finished(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OSError

    gone = collections.create("people", "7.0", {})
    users.create(gone, "eileen", [])
    with monkeypatch.context() as patch:
        patch.setattr(collections, "SWEPT_AT_ONCE", 0)
        collections.delete("people")
    monkeypatch.setattr(rescue, "sweep", broken)
    with pytest.raises(ExceptionGroup):
        sweep.handler({"detail-type": "Scheduled Event"}, None)
    assert not any(list(table.query(each)) for each in collections.partitions(gone.uid))
