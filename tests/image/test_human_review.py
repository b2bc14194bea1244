"""HumanLoopConfig: what moderation found goes to people where the operator's conditions say so."""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from PIL import Image

from sightline.domain import reviews
from sightline.domain.moderation import detect_moderation_labels
from sightline.domain.reviews import Subject
from sightline.settings import reviews_queue
from sightline.store import aws, table
from sightline.vision.photo import decode

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client

FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/doubtful"
LOOP = "arn:aws:sagemaker:us-east-1:123456789012:human-loop/loop-1"


def check(**parameters: Any) -> dict[str, Any]:
    return {"ConditionType": "ModerationLabelConfidenceCheck", "ConditionParameters": parameters}


DOUBTFUL = check(ModerationLabelName="Explicit", ConfidenceLessThan=98)


def sampling(percentage: float) -> dict[str, Any]:
    return {
        "ConditionType": "Sampling",
        "ConditionParameters": {"RandomSamplingPercentage": percentage},
    }


def flow(*conditions: dict[str, Any]) -> None:
    reviews.put_flow("doubtful", {"Conditions": list(conditions)})


def messages() -> list[dict[str, Any]]:
    queue = boto3.client("sqs", region_name="us-east-1")
    got = queue.receive_message(QueueUrl=reviews_queue(), MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in got.get("Messages", [])]


Detect = Callable[..., dict[str, Any]]


@pytest.fixture
def detect(rekognition: "RekognitionClient", astronaut: bytes, suspect: None) -> Detect:
    def call(photo: bytes = astronaut, loop: str = "loop-1", **more: Any) -> dict[str, Any]:
        config: Any = {"HumanLoopName": loop, "FlowDefinitionArn": FLOW, **more}
        answer: Any = rekognition.detect_moderation_labels(
            Image={"Bytes": photo}, HumanLoopConfig=config
        )
        output: dict[str, Any] = answer["HumanLoopActivationOutput"]
        return output

    return call


@pytest.fixture
def detect_at(rekognition: "RekognitionClient", suspect: None) -> Detect:
    """Of an object in the bucket `photos`."""

    def call(key: str, loop: str = "loop-1") -> dict[str, Any]:
        config: Any = {"HumanLoopName": loop, "FlowDefinitionArn": FLOW}
        answer: Any = rekognition.detect_moderation_labels(
            Image={"S3Object": {"Bucket": "photos", "Name": key}}, HumanLoopConfig=config
        )
        output: dict[str, Any] = answer["HumanLoopActivationOutput"]
        return output

    return call


def test_a_flow_definition_that_is_not_there(detect: Detect) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        detect()
    flow(DOUBTFUL)
    detect()
    elsewhere = FLOW.replace("us-east-1", "eu-west-1")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        detect(FlowDefinitionArn=elsewhere)
    with pytest.raises(ClientError, match="InvalidParameterException"):
        detect(FlowDefinitionArn="arn:aws:sagemaker:us-east-1:1:model/doubtful")


def test_a_doubtful_image_goes_to_people(detect: Detect, astronaut: bytes) -> None:
    flow(DOUBTFUL)
    classifiers = {"ContentClassifiers": ["FreeOfPersonallyIdentifiableInformation"]}

    output = detect(DataAttributes=classifiers)

    results = json.loads(output.pop("HumanLoopActivationConditionsEvaluationResults"))
    assert results == {"Conditions": [{**DOUBTFUL, "EvaluationResult": True}]}
    assert output == {
        "HumanLoopArn": LOOP,
        "HumanLoopActivationReasons": ["ConditionsEvaluation"],
    }
    (message,) = messages()
    assert message["HumanLoopArn"] == LOOP
    assert message["FlowDefinitionArn"] == FLOW
    assert message["Image"] == {"Sha256": sha256(astronaut).hexdigest()}
    assert message["DataAttributes"] == classifiers
    assert [label["Name"] for label in message["ModerationLabels"]] == ["Explicit"]
    assert message["HumanLoopActivationConditionsEvaluationResults"] == results


def test_of_an_image_in_s3_people_get_the_place(
    detect_at: Detect, s3: "S3Client", astronaut: bytes
) -> None:
    flow(sampling(100))
    s3.put_object(Bucket="photos", Key="a.png", Body=astronaut)
    detect_at("a.png")
    (message,) = messages()
    assert message["Image"] == {"S3Object": {"Bucket": "photos", "Name": "a.png"}}


def test_a_photo_that_takes_anothers_place_is_another(
    detect_at: Detect, s3: "S3Client", astronaut: bytes, cat: bytes
) -> None:
    flow(sampling(100))
    s3.put_object(Bucket="photos", Key="same.jpg", Body=astronaut)
    detect_at("same.jpg")
    s3.put_object(Bucket="photos", Key="same.jpg", Body=cat)
    with pytest.raises(ClientError, match=r"InvalidParameterException.*loop-1"):
        detect_at("same.jpg")
    detect_at("same.jpg", loop="loop-2")
    assert [message["HumanLoopName"] for message in messages()] == ["loop-1", "loop-2"]


