"""Jobs on videos and manifests in the rehearsal: each step by the function and with the rights,
queues and buckets that the templates give it.
"""

import json
from typing import TYPE_CHECKING, Any

import boto3

from sightline.domain.video.kinds import KINDS
from sightline.wire.model import module_name
from tests.infra.rehearsal import Deployment, listener, poll, received
from tests.video import programme
from tests.video.making import Make, video

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


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
