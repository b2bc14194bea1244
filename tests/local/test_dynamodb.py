"""moto's DynamoDB after the mending: nothing lost between threads, nothing half done, no copies."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from local import dynamodb
from tests.local.parallel import THREADS, at_once
from tests.local.things import all_keys, count_up, fill, key, moto_table, put

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def test_concurrent_transactions_lose_nothing(client: "DynamoDBClient") -> None:
    def work(number: int) -> None:
        for turn in range(20):
            item = put("face", f"{number}-{turn}")
            client.transact_write_items(TransactItems=[item, count_up("count", "all")])

    at_once(work)
    count = client.get_item(TableName="things", Key=key("count", "all"))["Item"]
    assert count["Amount"] == {"N": str(THREADS * 20)}
    assert len(all_keys(client, "face")) == THREADS * 20


def test_a_failing_transaction_does_not_undo_the_writes_of_others(client: "DynamoDBClient") -> None:
    client.put_item(TableName="things", Item=key("taken", "0"))
    refusal = {"ConditionExpression": "attribute_not_exists(PK)"}

    def work(number: int) -> None:
        for turn in range(20):
            if number % 2:
                client.put_item(TableName="things", Item=key("face", f"{number}-{turn}"))
                continue
            taken = put("taken", "0")
            taken["Put"] |= refusal
            with pytest.raises(client.exceptions.TransactionCanceledException):
                client.transact_write_items(TransactItems=[put("lost", f"{turn}"), taken])

    at_once(work)
    assert len(all_keys(client, "face")) == THREADS // 2 * 20
    assert all_keys(client, "lost") == []


def test_a_condition_lets_exactly_one_of_many_through(client: "DynamoDBClient") -> None:
    won = list[int]()

    def work(number: int) -> None:
        try:
            client.put_item(
                TableName="things",
                Item=key("lock", "0"),
                ConditionExpression="attribute_not_exists(PK)",
            )
        except client.exceptions.ConditionalCheckFailedException:
            return
        won.append(number)

    at_once(work)
    assert len(won) == 1


def test_an_updates_old_value_is_the_one_it_replaced(client: "DynamoDBClient") -> None:
    seen = list[str]()

    def work(number: int) -> None:
        for _ in range(10):
            answer = client.update_item(**count_up("c", "c")["Update"], ReturnValues="UPDATED_NEW")
            seen.append(answer["Attributes"]["Amount"]["N"])

    at_once(work)
    assert sorted(map(int, seen)) == list(range(1, THREADS * 10 + 1))


def test_a_failed_transaction_leaves_nothing(client: "DynamoDBClient") -> None:
    client.put_item(TableName="things", Item=key("a", "0") | {"Amount": {"N": "5"}})
    before = client.scan(TableName="things")["Items"]
    refused: Any = {
        "ConditionCheck": {
            "TableName": "things",
            "Key": key("none", "0"),
            "ConditionExpression": "attribute_exists(PK)",
        }
    }
    gone: Any = {"Delete": {"TableName": "things", "Key": key("a", "0")}}
    for written in ([count_up("a", "0")], [gone], [put("b", "0"), count_up("c", "0")]):
        with pytest.raises(ClientError) as caught:
            client.transact_write_items(TransactItems=[*written, refused])
        reasons = caught.value.response["CancellationReasons"]
        assert [reason["Code"] for reason in reasons] == [
            *("None" for _ in written),
            "ConditionalCheckFailed",
        ]
        assert client.scan(TableName="things")["Items"] == before


def test_a_transaction_puts_updates_and_deletes_as_one(client: "DynamoDBClient") -> None:
    client.put_item(TableName="things", Item=key("a", "gone"))
    client.put_item(TableName="things", Item=key("a", "kept") | {"Amount": {"N": "1"}})
    client.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": "things", "Key": key("a", "gone")}},
            count_up("a", "kept"),
            put("a", "new"),
        ]
    )
    items = client.scan(TableName="things")["Items"]
    assert items == [key("a", "kept") | {"Amount": {"N": "2"}}, key("a", "new")]


def test_a_failed_update_leaves_nothing(client: "DynamoDBClient") -> None:
    client.put_item(TableName="things", Item=key("a", "0") | {"Name": {"S": "x"}})
    for sk in ("0", "new"):
        with pytest.raises(ClientError):
            client.update_item(
                TableName="things",
                Key=key("a", sk),
                UpdateExpression="SET Other = :v ADD #n :one",
                ExpressionAttributeNames={"#n": "Name"},
                ExpressionAttributeValues={":v": {"S": "y"}, ":one": {"S": "1"}},
            )
    assert client.scan(TableName="things")["Items"] == [key("a", "0") | {"Name": {"S": "x"}}]


def test_a_stored_item_never_changes(client: "DynamoDBClient") -> None:
    client.put_item(TableName="things", Item=key("a", "0"))
    before = moto_table().get_item(DynamoType({"S": "a"}), DynamoType({"S": "0"}))
    assert before is not None
    client.update_item(**count_up("a", "0")["Update"])
    client.transact_write_items(TransactItems=[count_up("a", "0")])
    assert before.to_json()["Attributes"] == key("a", "0")


def test_a_big_table_costs_a_transaction_nothing(
    client: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(20_000)
    copied = list[object]()
    item_deepcopy = Item.__deepcopy__

    def counted(self: Item, memo: dict[int, Any]) -> Item:
        copied.append(self)
        return item_deepcopy(self, memo)

    monkeypatch.setattr(Item, "__deepcopy__", counted)
    client.transact_write_items(
        TransactItems=[put("face", "1"), count_up("many", "000001"), count_up("count", "1")]
    )
    assert len(copied) < 10


def test_moto_keeps_no_list_of_all_items_there_ever_were(client: "DynamoDBClient") -> None:
    for _ in range(10):
        client.update_item(**count_up("a", "0")["Update"])
        client.transact_write_items(TransactItems=[count_up("a", "0")])
        client.scan(TableName="things")
    kinds: tuple[Any, ...] = (Item, Table, dynamodb._Draft)
    assert sum(len(kind.instances_tracked) for kind in kinds) == 0
