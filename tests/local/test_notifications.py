"""What moto says of objects is what S3 would say."""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local import notifications
from local.resources import create_queue
from sightline.store import watches

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def queue(s3: "S3Client") -> str:
    """A queue that hears of the bucket `photos`."""
    notifications.install()
    url = create_queue("heard")
    watches.watch("photos", "heard")
    return url


def heard(url: str) -> list[dict[str, Any]]:
    """Records that came since the last time."""
    client, records = boto3.client("sqs"), []
    while found := client.receive_message(QueueUrl=url).get("Messages", []):
        for message in found:
            records += json.loads(message["Body"]).get("Records", [])
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    client.close()
    return records


def test_sequencers_rise_and_keys_are_encoded(s3: "S3Client", queue: str) -> None:
    for _ in range(2):
        s3.put_object(Bucket="photos", Key="a b/ü+.png", Body=b"body")
    s3.delete_object(Bucket="photos", Key="a b/ü+.png")
    s3.delete_object(Bucket="photos", Key="a b/ü+.png")
    records = heard(queue)
    objects = [record["s3"]["object"] for record in records]
    names = [record["eventName"] for record in records]
    assert names == ["ObjectCreated:Put", "ObjectCreated:Put", "ObjectRemoved:Delete"]
    assert {each["key"] for each in objects} == {"a+b/%C3%BC%2B.png"}
    sequencers = [each["sequencer"] for each in objects]
    assert sequencers == sorted(set(sequencers))
    assert all("versionId" not in each for each in objects)
    assert objects[0]["eTag"] == "841a2d689ad86bd1611447453c22c6fc"


def test_an_upload_in_parts_is_one_event(s3: "S3Client", queue: str) -> None:
    upload = s3.create_multipart_upload(Bucket="photos", Key="a")["UploadId"]
    part = s3.upload_part(Bucket="photos", Key="a", UploadId=upload, PartNumber=1, Body=b"body")
    s3.complete_multipart_upload(
        Bucket="photos",
        Key="a",
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]},
    )
    s3.copy_object(Bucket="photos", Key="b", CopySource={"Bucket": "photos", "Key": "a"})
    s3.put_object(Bucket="photos", Key="a", Body=b"whole")
    assert [record["eventName"] for record in heard(queue)] == [
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:Copy",
        "ObjectCreated:Put",
    ]


def test_versions_are_named_whatever_becomes_of_them(s3: "S3Client", queue: str) -> None:
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    versions = [
        s3.put_object(Bucket="photos", Key="a", Body=body)["VersionId"] for body in (b"1", b"2")
    ]
    versions.append(s3.delete_object(Bucket="photos", Key="a")["VersionId"])
    for version in reversed(versions):
        s3.delete_object(Bucket="photos", Key="a", VersionId=version)
    records = heard(queue)
    assert [record["eventName"] for record in records] == [
        "ObjectCreated:Put",
        "ObjectCreated:Put",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
        "ObjectRemoved:Delete",
        "ObjectRemoved:Delete",
    ]
    named = [record["s3"]["object"]["versionId"] for record in records]
    assert named == [*versions, *reversed(versions)]
