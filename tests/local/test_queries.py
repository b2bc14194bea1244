"""Queries on moto's DynamoDB after the mending: the same answers, without the whole table."""

from typing import TYPE_CHECKING, Any

import pytest
from moto.dynamodb.models.dynamo_type import Item

from tests.local.things import all_keys, fill, key, moto_table, put

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def test_a_query_looks_at_no_more_than_it_answers(
    client: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(5_000)
    fill(5_000, "other")
    sized = list[object]()
    size = Item.size

    def counted(self: Item) -> int:
        sized.append(self)
        return size(self)

    monkeypatch.setattr(Item, "size", counted)
    page = client.query(
        TableName="things",
        KeyConditionExpression="PK = :pk AND SK > :sk",
        ExpressionAttributeValues={":pk": {"S": "many"}, ":sk": {"S": "004990"}},
        Limit=5,
    )
    assert [item["SK"]["S"] for item in page["Items"]] == [f"00499{n}" for n in range(1, 6)]
    assert len(sized) < 30


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [{}, {"Limit": 1}, {"Limit": 7}, {"Limit": 40}])
@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("PK = :pk", {}, range(40)),
        ("PK = :pk AND SK = :a", {":a": "000010"}, [10]),
        ("PK = :pk AND SK < :a", {":a": "000010"}, range(10)),
        ("PK = :pk AND SK <= :a", {":a": "000010"}, range(11)),
        ("PK = :pk AND SK > :a", {":a": "000010"}, range(11, 40)),
        ("PK = :pk AND SK >= :a", {":a": "000010"}, range(10, 40)),
        ("PK = :pk AND SK BETWEEN :a AND :b", {":a": "000010", ":b": "000020"}, range(10, 21)),
        ("PK = :pk AND begins_with(SK, :a)", {":a": "00003"}, range(30, 40)),
        ("PK = :pk AND begins_with(SK, :a)", {":a": "1"}, []),
        ("PK = :pk AND SK > :a", {":a": "9"}, []),
    ],
)
def test_queries_answer_what_was_asked(
    client: "DynamoDBClient",
    condition: str,
    values: dict[str, str],
    expected: Any,
    limit: dict[str, int],
    forward: bool,
) -> None:
    fill(40)
    fill(3, "other")
    found = all_keys(
        client,
        "many",
        condition=condition,
        values={name: {"S": value} for name, value in values.items()},
        ScanIndexForward=forward,
        **limit,
    )
    assert found == [f"{number:06d}" for number in (expected if forward else reversed(expected))]


def test_the_order_of_a_partition_survives_writes_between_queries(client: "DynamoDBClient") -> None:
    assert all_keys(client, "a") == []
    for sk in ("3", "1", "2"):
        client.put_item(TableName="things", Item=key("a", sk))
    assert all_keys(client, "a") == ["1", "2", "3"]
    client.delete_item(TableName="things", Key=key("a", "2"))
    client.put_item(TableName="things", Item=key("a", "0"))
    client.put_item(TableName="things", Item=key("a", "3") | {"Again": {"BOOL": True}})
    assert all_keys(client, "a") == ["0", "1", "3"]
    client.transact_write_items(
        TransactItems=[put("a", "25"), {"Delete": {"TableName": "things", "Key": key("a", "0")}}]
    )
    assert all_keys(client, "a") == ["1", "25", "3"]


def test_a_long_partition_pages_by_size(client: "DynamoDBClient") -> None:
    table = moto_table()
    for number in range(30):
        table.put_item(key("big", f"{number:02d}") | {"Fill": {"B": b"x" * 100_000}})
    assert all_keys(client, "big") == [f"{number:02d}" for number in range(30)]
    first = client.query(
        TableName="things",
        KeyConditionExpression="PK = :pk",
        ExpressionAttributeValues={":pk": {"S": "big"}},
    )
    assert first["Count"] < 30
    assert "LastEvaluatedKey" in first
