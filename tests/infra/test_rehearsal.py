"""A dress rehearsal: the templates are deployed, and the real handlers serve over what is there.

The account is moto's.
"""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.cloudformation.parsing import get_model_map

from infra.functions import Kind, functions
from infra.needs import needs
from infra.rights import Grant
from sightline.domain import rules
from sightline.wire.rules import checked_rule
from tests.conftest import ClientFactory
from tests.infra.rehearsal import (
    KNOWN_TO_MOTO,
    LEFT_OUT,
    LEFT_OUT_PROPERTIES,
    Deployment,
    listener,
    poll,
    received,
)
from tests.templates import Templates

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client

RULE: dict[str, Any] = {"Operations": {"DetectFaces": {}, "DetectLabels": {}}}


def test_everything_is_made_that_moto_can_make(
    deployment: Deployment, templates: Templates
) -> None:
    types = set[str]()
    for name, template in templates.items():
        resources = template["Resources"]
        expected = {logical: each["Type"] for logical, each in resources.items()}
        types |= set(expected.values())
        assert deployment.made(name) == {
            logical: kind for logical, kind in expected.items() if kind not in LEFT_OUT
        }
    assert types - get_model_map().keys() | KNOWN_TO_MOTO == LEFT_OUT.keys()
    assert types >= {kind for kind, _ in LEFT_OUT_PROPERTIES} | LEFT_OUT.keys()


def test_every_function_gets_names_of_what_is_there(deployment: Deployment) -> None:
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    buckets = [each["Name"] for each in boto3.client("s3").list_buckets()["Buckets"]]
    urls = boto3.client("sqs").list_queues()["QueueUrls"]
    topics = [each["TopicArn"] for each in boto3.client("sns").list_topics()["Topics"]]
    for environment in deployment.environments.values():
        assert environment["SIGHTLINE_TABLE"] in tables
        assert environment["SIGHTLINE_BUCKET"] in buckets
        assert environment["SIGHTLINE_KEYS"] == "sightline/dev/keys"
        assert environment["SIGHTLINE_ACCOUNT"] == "123456789012"
        for name, value in environment.items():
            assert not name.endswith(("_QUEUE", "_LETTERS")) or value in urls
            assert not name.endswith("_TOPIC") or value in topics


def test_the_photos_bucket_tells_the_queue(deployment: Deployment) -> None:
    """By way of EventBridge, whose rule names that bucket and no other."""
    s3, queue = boto3.client("s3"), deployment.outputs["UploadsQueue"]
    s3.put_object(Bucket=deployment.outputs["DataBucket"], Key="a.png", Body=b"a")
    assert received(queue) == []
    s3.put_object(Bucket=deployment.outputs["PhotosBucket"], Key="a.png", Body=b"a")
    (message,) = received(queue)
    said = json.loads(message["Body"])
    assert (said["source"], said["detail-type"]) == ("aws.s3", "Object Created")
    assert said["detail"]["bucket"]["name"] == deployment.outputs["PhotosBucket"]


def test_faces_are_indexed_searched_and_deleted(
    service: "RekognitionClient", astronaut: bytes, admiral: bytes, cat: bytes
) -> None:
    made = service.create_collection(CollectionId="people", Tags={"team": "space"})
    assert made["CollectionArn"].endswith(":123456789012:collection/people")
    image: Any = {"Bytes": astronaut}
    (indexed,) = service.index_faces(CollectionId="people", Image=image, ExternalImageId="eileen")[
        "FaceRecords"
    ]
    service.index_faces(CollectionId="people", Image={"Bytes": admiral})
    (match,) = service.search_faces_by_image(CollectionId="people", Image=image)["FaceMatches"]
    assert match["Face"]["FaceId"] == indexed["Face"]["FaceId"]
    assert match["Face"]["ExternalImageId"] == "eileen"
    assert len(service.list_faces(CollectionId="people")["Faces"]) == 2
    service.delete_faces(CollectionId="people", FaceIds=[match["Face"]["FaceId"]])
    found = service.search_faces_by_image(CollectionId="people", Image=image)
    assert found["FaceMatches"] == []
    service.delete_collection(CollectionId="people")
    assert service.list_collections()["CollectionIds"] == []


def test_every_operation_on_images_may_read_the_photos_bucket(
    deployment: Deployment, client_of: ClientFactory, extended: boto3.Session, astronaut: bytes
) -> None:
    """An object, and a version of one: the guard knows two rights."""
    bucket, service = deployment.outputs["PhotosBucket"], client_of("operator", "secret", extended)
    put = boto3.client("s3").put_object(Bucket=bucket, Key="a.png", Body=astronaut)
    place = {"Bucket": bucket, "Name": "a.png"}
    service.create_collection(CollectionId="people")
    more: dict[str, Any] = {
        "analyze": {"Operations": {"DetectText": {}}},
        "index_faces": {"CollectionId": "people"},
        "search_faces_by_image": {"CollectionId": "people"},
        "search_users_by_image": {"CollectionId": "people"},
    }
    readers = [
        each.module
        for each in functions()
        if Grant.IMAGES in needs(each).grants
        and each.kind is not Kind.WORKER
        and each.family not in ("video", "media")
    ]
    for module in readers:
        for where in (place, {**place, "Version": put["VersionId"]}):
            image = {"S3Object": where}
            given = {"Image": image} | more.get(module, {})
            if module == "compare_faces":
                given = {"SourceImage": image, "TargetImage": image}
            assert getattr(service, module)(**given)


def test_only_keys_of_the_deployment_are_known(
    deployment: Deployment, client_of: ClientFactory
) -> None:
    with pytest.raises(ClientError, match="UnrecognizedClient"):
        client_of("test", "test").list_collections()  # of the laptop's stack


def test_an_upload_is_analysed(
    deployment: Deployment, client_of: ClientFactory, extended: boto3.Session, astronaut: bytes
) -> None:
    s3: S3Client = boto3.client("s3")
    outputs = deployment.outputs
    photos, news = outputs["PhotosBucket"], listener(outputs["ResultsTopic"])
    with deployment.operator():
        rules.put(photos, "", checked_rule(RULE))
    s3.put_object(Bucket=photos, Key="a.png", Body=astronaut)
    s3.put_object(Bucket=photos, Key="poison.png", Body=b"no photo")
    poll(deployment, "uploads")
    document = json.loads(s3.get_object(Bucket=photos, Key="results/a.png.json")["Body"].read())
    assert document["State"] == "SUCCEEDED"
    assert len(document["Operations"]["DetectFaces"]["Response"]["FaceDetails"]) == 1
    told = [json.loads(json.loads(each["Body"])["Message"]) for each in received(news)]
    assert {(each["Key"], each["State"]) for each in told} == {
        ("a.png", "SUCCEEDED"),
        ("poison.png", "FAILED"),
    }
    (letter,) = received(outputs["UploadsDeadLetters"])
    assert letter["MessageAttributes"]["ErrorCode"]["StringValue"] == "InvalidImageFormatException"
    assert "poison.png" in letter["Body"]
    client: Any = client_of("operator", "secret", session=extended)
    for kind, name, key in (("label", "Person", "a.png"), ("failed", None, "poison.png")):
        wanted = {"Kind": kind, "Bucket": photos} | ({"Name": name} if name else {})
        (found,) = client.find_photos(**wanted)["Photos"]
        assert found["Key"] == key
