"""A dress rehearsal: the templates are deployed, and the real handlers serve over what is there.

The account is moto's.
"""

import importlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.cloudformation.parsing import get_model_map

from infra.functions import Kind, functions
from infra.needs import needs
from infra.rights import Grant
from local import frontdoor, notifications, queues
from sightline.domain import rules
from sightline.domain.video.kinds import KINDS, WORKERS
from sightline.settings import settings
from sightline.store import aws, keys
from sightline.wire.model import module_name
from sightline.wire.rules import checked_rule
from tests import guard
from tests.conftest import ClientFactory
from tests.infra.rehearsal import (
    KNOWN_TO_MOTO,
    LEFT_OUT,
    LEFT_OUT_PROPERTIES,
    Deployment,
)
from tests.templates import Templates
from tests.video import programme
from tests.video.making import Make, video

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client

QUEUES = {  # and the workers that they start, which `tests.infra.test_functions` holds to it
    "uploads": "on_upload",
    "video-plan": "plan_video",
    **{f"video-{worker}": f"analyse_{worker}" for worker in WORKERS},
    "video-merge": "merge_video",
    "video-dead": "fail_video",
    "media": "media_steps",
    "media-dead": "media_failures",
}
ONE = QUEUES.keys() - {"uploads"}  # message at a time
RULE: dict[str, Any] = {"Operations": {"DetectFaces": {}, "DetectLabels": {}}}


