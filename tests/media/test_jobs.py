"""Jobs over manifests through an unmodified client, from the start to the files in the bucket."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sightline.domain.media import jobs, steps
from sightline.store import media_files, media_jobs
from tests.media.conftest import OUTPUT, SETTINGS, Bulk, ref
from tests.workers.conftest import picture

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

ADAPTER = "arn:aws:rekognition:us-east-1:123456789012:project/p/version/v/1600000000000"


def test_the_answer_for_a_photo_is_that_of_the_operation(
    bulk: Bulk, rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    bulk.s3.put_object(Bucket="photos", Key="astronaut.png", Body=astronaut)
    chosen = {"DetectModerationLabels": {"MinConfidence": 0}}
    job_id = bulk.start(ref("astronaut.png"), OperationsConfig=chosen)
    bulk.drain()
    (line,) = bulk.read(bulk.job(job_id)["Results"]["S3Object"]).splitlines()
    found: Any = rekognition.detect_moderation_labels(Image={"Bytes": astronaut}, MinConfidence=0)
    del found["ResponseMetadata"]
    assert found["ModerationLabels"]
    assert json.loads(line) == {
        "source-ref": "s3://photos/astronaut.png",
        "detect-moderation-labels": found,
    }


def test_a_job_from_its_start_to_its_end(bulk: Bulk, plain: None) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    job_id = bulk.start(ref("a.png"), ref("b.png"), ref("c.png"), JobName="holiday")
    asked = {
        "JobId": job_id,
        "JobName": "holiday",
        "OperationsConfig": SETTINGS,
        "Input": {"S3Object": {"Bucket": "photos", "Name": "manifest.jsonl"}},
        "OutputConfig": OUTPUT,
    }
    queued = bulk.job(job_id)
    created = queued["CreationTimestamp"]
    assert created >= before
    assert queued == {**asked, "Status": "QUEUED", "CreationTimestamp": created}
    (split,) = bulk.take()
    bulk.work(split)
    assert bulk.job(job_id) == {**queued, "Status": "IN_PROGRESS"}
    assert len(bulk.drain()) == 3  # two batches, and the assembly
    ended = bulk.job(job_id)
    place = f"moderated/{job_id}/"
    assert ended == {
        **asked,
        "Status": "SUCCEEDED",
        "CreationTimestamp": created,
        "CompletionTimestamp": ended["CompletionTimestamp"],
        "Results": {
            "S3Object": {"Bucket": "results", "Name": f"{place}results.jsonl"},
            "ModelVersions": {"Moderation": "7.0"},
        },
        "ManifestSummary": {
            "S3Object": {"Bucket": "results", "Name": f"{place}manifest-summary.json"}
        },
    }
    assert ended["CompletionTimestamp"] >= created
    assert bulk.results(job_id) == [("a.png", [90]), ("b.png", [70]), ("c.png", [])]
    assert bulk.summary(job_id) == {
        "version": "1.0",
        "statistics": {"total-json-lines": 3, "valid-json-lines": 3, "invalid-json-lines": 0},
        "errors": [],
    }
    assert bulk.left() == []


def test_duplicates_are_analysed_again(bulk: Bulk, plain: None) -> None:
    job_id = bulk.start(
        *[ref("a.png"), ref("b.png")] * 2,
        OperationsConfig={"DetectModerationLabels": {"MinConfidence": 80}},
    )
    bulk.drain()
    assert bulk.results(job_id) == [("a.png", [90]), ("b.png", [])] * 2


def test_errors_stay_with_their_lines(bulk: Bulk, plain: None) -> None:
    bulk.s3.put_object(Bucket="photos", Key="ours.png", Body=picture(90, 1))
    bulk.s3.put_object(Bucket="photos", Key="small.png", Body=picture(90, side=20))
    bulk.s3.put_object(Bucket="photos", Key="empty.png", Body=b"")
    bulk.s3.put_object(Bucket="photos", Key="large.png", Body=b"0" * (15 * 2**20 + 1))
    bulk.s3.put_object(Bucket="photos", Key="a b/ü?.png", Body=picture(80))
    job_id = bulk.start(
        b"\xef\xbb\xbf" + ref("a.png").encode(),
        "",
        "no JSON",
        b'{"source-ref": "\xff"}',
        "[1]",
        '{"source": "s3://photos/a.png"}',
        '{"source-ref": 7}',
        '{"source-ref": "https://photos/a.png"}',
        '{"source-ref": "s3://arn:aws:s3:us-east-1:1:accesspoint/a/b"}',
        '{"source-ref": "s3://photos/\\ud800"}',
        "[" * 100_000,
        ref("none.png"),
        '{"source-ref": "s3://nobodys-bucket/a.png"}',
        ref("text.txt"),
        ref("empty.png"),
        ref("small.png"),
        ref("large.png"),
        ref("ours.png"),
        ref("a b/ü?.png") + "\r",
        '{"source-ref": "s3://photos/b.png", "more": {"a": 1}}',
        "",
    )
    bulk.drain()
    assert bulk.results(job_id) == [("a.png", [90]), ("a b/ü?.png", [80]), ("b.png", [70])]
    codes = [
        *[(3, "INVALID_JSON_LINE"), (4, "INVALID_JSON_LINE"), (5, "INVALID_JSON_LINE")],
        *[(6, "MISSING_SOURCE_REF"), (7, "INVALID_SOURCE_REF"), (8, "INVALID_SOURCE_REF")],
        *[(9, "INVALID_SOURCE_REF"), (10, "INVALID_SOURCE_REF"), (11, "INVALID_JSON_LINE")],
        *[(12, "INVALID_S3_OBJECT"), (13, "INVALID_S3_OBJECT"), (14, "INVALID_IMAGE_FORMAT")],
        *[(15, "INVALID_IMAGE_FORMAT"), (16, "INVALID_PARAMETER"), (17, "IMAGE_TOO_LARGE")],
        (18, "INTERNAL_ERROR"),
    ]
    assert bulk.errors(job_id) == codes
    summary = bulk.summary(job_id)
    assert summary["statistics"] == {
        "total-json-lines": 19,
        "valid-json-lines": 3,
        "invalid-json-lines": 16,
    }
    assert summary["errors"][0] == {
        "line-numer": 3,
        "line-number": 3,
        "code": "INVALID_JSON_LINE",
        "message": "The line is not valid JSON.",
    }
    assert summary["errors"][11] == {
        "line-numer": 14,
        "line-number": 14,
        "source-ref": "s3://photos/text.txt",
        "code": "INVALID_IMAGE_FORMAT",
        "message": "Request has invalid image format",
    }


def test_a_full_manifest(bulk: Bulk, plain: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "BATCH", 5000)
    monkeypatch.setattr(steps, "photo_bytes", lambda _: b"")
    monkeypatch.setattr(steps, "open_photo", lambda *_: None)
    answer = {"ModerationLabels": [], "ModerationModelVersion": "7.0", "ContentTypes": []}
    monkeypatch.setattr(steps, "detect_moderation_labels", lambda *_: answer)
    names = [f"{number}.png" for number in range(10_000)]
    job_id = bulk.start(*map(ref, names), "")
    bulk.drain()
    assert [name for name, _ in bulk.results(job_id)] == names
    job_id = bulk.start(*map(ref, [*names, "one more.png"]))
    bulk.drain()
    assert bulk.status(job_id) == ("FAILED", "INVALID_MANIFEST")
    assert bulk.job(job_id)["FailureDetails"]["Message"] == "The manifest has over 10000 lines."


def test_what_is_no_manifest(bulk: Bulk, plain: None) -> None:
    for line in ("\n", "a.png\nb.png", '{}\n{"source-ref": "a.png"}', b"\x00" * 100):
        job_id = bulk.start(line)
        bulk.drain()
        assert bulk.status(job_id) == ("FAILED", "INVALID_MANIFEST")
    assert bulk.s3.list_objects_v2(Bucket="results")["KeyCount"] == 0
    assert bulk.left() == []


def test_manifests_that_are_refused_at_once(
    bulk: Bulk, rekognition: "RekognitionClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = rekognition.exceptions
    with pytest.raises(errors.InvalidS3ObjectException):
        bulk.start()  # there is none
    with pytest.raises(errors.InvalidManifestException, match="empty"):
        bulk.start(b"")
    monkeypatch.setattr(media_files, "LIMIT", 40)
    with pytest.raises(errors.InvalidManifestException, match="over 40 bytes"):
        bulk.start(ref("a.png"), ref("b.png"))
    for place in ({}, {"Bucket": "photos"}, {"Bucket": "-.-", "Name": "manifest.jsonl"}):
        with pytest.raises(errors.InvalidS3ObjectException):
            bulk.start(Input={"S3Object": place})
    assert bulk.client.list_media_analysis_jobs()["MediaAnalysisJobs"] == []
    assert bulk.take() == []


def test_requests_that_are_refused(bulk: Bulk, rekognition: "RekognitionClient") -> None:
    errors = rekognition.exceptions
    bulk.write(ref("a.png"))
    with pytest.raises(errors.InvalidParameterException, match="names no operation"):
        bulk.start(OperationsConfig={})
    with pytest.raises(errors.ResourceNotFoundException, match=ADAPTER):
        bulk.start(OperationsConfig={"DetectModerationLabels": {"ProjectVersion": ADAPTER}})
    with pytest.raises(errors.InvalidParameterException, match="the service's own"):
        bulk.start(OutputConfig={"S3Bucket": "sightline-state"})
    with pytest.raises(errors.InvalidParameterException, match="prefix is too long"):
        bulk.start(OutputConfig={"S3Bucket": "results", "S3KeyPrefix": "ü" * 500})
    for control in ("\x00", "\x1b[31m", "\x7f", "\x80"):
        with pytest.raises(errors.InvalidParameterException, match="control characters"):
            bulk.start(OutputConfig={"S3Bucket": "results", "S3KeyPrefix": f"moderated{control}/"})
    with pytest.raises(ClientError, match="jobName"):
        bulk.start(JobName="holiday photos")
    with pytest.raises(errors.ResourceNotFoundException, match="0123"):
        bulk.job("0123")


def test_a_token_starts_one_job(bulk: Bulk, rekognition: "RekognitionClient") -> None:
    job_id = bulk.start(ref("a.png"), ClientRequestToken="again")
    bulk.s3.delete_object(Bucket="photos", Key="manifest.jsonl")
    assert bulk.start(ClientRequestToken="again") == job_id
    assert len(bulk.take()) == 1
    with pytest.raises(rekognition.exceptions.IdempotentParameterMismatchException):
        bulk.start(ClientRequestToken="again", JobName="other")
    assert bulk.start(ref("a.png")) != bulk.start()  # SDKs make a token for each call
    assert "ClientRequestToken" not in bulk.job(job_id)


def test_a_job_reads_the_manifest_that_it_was_started_with(bulk: Bulk, plain: None) -> None:
    statuses: tuple[Any, ...] = ("Suspended", "Enabled")
    for status in statuses:
        bulk.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": status})
        overwritten = bulk.start(ref("a.png"))
        bulk.write(ref("b.png"))
        bulk.drain()
        deleted = bulk.start()
        bulk.s3.delete_object(Bucket="photos", Key="manifest.jsonl")
        bulk.drain()
        if status == "Enabled":
            assert bulk.results(overwritten) == [("a.png", [90])]
            assert bulk.results(deleted) == [("b.png", [70])]
        else:
            assert bulk.status(overwritten) == ("FAILED", "INVALID_S3_OBJECT")
            assert bulk.status(deleted) == ("FAILED", "INVALID_S3_OBJECT")


def test_jobs_are_listed_newest_first(bulk: Bulk, rekognition: "RekognitionClient") -> None:
    bulk.write(ref("a.png"))
    started = [bulk.start(JobName=f"job-{number}") for number in range(5)]
    answer = rekognition.list_media_analysis_jobs()
    assert [each["JobId"] for each in answer["MediaAnalysisJobs"]] == started[::-1]
    assert "NextToken" not in answer
    assert answer["MediaAnalysisJobs"][0] == bulk.job(started[-1])
    pages: list[list[str]] = []
    token: dict[str, Any] = {}
    while token or not pages:
        page = rekognition.list_media_analysis_jobs(MaxResults=2, **token)
        pages.append([each["JobName"] for each in page["MediaAnalysisJobs"]])
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert pages == [["job-4", "job-3"], ["job-2", "job-1"], ["job-0"]]


def test_pages_that_are_refused(bulk: Bulk, rekognition: "RekognitionClient") -> None:
    errors = rekognition.exceptions
    assert rekognition.list_media_analysis_jobs(MaxResults=100)["MediaAnalysisJobs"] == []
    with pytest.raises(errors.InvalidParameterException, match="at most 100"):
        rekognition.list_media_analysis_jobs(MaxResults=101)
    with pytest.raises(errors.InvalidPaginationTokenException):
        rekognition.list_media_analysis_jobs(NextToken="none of ours")


def test_a_page_has_100_jobs_where_the_caller_leaves_it_open(
    bulk: Bulk, rekognition: "RekognitionClient"
) -> None:
    bulk.start(ref("a.png"))
    ((_, job),) = media_jobs.page(None, 1)
    for _ in range(100):
        media_jobs.create(media_jobs.new(job.request, job.manifest), [])
    first = rekognition.list_media_analysis_jobs()
    assert len(first["MediaAnalysisJobs"]) == jobs.PAGE == 100
    rest = rekognition.list_media_analysis_jobs(NextToken=first["NextToken"])
    assert len(rest["MediaAnalysisJobs"]) == 1


def test_a_job_is_known_for_a_year(
    bulk: Bulk, rekognition: "RekognitionClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    assert media_jobs.KEPT == 365 * 24 * 3600
    kept = bulk.start(ref("a.png"))
    monkeypatch.setattr(media_jobs, "KEPT", -1)  # DynamoDB drops items days late
    old = bulk.start()
    found = rekognition.list_media_analysis_jobs()["MediaAnalysisJobs"]
    assert [each["JobId"] for each in found] == [kept]
    with pytest.raises(rekognition.exceptions.ResourceNotFoundException):
        bulk.job(old)
