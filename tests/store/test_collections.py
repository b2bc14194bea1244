"""Collections' own items on both DynamoDBs."""

import pytest

from sightline.errors import (
    ProvisionedThroughputExceededException,
    ResourceAlreadyExistsException,
)
from sightline.store import aws, collections, table, users
from sightline.store.collections import Collection


def test_a_collection_comes_back_as_it_went(database: str) -> None:
    made = collections.create("people", "7.0", {"team": "red", "empty": ""})
    assert collections.need("people") == made
    assert (made.face_count, made.user_count) == (0, 0)
    with pytest.raises(ResourceAlreadyExistsException):
        collections.create("people", "7.0", {})
    assert collections.need("people") == made


def test_other_items_in_the_same_look(collection: Collection) -> None:
    users.create(collection, "eileen", [])
    keys = [users.key(collection.uid, name) for name in ("eileen", "grace")]
    read, found = collections.read("people", keys)
    assert read is not None
    assert read.user_count == 1
    assert [item["user_id"] for item in found.values()] == [table.text("eileen")]
    assert collections.read("nobody", keys) == (None, found)


def test_tags_that_another_changed_meanwhile(collection: Collection) -> None:
    assert collections.retag(collection, {"a": "1"})
    assert not collections.retag(collection, {"b": "2"})
    assert collections.need("people").tags == {"a": "1"}
    assert collections.retag(collections.need("people"), {})
    assert collections.need("people").tags == {}


def test_tags_of_a_collection_made_anew(collection: Collection) -> None:
    collections.delete("people")
    assert not collections.retag(collection, {"a": "1"})
    collections.create("people", "7.0", {})
    assert not collections.retag(collection, {"a": "1"})
    assert collections.need("people").tags == {}


def test_long_ids_have_a_place_in_the_list(database: str) -> None:
    ids = sorted(["a" * 255, "a" * 254 + "b", "a" * 120, "a" * 121, "b"])
    for collection_id in reversed(ids):
        collections.create(collection_id, "7.0", {})
    listed = collections.page(None, 10)
    assert sorted(collection_id for _, (collection_id, _) in listed) == ids
    assert all(len(place) <= 153 for place, _ in listed)
    assert [place for place, _ in listed] == sorted(place for place, _ in listed)
    assert collections.page(listed[1][0], 10) == listed[2:]


def test_a_lane_of_an_older_collection(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read while a collection is made anew does not fit together, and is read again."""
    monkeypatch.setattr(table, "PAUSE", (0.0, 0.0))
    key = collections.lane_key("people", 3)
    table.write_one(table.update(key, "SET uid = :other", other=table.text("x")))
    with pytest.raises(ProvisionedThroughputExceededException):
        collections.read("people")
    honest = aws.dynamodb().batch_get_item

    def mended(**parameters: object) -> object:
        answer = honest(**parameters)  # type: ignore[arg-type]
        table.write_one(table.update(key, "SET uid = :uid", uid=table.text(collection.uid)))
        return answer

    monkeypatch.setattr(aws.dynamodb(), "batch_get_item", mended, raising=False)
    assert collections.need("people").uid == collection.uid


def test_a_large_collection_is_swept_bit_by_bit(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def left() -> int:
        return sum(len(list(table.query(each))) for each in collections.partitions(collection.uid))

    monkeypatch.setattr(collections, "SWEPT_AT_ONCE", 30)
    for number in range(70):
        users.create(collection, f"user{number}", [])
    collections.delete("people")
    assert left() == 40
    collections.sweep()
    assert left() == 10
    collections.sweep()
    assert left() == 0
    assert list(table.query("SWEEP")) == []


def test_a_collection_is_deleted_though_its_sweep_is_throttled(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled() -> None:
        raise ProvisionedThroughputExceededException

    with monkeypatch.context() as busy:
        busy.setattr(collections, "sweep", throttled)
        collections.delete("people")
    assert collections.read("people")[0] is None
    collections.sweep()
    assert list(table.query("SWEEP")) == []
