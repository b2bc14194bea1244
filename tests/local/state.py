"""An account that snapshots keep: something of everything in it, and all that a client sees."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from local import dynamodb
from local.snapshots.keeper import Keeper

NEVER = 3600.0  # seconds between snapshots that the tests take themselves


@contextmanager
def life(path: Path) -> Iterator[Keeper]:
    """One run of the service's state: an empty account, loaded from the folder."""
    dynamodb.install()
    with mock_aws():
        keeper = Keeper(path, NEVER)
        try:
            yield keeper
        finally:
            keeper._folder.close()


@cache
def client_of(service: Any) -> Any:
    """A client of the account, one for each service."""
    return boto3.client(service, region_name="eu-west-1")


def make_table(name: str = "things", **settings: Any) -> None:
    """A table keyed by PK and SK."""
    client_of("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        **{
            "AttributeDefinitions": [
                {"AttributeName": "PK", "AttributeType": "S"},
                {"AttributeName": "SK", "AttributeType": "S"},
            ],
            "KeySchema": [
                {"AttributeName": "PK", "KeyType": "HASH"},
                {"AttributeName": "SK", "KeyType": "RANGE"},
            ],
        }
        | settings,
    )


def put_thing(number: int, **attributes: Any) -> None:
    """An item of the table `things`."""
    key = {"PK": {"S": "a"}, "SK": {"S": f"{number:04d}"}}
    client_of("dynamodb").put_item(TableName="things", Item=key | attributes)


def visible_state() -> dict[str, Any]:
    """All that a client can see of tables, objects and secrets."""
    return {"tables": tables_of(), "buckets": _buckets(), "secrets": _secrets()}


def tables_of() -> dict[str, Any]:
    """All that a client can see of tables."""
    client, found = client_of("dynamodb"), {}
    for name in client.list_tables()["TableNames"]:
        pages = client.get_paginator("scan").paginate(TableName=name)
        found[name] = (
            client.describe_table(TableName=name)["Table"],
            client.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
            [item for page in pages for item in page["Items"]],
        )
    return found


def _buckets() -> dict[str, Any]:
    client, found = client_of("s3"), {}
    for bucket in client.list_buckets()["Buckets"]:
        name = bucket["Name"]
        listed = client.list_object_versions(Bucket=name)
        objects = []
        for version in listed.get("Versions", []):
            which = {"Bucket": name, "Key": version["Key"], "VersionId": version["VersionId"]}
            answer = client.get_object(**which)
            objects.append(
                (
                    version,
                    answer["Body"].read(),
                    answer["Metadata"],
                    answer["ContentType"],
                    answer["LastModified"],
                    client.get_object_tagging(**which)["TagSet"],
                )
            )
        settings = {}
        for read in (client.get_bucket_cors, client.get_bucket_policy, client.get_bucket_tagging,
                     client.get_bucket_lifecycle_configuration, client.get_bucket_encryption,
                     client.get_public_access_block, client.get_bucket_versioning):  # fmt: skip
            with suppress(client.exceptions.ClientError):
                settings[read.__name__] = read(Bucket=name) | {"ResponseMetadata": None}
        found[name] = bucket, objects, listed.get("DeleteMarkers", []), settings
    return found


def _secrets() -> dict[str, str]:
    client = client_of("secretsmanager")
    return {
        entry["Name"]: client.get_secret_value(SecretId=entry["Name"])["SecretString"]
        for entry in client.list_secrets()["SecretList"]
    }


def fill() -> None:
    """Something of all that is kept."""
    make_table()
    client = client_of("dynamodb")
    client.update_time_to_live(
        TableName="things",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
    )
    put_thing(1, All={"M": {
        "S": {"S": "ä\n"}, "N": {"N": "1.50"}, "B": {"B": b"\x00\xff"}, "Null": {"NULL": True},
        "Bool": {"BOOL": False}, "SS": {"SS": ["a", "b"]}, "NS": {"NS": ["1", "2"]},
        "BS": {"BS": [b"\x01"]}, "L": {"L": [{"B": b"\x02"}, {"M": {"x": {"B": b"\x03"}}}]},
    }})  # fmt: skip
    put_thing(2, B={"B": os.urandom(512)}, SS={"SS": ["one"]}, BS={"BS": [b"\xfe"]})
    hash_only = {
        "AttributeDefinitions": [
            {"AttributeName": "Id", "AttributeType": "N"},
            {"AttributeName": "Kind", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "kinds",
                "KeySchema": [{"AttributeName": "Kind", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        "Tags": [{"Key": "owner", "Value": "me"}],
    }
    make_table("others", **hash_only)
    client.put_item(TableName="others", Item={"Id": {"N": "7"}, "Kind": {"S": "k"}})
    _fill_objects()
    client_of("secretsmanager").create_secret(Name="keys/AKIA1", SecretString="very secret")


def _fill_objects() -> None:
    client = client_of("s3")
    for bucket in ("plain", "versioned"):
        client.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    client.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    client.put_object(
        Bucket="plain", Key="ä b/c.jpg", Body=os.urandom(100_000), ContentType="image/jpeg",
        Metadata={"who": "me", "under_score": "x"}, Tagging="a=b",
    )  # fmt: skip
    for body in (b"one", b"two"):
        client.put_object(Bucket="versioned", Key="k", Body=body)
    client.put_object(Bucket="versioned", Key="gone", Body=b"still here")
    client.delete_object(Bucket="versioned", Key="gone")
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    client.put_bucket_cors(Bucket="plain", CORSConfiguration={"CORSRules": [rule]})
    policy = {"Version": "2012-10-17", "Statement": []}
    client.put_bucket_policy(Bucket="plain", Policy=json.dumps(policy))
    client.put_bucket_tagging(Bucket="plain", Tagging={"TagSet": [{"Key": "owner", "Value": "me"}]})
    client.put_bucket_lifecycle_configuration(
        Bucket="plain",
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "r",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "x"},
                    "Expiration": {"Days": 3},
                }
            ]
        },
    )
