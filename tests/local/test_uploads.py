"""Photos analysed as they arrive, at a real server: an upload with S3 is all that a user does."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.local.process import PATIENCE, Server, run, serving

Found = TypeVar("Found")

RULE = {"Operations": {"DetectLabels": {}, "IndexFaces": {"CollectionId": "people"}}}


def soon(look: Callable[[], Found | None]) -> Found:
    """What can be seen before patience runs out."""
    for _ in range(PATIENCE * 5):
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError


def taken(sqs: Any, url: str) -> list[Any]:
    """Messages that were on a queue."""
    found: list[Any] = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def sightline(server: Server, folder: Path, *arguments: str) -> str:
    done = run(*arguments, folder=folder, AWS_ENDPOINT_URL=server.endpoint)
    assert done.returncode == 0, done.stderr
    return done.stdout


def results(s3: Any) -> list[str]:
    found = s3.list_objects_v2(Bucket="photos", Prefix="results/")
    return [each["Key"] for each in found.get("Contents", [])]


def test_an_upload_is_all_that_it_takes(tmp_path: Path, astronaut: bytes) -> None:
    (tmp_path / "rule.json").write_text(json.dumps(RULE))
    with serving(tmp_path) as server:
        s3, sqs, sns = (server.client(name) for name in ("s3", "sqs", "sns"))
        server.client("rekognition").create_collection(CollectionId="people")
        s3.create_bucket(Bucket="photos")
        queue = sqs.create_queue(QueueName="news")["QueueUrl"]
        dead = sqs.get_queue_url(QueueName="sightline-uploads-dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        (topic,) = sns.list_topics()["Topics"]
        sns.subscribe(Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"], **topic)
        said = sightline(server, tmp_path, "rules", "put", "photos", "rule.json")
        assert said == "Photos in photos/ get DetectLabels, IndexFaces.\n"

        s3.put_object(Bucket="photos", Key="junk.png", Body=b"no image")
        s3.put_object(Bucket="photos", Key="in space.png", Body=astronaut)
        found = soon(lambda: "results/in space.png.json" in results(s3) and results(s3))
        assert found == ["results/in space.png.json", "results/junk.png.json"]
        news: dict[str, str] = {}

        def told_of_both() -> bool:
            for each in taken(sqs, queue):
                told = json.loads(json.loads(each["Body"])["Message"])
                news[told["Key"]] = told["State"]
            return len(news) == 2

        soon(told_of_both)
        assert news == {"junk.png": "FAILED", "in space.png": "SUCCEEDED"}
        (letter,) = taken(sqs, dead)
        assert letter["MessageAttributes"]["ErrorCode"]["StringValue"] == (
            "InvalidImageFormatException"
        )
        assert "photos/in space.png  Person" in sightline(
            server, tmp_path, "find", "label", "person", "--bucket", "photos"
        )
        assert "photos/junk.png" in sightline(server, tmp_path, "find", "failed")
        faces = server.client("rekognition").list_faces(CollectionId="people")["Faces"]
        assert len(faces) == 1

        s3.delete_object(Bucket="photos", Key="in space.png")
        soon(lambda: results(s3) == ["results/junk.png.json"])
        assert sightline(server, tmp_path, "find", "label", "Person") == ""
        assert "Traceback" not in server.errors()


def test_rules_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "rule.json").write_text(json.dumps(RULE))
    with serving(tmp_path) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="photos")
        theirs = {
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:t",
            "Events": ["s3:ObjectTagging:*"],
        }
        s3.put_bucket_notification_configuration(
            Bucket="photos", NotificationConfiguration={"TopicConfigurations": [theirs]}
        )

        def rules(*arguments: str) -> str:
            return sightline(server, tmp_path, "rules", *arguments)

        def notifications() -> tuple[int, int]:
            found = s3.get_bucket_notification_configuration(Bucket="photos")
            return len(found["TopicConfigurations"]), len(found.get("QueueConfigurations", []))

        rules("put", "photos", "rule.json")
        rules("put", "photos", "[in]/", "rule.json")
        assert notifications() == (1, 1)
        assert [line.split()[:2] for line in rules("list").splitlines()[1:]] == [
            ["photos", "DetectLabels,"],
            ["photos", "[in]/"],
        ]
        assert json.loads(rules("show", "photos", "[in]/")) == RULE
        rules("remove", "photos")
        assert notifications() == (1, 1)
        rules("remove", "photos", "[in]/")
        assert notifications() == (1, 0)
        s3.create_bucket(Bucket="gone")
        rules("put", "gone", "rule.json")
        s3.delete_bucket(Bucket="gone")
        assert rules("remove", "gone") == "Photos in gone/ have no rule now.\n"


def test_what_no_rule_can_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "rule.json").write_text(json.dumps(RULE))
    (tmp_path / "slip.json").write_text('{"Operations": {"DetectLabels": {"MinConfidense": 1}}}')
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "null.json").write_text('{"Operations": {"DetectLabels": null}}')
    (tmp_path / "hides.json").write_text(json.dumps(RULE | {"ResultsPrefix": "a"}))
    with serving(tmp_path) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="photos")
        arn = "arn:aws:sqs:us-east-1:123456789012:sightline-uploads"
        own = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
        s3.create_bucket(Bucket="partly")
        s3.put_bucket_notification_configuration(
            Bucket="partly", NotificationConfiguration={"QueueConfigurations": [own]}
        )
        for arguments, error in (
            (("rules", "remove", "photos"), "There is no rule for photos/."),
            (("rules", "put", "photos", "none.json"), "There is no file none.json."),
            (("rules", "put", "photos", "broken.json"), "broken.json is not JSON"),
            (("rules", "put", "photos", "slip.json"), "Operations.DetectLabels.MinConfidense"),
            (("rules", "put", "photos", "null.json"), "The rule has no operation."),
            (("rules", "put", "photos", "deep.json"), "deep.json is nested too deep"),
            (("rules", "put", "none", "rule.json"), "NoSuchBucket"),
            (("rules", "put", "partly", "rule.json"), "partly sends only some of its events"),
            (("rules", "put", "photos", "a/", "hides.json"), "nothing under 'a/' is watched"),
            (("find", "label"), "are looked up by a name"),
        ):
            done = run(*arguments, folder=tmp_path, AWS_ENDPOINT_URL=server.endpoint)
            assert done.returncode == 1
            assert error in done.stderr
            assert done.stderr.count("\n") == 1
        assert sightline(server, tmp_path, "rules", "list").splitlines()[1:] == []
        told = s3.get_bucket_notification_configuration(Bucket="photos")
        assert "QueueConfigurations" not in told