def test_of_a_photo_that_operations_share_people_get_its_digest(
    account: None, astronaut: bytes, suspect: None
) -> None:
    flow(sampling(100))
    photo = decode(astronaut)
    config = {"HumanLoopName": "loop-1", "FlowDefinitionArn": FLOW}
    detect_moderation_labels(photo, {"HumanLoopConfig": config})
    (message,) = messages()
    assert message["Image"] == {"Sha256": sha256(photo.pixels.tobytes()).hexdigest()}


def test_an_image_that_meets_no_condition_stays_with_the_machine(detect: Detect) -> None:
    flow(check(ModerationLabelName="Weapons", ConfidenceGreaterThan=10))
    output = detect()
    assert output.keys() == {"HumanLoopActivationConditionsEvaluationResults"}
    assert messages() == []


def test_the_same_request_again_starts_nothing_new(detect: Detect) -> None:
    flow(DOUBTFUL)
    assert detect() == detect()
    assert len(messages()) == 1


def test_a_name_belongs_to_one_image(detect: Detect, cat: bytes) -> None:
    flow(DOUBTFUL)
    detect()
    with pytest.raises(ClientError, match=r"InvalidParameterException.*loop-1"):
        detect(cat)
    detect(cat, loop="loop-2")
    assert len(messages()) == 2


def test_a_name_is_free_again_after_30_days(
    detect: Detect, cat: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    flow(DOUBTFUL)
    monkeypatch.setattr(time, "time", lambda: now)
    detect()
    (item,) = table.query("LOOP#loop-1")
    assert item["expires"] == {"N": str(now + 30 * 24 * 3600)}
    monkeypatch.setattr(time, "time", lambda: now + 30 * 24 * 3600 - 1)
    with pytest.raises(ClientError, match="InvalidParameterException"):
        detect(cat)
    monkeypatch.setattr(time, "time", lambda: now + 30 * 24 * 3600)
    detect(cat)
    assert len(messages()) == 2


def test_a_sample_is_the_same_for_the_same_image(
    detect: Detect, detect_at: Detect, s3: "S3Client", astronaut: bytes
) -> None:
    """However often it is asked for, and wherever it lies."""
    flow(sampling(50))
    outcomes = {"HumanLoopArn" in detect(astronaut) for _ in range(2)}
    for number in range(6):
        s3.put_object(Bucket="photos", Key=f"{number}.png", Body=astronaut)
        outcomes.add("HumanLoopArn" in detect_at(f"{number}.png"))
    assert len(outcomes) == 1


def test_of_one_place_a_sample_takes_some_images(
    detect_at: Detect, s3: "S3Client", astronaut: bytes
) -> None:
    flow(sampling(50))
    outcomes = set()
    for number in range(12):
        pixels = decode(astronaut).pixels.copy()
        pixels[0, 0] = number
        file = BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        s3.put_object(Bucket="photos", Key="same.png", Body=file.getvalue())
        outcomes.add("HumanLoopArn" in detect_at("same.png", loop=f"loop-{number}"))
    assert outcomes == {True, False}


def test_samples_are_as_large_as_asked(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "_start", lambda _: None)
    sampled = reviews.Flow(FLOW, {"Conditions": [sampling(20)]})
    started = [
        "HumanLoopArn"
        in reviews.review(sampled, {"HumanLoopName": "x"}, Subject({}, str(number)), [])
        for number in range(1000)
    ]
    assert 160 < sum(started) < 240  # three standard deviations


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("fatal", range(1, 6))
def test_a_start_that_dies_is_finished_by_the_next(
    detect: Detect, monkeypatch: pytest.MonkeyPatch, fatal: int, moment: str
) -> None:
    """The calls: flow read, loop written, message read, sent, deleted."""
    flow(DOUBTFUL)
    whole = BaseClient.__dict__["_make_api_call"]
    made: list[str] = []

    def dying(client: BaseClient, operation: str, parameters: Any) -> Any:
        if client.meta.service_model.service_name not in {"dynamodb", "sqs"}:
            return whole(client, operation, parameters)
        made.append(operation)
        if len(made) != fatal:
            return whole(client, operation, parameters)
        if moment == "after":
            whole(client, operation, parameters)
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", dying)
        with pytest.raises(ClientError, match="InternalServerError"):
            detect()
    assert len(made) == fatal

    assert detect()["HumanLoopArn"] == LOOP

    arns = [message["HumanLoopArn"] for message in messages()]
    assert set(arns) == {LOOP}
    # Between sending and knowing that it was sent, the only way to lose nothing is to send again.
    sent_unknown = (fatal, moment) in {(4, "after"), (5, "before")}
    assert len(arns) == (2 if sent_unknown else 1)
    assert list(table.query("LOOPS#UNSENT")) == []


def test_what_nobody_asks_for_again_the_operator_sends(
    detect: Detect, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow(DOUBTFUL)

    def unreachable() -> Any:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(aws, "sqs", unreachable)
        with pytest.raises(ClientError, match="InternalServerError"):
            detect()
    assert messages() == []
    table.drop([("LOOP#loop-1", "LOOP")])  # as it goes when it expires; the message must not
    assert reviews.resume() == 1
    assert [message["HumanLoopArn"] for message in messages()] == [LOOP]
    assert reviews.resume() == 0