@pytest.fixture
def deployment(
    account: None, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    """Both stacks, their handlers, and an access key that the operator made."""
    notifications.install()
    made, handler_of = Deployment(templates), frontdoor.handler_of
    monkeypatch.setattr(
        frontdoor,
        "handler_of",
        lambda name: made.deployed(module_name(name), handler_of(name)),
    )
    for module in QUEUES.values():
        worker = importlib.import_module(f"functions.workers.{module}")
        watched = guard.watched(module, worker.handler)
        monkeypatch.setattr(worker, "handler", made.deployed(module, watched))
    monkeypatch.setattr(queues, "WAIT", 0)
    with made.operator():
        keys.put(keys.AccessKey("operator", "secret", allowed=("*",)))
    yield made
    # Nothing was done to what the laptop's stack would use.
    assert aws.dynamodb().scan(TableName=settings().table)["Count"] == 0


@pytest.fixture
def service(deployment: Deployment, client_of: ClientFactory) -> "RekognitionClient":
    """A client of the deployed service."""
    return client_of("operator", "secret")


def poll(deployment: Deployment, *names: str) -> None:
    """Lets workers have what is in their queues, as event source mappings would."""
    with deployment.operator():  # whose names Lambda's own poller needs
        for name in names:
            url = boto3.client("sqs").get_queue_url(QueueName=f"sightline-dev-{name}")["QueueUrl"]
            mapping = queues.Mapping(f"functions.workers.{QUEUES[name]}", 1 if name in ONE else 10)
            queues.EventSource(url, mapping, 0).poll()


def received(url: str) -> list[dict[str, Any]]:
    client = boto3.client("sqs")
    found = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [dict(each) for each in found.get("Messages", [])]


def listener(topic: str) -> str:
    """A queue that hears a topic."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="news")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    return url


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


def topic() -> str:
    """One of a caller."""
    return boto3.client("sns").create_topic(Name="AmazonRekognitionJobs")["TopicArn"]


def put_video(deployment: Deployment) -> Any:
    """A film of two shots in the photos bucket, as a request names it."""
    bucket = deployment.outputs["PhotosBucket"]
    film = video([*programme.scene(0, 20), *programme.scene(1, 15)], Make())
    put = boto3.client("s3").put_object(Bucket=bucket, Key="a.mp4", Body=film)
    return {"S3Object": {"Bucket": bucket, "Name": "a.mp4", "Version": put["VersionId"]}}


def channel(topic: str) -> Any:
    return {"SNSTopicArn": topic, "RoleArn": "arn:aws:iam::123456789012:role/any"}


def said(news: str) -> list[tuple[str, str]]:
    """Which jobs ended, and how."""
    messages = [json.loads(json.loads(each["Body"])["Message"]) for each in received(news)]
    return [(each["JobId"], each["Status"]) for each in messages]


def test_a_video_is_cut_analysed_put_together_and_told_of(
    deployment: Deployment, service: "RekognitionClient"
) -> None:
    where, told = put_video(deployment), topic()
    news = listener(told)
    job_id = service.start_segment_detection(
        Video=where, SegmentTypes=["SHOT"], NotificationChannel=channel(told)
    )["JobId"]
    assert service.get_segment_detection(JobId=job_id)["JobStatus"] == "IN_PROGRESS"
    poll(deployment, "video-plan", "video-segments", "video-merge")
    assert said(news) == [(job_id, "SUCCEEDED")]
    answer = service.get_segment_detection(JobId=job_id)
    shots = [(each["StartFrameNumber"], each["EndFrameNumber"]) for each in answer["Segments"]]
    assert shots == [(0, 19), (20, 34)]
    keys = boto3.client("s3").list_objects_v2(Bucket=deployment.outputs["DataBucket"])["Contents"]
    assert all(each["Key"].startswith("jobs/") for each in keys)  # where rights and rules end


def test_a_job_whose_step_fails_at_every_attempt_ends(
    deployment: Deployment, service: "RekognitionClient"
) -> None:
    sqs, told = boto3.client("sqs"), topic()
    news = listener(told)
    job_id = service.start_text_detection(
        Video=put_video(deployment), NotificationChannel=channel(told)
    )["JobId"]
    plan, dead = (
        sqs.get_queue_url(QueueName=f"sightline-dev-video-{name}")["QueueUrl"]
        for name in ("plan", "dead")
    )
    (message,) = received(plan)
    sqs.send_message(QueueUrl=dead, MessageBody=message["Body"])
    poll(deployment, "video-dead")
    assert said(news) == [(job_id, "FAILED")]
    assert service.get_text_detection(JobId=job_id)["JobStatus"] == "FAILED"


def test_every_kind_of_video_job_comes_to_its_end(
    deployment: Deployment, service: "RekognitionClient"
) -> None:
    where = put_video(deployment)
    service.create_collection(CollectionId="people")
    more: dict[str, dict[str, Any]] = {
        "FaceSearch": {"CollectionId": "people"},
        "SegmentDetection": {"SegmentTypes": ["TECHNICAL_CUE"]},
    }
    for kind in KINDS.values():
        start, get = (
            getattr(service, module_name(f"{verb}{kind.name}")) for verb in ("Start", "Get")
        )
        job_id = start(Video=where, **more.get(kind.name, {}))["JobId"]
        poll(deployment, "video-plan", f"video-{kind.worker}", "video-merge")
        assert get(JobId=job_id)["JobStatus"] == "SUCCEEDED", kind.name


def test_images_of_a_manifest_are_analysed(
    deployment: Deployment, service: "RekognitionClient", cat: bytes
) -> None:
    s3, bucket = boto3.client("s3"), deployment.outputs["PhotosBucket"]
    lines = [{"source-ref": f"s3://{bucket}/{name}"} for name in ("cat.png", "gone.png")]
    s3.put_object(Bucket=bucket, Key="cat.png", Body=cat)
    manifest = "\n".join(map(json.dumps, lines))
    s3.put_object(Bucket=bucket, Key="manifest.jsonl", Body=manifest.encode())
    job_id = service.start_media_analysis_job(
        OperationsConfig={"DetectModerationLabels": {}},
        Input={"S3Object": {"Bucket": bucket, "Name": "manifest.jsonl"}},
        OutputConfig={"S3Bucket": bucket, "S3KeyPrefix": "out"},
    )["JobId"]
    while service.get_media_analysis_job(JobId=job_id)["Status"] not in ("SUCCEEDED", "FAILED"):
        poll(deployment, "media")
    job = service.get_media_analysis_job(JobId=job_id)
    assert job["Status"] == "SUCCEEDED", job
    place = job["Results"]["S3Object"]
    results = s3.get_object(Bucket=place["Bucket"], Key=place["Name"])["Body"].read()
    (line,) = map(json.loads, results.splitlines())
    assert line["source-ref"] == f"s3://{bucket}/cat.png"
    assert line["detect-moderation-labels"]["ModerationLabels"] == []


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
