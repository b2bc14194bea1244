"""Large collections in the rehearsal: compaction, searches of shards, and what is left of them,
each by the function and with the rights, queue and bucket that the templates give it.
"""

import io
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.response import StreamingBody

from functions.workers import compact, search_shards, sweep
from sightline.store import aws, compaction, opened, shard_objects, shards
from tests import guard
from tests.infra.rehearsal import Deployment, poll

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


@pytest.fixture
def indexed(
    deployment: Deployment,
    service: "RekognitionClient",
    astronaut: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """A photo of the one face of a collection whose log was moved into a shard."""
    monkeypatch.setattr(compaction, "DUE", 1)
    service.create_collection(CollectionId="people")
    image: Any = {"Bytes": astronaut}
    service.index_faces(CollectionId="people", Image=image, ExternalImageId="eileen")
    assert keys(deployment) == []
    compact.handler({}, None)  # by the clock
    poll(deployment, "compaction", "compaction")  # the second one finds nothing more to do
    shards.forget_vectors()
    return image


def keys(deployment: Deployment) -> list[str]:
    """Of the objects of collections."""
    bucket = deployment.outputs["DataBucket"]
    found = boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return [each["Key"] for each in found]


def found(service: "RekognitionClient", image: Any) -> list[str]:
    matches = service.search_faces_by_image(CollectionId="people", Image=image)["FaceMatches"]
    return [match["Face"]["ExternalImageId"] for match in matches]


def test_a_log_moves_into_a_shard_which_is_searched_here_or_by_another_function(
    deployment: Deployment,
    service: "RekognitionClient",
    indexed: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (key,) = keys(deployment)
    assert key.startswith("collections/")
    assert found(service, indexed) == ["eileen"]
    shards.forget_vectors()
    monkeypatch.setattr(opened, "fits", lambda _: False)
    searching = deployment.deployed(
        "search_shards", guard.watched("search_shards", search_shards.handler)
    )
    called = []

    def invoked(params: Any, **_: Any) -> Any:
        """In place of Lambda, which in moto would start a container."""
        called.append(params["url_path"])
        answer = json.dumps(searching(json.loads(params["body"]), None)).encode()
        body = StreamingBody(io.BytesIO(answer), len(answer))
        return AWSResponse("", 200, HTTPHeaders(), None), {"StatusCode": 200, "Payload": body}

    aws.functions().meta.events.register("before-call.lambda.Invoke", invoked)
    assert found(service, indexed) == ["eileen"]
    assert called == ["/2015-03-31/functions/sightline-dev-search-shards%3Alive/invocations"]


def test_a_shard_that_is_gone_is_made_anew_and_goes_with_its_collection(
    deployment: Deployment,
    service: "RekognitionClient",
    indexed: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (key,) = keys(deployment)
    boto3.client("s3").delete_object(Bucket=deployment.outputs["DataBucket"], Key=key)
    assert found(service, indexed) == ["eileen"]
    poll(deployment, "compaction")
    shards.forget_vectors()
    assert len(keys(deployment)) == 1
    assert found(service, indexed) == ["eileen"]
    monkeypatch.setattr(shard_objects, "SETTLED", -60)
    service.delete_collection(CollectionId="people")
    deployment.deployed("sweep", guard.watched("sweep", sweep.handler))({}, None)
    assert keys(deployment) == []
