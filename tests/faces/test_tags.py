"""Tags of collections through an unmodified client."""

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

ARN = "arn:aws:rekognition:us-east-1:123456789012:collection/people"


@pytest.fixture
def client(rekognition: "RekognitionClient") -> "RekognitionClient":
    rekognition.create_collection(CollectionId="people", Tags={"team": "red", "empty": ""})
    return rekognition


def tags(client: "RekognitionClient", arn: str = ARN) -> dict[str, str]:
    return client.list_tags_for_resource(ResourceArn=arn)["Tags"]


def test_tags_of_a_new_collection(client: "RekognitionClient") -> None:
    assert tags(client) == {"team": "red", "empty": ""}


def test_the_arn_of_create_works_as_well(client: "RekognitionClient") -> None:
    arn = client.create_collection(CollectionId="others", Tags={"a": "b"})["CollectionArn"]
    assert tags(client, arn) == {"a": "b"}


def test_tag_adds_and_replaces(client: "RekognitionClient") -> None:
    client.tag_resource(ResourceArn=ARN, Tags={"team": "blue", "größe": "5 +-=._:/@"})
    assert tags(client) == {"team": "blue", "empty": "", "größe": "5 +-=._:/@"}


def test_untag_takes_away_what_is_there(client: "RekognitionClient") -> None:
    client.untag_resource(ResourceArn=ARN, TagKeys=["team", "unknown"])
    assert tags(client) == {"empty": ""}
    client.untag_resource(ResourceArn=ARN, TagKeys=[])
    assert tags(client) == {"empty": ""}


def test_no_tags(client: "RekognitionClient") -> None:
    client.untag_resource(ResourceArn=ARN, TagKeys=["team", "empty"])
    assert tags(client) == {}


def test_at_most_50(client: "RekognitionClient") -> None:
    many = {f"key{number}": "" for number in range(48)}
    client.tag_resource(ResourceArn=ARN, Tags=many)
    assert len(tags(client)) == 50
    with pytest.raises(client.exceptions.ServiceQuotaExceededException):
        client.tag_resource(ResourceArn=ARN, Tags={"one": "more"})
    with pytest.raises(client.exceptions.ServiceQuotaExceededException):
        client.create_collection(
            CollectionId="others", Tags={f"key{number}": "" for number in range(51)}
        )
    assert client.list_collections()["CollectionIds"] == ["people"]
    client.tag_resource(ResourceArn=ARN, Tags={"key1": "changed"})
    assert tags(client)["key1"] == "changed"


@pytest.mark.parametrize("name", ["aws:mine", "a*b", "x" * 129])
def test_bad_names(client: "RekognitionClient", name: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        client.tag_resource(ResourceArn=ARN, Tags={name: "value"})
    with pytest.raises(ClientError, match="ValidationException"):
        client.create_collection(CollectionId="others", Tags={name: "value"})


@pytest.mark.parametrize(
    "arn",
    [
        ARN + "s",
        ARN.replace("people", "People"),
        ARN.replace("us-east-1", "eu-west-1"),
        ARN.replace("123456789012", "210987654321"),
        ARN.replace("collection/people", "streamprocessor/people"),
        ARN.replace("collection/people", "project/people/1234567890123"),
    ],
)
def test_resources_that_are_not_there(client: "RekognitionClient", arn: str) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        tags(client, arn)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.tag_resource(ResourceArn=arn, Tags={"a": "b"})
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.untag_resource(ResourceArn=arn, TagKeys=["a"])


@pytest.mark.parametrize("arn", ["arn:aws:s3:::bucket/of/some/length", "people" * 5])
def test_what_is_no_arn_of_this_service(client: "RekognitionClient", arn: str) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException):
        tags(client, arn)
