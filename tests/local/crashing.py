"""A child that `test_crash` kills: it counts in transactions and takes snapshots without a pause.

Prints, after a snapshot that holds a higher count, that count.
"""

import sys
import threading
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from local import dynamodb
from local.snapshots.keeper import Keeper

REGION = "us-east-1"
TABLE, BUCKET = "counts", "bodies"


def client(service: Any) -> Any:
    """A client of the state in this process."""
    return boto3.client(
        service, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )


def create() -> None:
    """The table and the bucket, where they are not there yet."""
    try:
        client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "N"}],
            KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        )
        client("s3").create_bucket(Bucket=BUCKET)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUseException":
            raise


def count() -> int:
    """How far the counting came."""
    item = client("dynamodb").get_item(TableName=TABLE, Key={"Id": {"N": "0"}}).get("Item")
    return int(item["Amount"]["N"]) if item else 0


def _count_on(reached: list[int]) -> None:
    table, bucket = client("dynamodb"), client("s3")

    def write_body(number: int) -> None:
        bucket.put_object(Bucket=BUCKET, Key=str(number % 7), Body=str(number).encode())

    start = count()
    write_body(start)  # the one that a death before may have come between
    for number in range(start + 1, sys.maxsize):
        table.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": TABLE, "Item": {"Id": {"N": str(number)}}}},
                {
                    "Update": {
                        "TableName": TABLE,
                        "Key": {"Id": {"N": "0"}},
                        "UpdateExpression": "ADD Amount :one",
                        "ExpressionAttributeValues": {":one": {"N": "1"}},
                    }
                },
            ]
        )
        reached[0] = number
        write_body(number)


def main(path: Path) -> None:
    """Count until killed."""
    dynamodb.install()
    with mock_aws():
        keeper, reached = Keeper(path), [0]
        create()
        threading.Thread(target=_count_on, args=(reached,), daemon=True).start()
        told = 0
        while True:
            before = reached[0]
            if keeper.save() and before > told:
                told = before
                print(told, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
