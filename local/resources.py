"""Makes the table and the bucket that a deployment would have made, wherever the clients point.

Safe to call again: what is there already is left as it is.
"""

from sightline.settings import settings
from sightline.store import aws


def create() -> None:
    """Makes the service's table and bucket, those that do not exist yet."""
    create_table()
    create_bucket()


def create_table() -> None:
    """Makes the table, keyed by `PK` and `SK`; items with a past `expires` are DynamoDB's to drop.

    Raises:
        botocore.exceptions.WaiterError: the table did not become active.
    """
    client, name = aws.dynamodb(), settings().table
    try:
        client.create_table(
            TableName=name,
            AttributeDefinitions=[
                {"AttributeName": "PK", "AttributeType": "S"},
                {"AttributeName": "SK", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "PK", "KeyType": "HASH"},
                {"AttributeName": "SK", "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
    except client.exceptions.ResourceInUseException:
        return
    client.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )


def create_bucket() -> None:
    """Makes the bucket."""
    client, region, name = aws.s3(), settings().region, settings().bucket
    try:
        if region == "us-east-1":  # the one region that must not be named
            client.create_bucket(Bucket=name)
        else:
            client.create_bucket(
                Bucket=name,
                CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
            )
    except client.exceptions.BucketAlreadyOwnedByYou:
        return
