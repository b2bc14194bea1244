"""A table `things`, keyed by PK and SK, and short words for what the tests do with it."""

from typing import TYPE_CHECKING, Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def key(pk: str, sk: str) -> dict[str, Any]:
    """An item's key."""
    return {"PK": {"S": pk}, "SK": {"S": sk}}


def put(pk: str, sk: str, **attributes: Any) -> Any:
    """A transaction's part that puts an item."""
    return {"Put": {"TableName": "things", "Item": key(pk, sk) | attributes}}


def count_up(pk: str, sk: str) -> Any:
    """A transaction's part that adds one to an amount."""
    return {
        "Update": {
            "TableName": "things",
            "Key": key(pk, sk),
            "UpdateExpression": "ADD Amount :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }


def moto_table() -> Table:
    """The table inside moto."""
    return dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].get_table("things")


def fill(amount: int, pk: str = "many") -> None:
    """Put items with range keys 000000, 000001, … past the client."""
    table = moto_table()
    for number in range(amount):
        table.put_item(key(pk, f"{number:06d}") | {"Number": {"N": str(number)}})


def all_keys(client: "DynamoDBClient", pk: str, **arguments: Any) -> list[str]:
    """Range keys of a query, over all its pages."""
    pages = client.get_paginator("query").paginate(
        TableName="things",
        KeyConditionExpression=arguments.pop("condition", "PK = :pk"),
        ExpressionAttributeValues={":pk": {"S": pk}, **arguments.pop("values", {})},
        **arguments,
    )
    return [item["SK"]["S"] for page in pages for item in page["Items"]]
