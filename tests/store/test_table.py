"""The table: reads of any size, writes that are whole or not at all, errors in our words."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sightline.errors import ProvisionedThroughputExceededException
from sightline.store import aws, table
from sightline.store.table import Cancelled, Key, number, text

Failing = Callable[..., Any]


def item(place: int, size: int = 1) -> table.Item:
    return table.keyed(("A", f"{place:04d}"), value=text("x" * size), place=number(place))


def keys(places: range) -> list[Key]:
    return [("A", f"{place:04d}") for place in places]


def fill(places: range, size: int = 1) -> None:
    for some in table.chunks(places, table.WRITTEN_AT_ONCE):
        table.write([table.put(item(place, size)) for place in some])


def test_read_any_number_of_keys(database: str) -> None:
    fill(range(250))
    found = table.read([*keys(range(0, 300)), *keys(range(10))])
    assert sorted(found) == keys(range(250))
    assert found["A", "0249"] == item(249)
    assert table.read([]) == {}


def test_read_more_than_an_answer_holds(database: str) -> None:
    """16 MB at most come back at once; the rest has to be asked for again."""
    fill(range(60), size=300_000)
    assert len(table.read(keys(range(60)))) == 60


def test_query_goes_on_after_each_page(database: str) -> None:
    fill(range(30), size=100_000)  # an answer holds a megabyte
    assert [table.key_of(found) for found in table.query("A")] == keys(range(30))
    assert [table.key_of(found) for found in table.query("A", limit=15)] == keys(range(15))
    after = [table.key_of(found) for found in table.query("A", after="0004", limit=3)]
    assert after == keys(range(5, 8))
    assert list(table.query("B")) == []
    assert list(table.query("A", limit=0)) == []


def test_a_write_is_whole_or_not_at_all(database: str) -> None:
    fill(range(2))
    with pytest.raises(Cancelled) as lost:
        table.write(
            [
                table.put(item(5)),
                table.update(("A", "0000"), "SET place = :new", new=number(7)),
                table.put(item(1), "attribute_not_exists(PK)"),
                table.delete(("A", "0000")),
            ][:3]
        )
    assert lost.value.reasons == ("None", "None", "ConditionalCheckFailed")
    assert table.read(keys(range(9))) == {("A", f"{n:04d}"): item(n) for n in range(2)}


def test_one_write_with_a_condition(database: str) -> None:
    fill(range(1))
    change = {"new": number(7)}
    table.write_one(
        table.update(("A", "0000"), "SET place = :new", "attribute_exists(PK)", **change)
    )
    with pytest.raises(Cancelled):
        table.write_one(
            table.update(("A", "0001"), "SET place = :new", "attribute_exists(PK)", **change)
        )
    table.write_each(
        table.update(key, "SET place = :new", "place = :old", new=number(8), old=number(7))
        for key in keys(range(3))
    )
    assert table.read(keys(range(3))) == {("A", "0000"): {**item(0), "place": number(8)}}


def test_drop(database: str) -> None:
    fill(range(60))
    table.drop(keys(range(1, 70)))
    assert sorted(table.read(keys(range(70)))) == keys(range(1))


class Stub:
    """A client whose every call ends in the same way."""

    def __init__(self, end: Callable[[], Any]) -> None:
        self.end = end
        self.calls = 0

    def __getattr__(self, name: str) -> Failing:
        def call(**_: Any) -> Any:
            self.calls += 1
            return self.end()

        return call


def raising(code: str, *reasons: str) -> Callable[[], Any]:
    answer: Any = {
        "Error": {"Code": code, "Message": "no"},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }

    def end() -> Any:
        raise ClientError(answer, "Any")

    return end


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stub]:
    def use(end: Callable[[], Any]) -> Stub:
        made = Stub(end)
        monkeypatch.setattr(aws, "dynamodb", lambda: made)
        monkeypatch.setattr(table, "PAUSE", (0.0, 0.0))
        return made

    return use


@pytest.mark.parametrize(
    "end",
    [
        raising("ProvisionedThroughputExceededException"),
        raising("ThrottlingException"),
        raising("RequestLimitExceeded"),
        raising("TransactionCanceledException", "None", "ThrottlingError"),
    ],
)
def test_throttling(stub: Callable[..., Stub], end: Callable[[], Any]) -> None:
    stub(end)
    calls: list[Callable[[], Any]] = [
        lambda: table.read(keys(range(1))),
        lambda: list(table.query("A")),
        lambda: table.write([table.put(item(1))]),
        lambda: table.drop(keys(range(1))),
    ]
    for call in calls:
        with pytest.raises(ProvisionedThroughputExceededException):
            call()


def test_keys_that_are_never_processed(stub: Callable[..., Stub]) -> None:
    left: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {"sightline": {"Keys": []}}}
    made = stub(lambda: left)
    with pytest.raises(ProvisionedThroughputExceededException):
        table.read(keys(range(1)))
    assert made.calls == table.ATTEMPTS


def test_deletes_that_are_never_processed(stub: Callable[..., Stub]) -> None:
    made = stub(lambda: {"UnprocessedItems": {"sightline": []}})
    made.end = lambda: {"UnprocessedItems": {"sightline": [1]}}
    with pytest.raises(ProvisionedThroughputExceededException):
        table.drop(keys(range(1)))
    assert made.calls == table.ATTEMPTS


def test_two_transactions_that_meet(stub: Callable[..., Stub]) -> None:
    stub(raising("TransactionCanceledException", "TransactionConflict", "None"))
    with pytest.raises(Cancelled) as lost:
        table.write([table.put(item(1)), table.put(item(2))])
    assert lost.value.reasons == ("TransactionConflict", "None")
    stub(raising("TransactionConflictException"))
    with pytest.raises(Cancelled):
        table.write_one(table.put(item(1)))


def test_what_nobody_foresaw_is_not_hidden(stub: Callable[..., Stub]) -> None:
    stub(raising("ResourceNotFoundException"))
    with pytest.raises(ClientError, match="ResourceNotFound"):
        table.read(keys(range(1)))
