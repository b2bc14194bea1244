"""Where jobs over manifests write to, and what becomes of them where S3 refuses that."""

from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.media.conftest import Bulk, ref


def test_where_the_output_is(bulk: Bulk, plain: None) -> None:
    bulk.write(ref("a.png"))
    expected = []
    for prefix, place in ((None, ""), ("", ""), ("a", "a/"), ("a/b/", "a/b/"), ("/", "/")):
        output = {"S3Bucket": "results"} | ({} if prefix is None else {"S3KeyPrefix": prefix})
        job_id = bulk.start(OutputConfig=output)
        bulk.drain()
        expected += [
            f"{place}{job_id}/{name}" for name in ("manifest-summary.json", "results.jsonl")
        ]
    found = bulk.s3.list_objects_v2(Bucket="results")["Contents"]
    assert {each["Key"] for each in found} == set(expected)
    assert bulk.s3.list_multipart_uploads(Bucket="results").get("Uploads", []) == []


def test_the_key_encrypts_the_output(bulk: Bulk, plain: None) -> None:
    job_id = bulk.start(ref("a.png"), KmsKeyId="alias/photos")
    bulk.drain()
    job = bulk.job(job_id)
    assert job["KmsKeyId"] == "alias/photos"
    for output in (job["Results"], job["ManifestSummary"]):
        found = bulk.s3.head_object(Bucket="results", Key=output["S3Object"]["Name"])
        assert found["ServerSideEncryption"] == "aws:kms"
        assert found["SSEKMSKeyId"].endswith("alias/photos")


def test_a_bucket_that_is_not_there_is_found_out_before_any_image_is_looked_at(
    bulk: Bulk, plain: None
) -> None:
    for bucket in ("nobodys-bucket", "-.-"):
        job_id = bulk.start(ref("a.png"), OutputConfig={"S3Bucket": bucket})
        assert len(bulk.drain()) == 1
        assert bulk.status(job_id) == ("FAILED", "INVALID_OUTPUT_CONFIG")
        assert "CompletionTimestamp" in bulk.job(job_id)
        assert bulk.left() == []


REFUSALS = [
    ("CreateMultipartUpload", "AccessDenied", 403, "ACCESS_DENIED"),
    ("CreateMultipartUpload", "KMS.NotFoundException", 400, "INVALID_KMS_KEY"),
    ("CreateMultipartUpload", "PermanentRedirect", 301, "INVALID_OUTPUT_CONFIG"),
    ("PutObject", "AccessDenied", 403, "ACCESS_DENIED"),
    ("PutObject", "KMS.DisabledException", 400, "INVALID_KMS_KEY"),
    ("PutObject", "NoSuchBucket", 404, "INVALID_OUTPUT_CONFIG"),
    ("GetObject", "AccessDenied", 403, "ACCESS_DENIED"),
    ("GetObject", "NoSuchBucket", 404, "INVALID_S3_OBJECT"),
]
PASSING = [
    ("CreateMultipartUpload", "SlowDown", 503),
    ("PutObject", "KMS.ThrottlingException", 400),
    ("GetObject", "InternalError", 500),
]


def test_what_s3_refuses_fails_the_job(
    bulk: Bulk, plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for operation, code, status, expected in REFUSALS:
        job_id = bulk.start(ref("a.png"))
        with monkeypatch.context() as patch:
            refuse(patch, operation, code, status)
            bulk.drain()
        assert bulk.status(job_id) == ("FAILED", expected)
        assert bulk.left() == []


def test_what_passes_is_tried_again(
    bulk: Bulk, plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for operation, code, status in PASSING:
        job_id = bulk.start(ref("a.png"))
        failed: list[str] = []
        with monkeypatch.context() as patch:
            refuse(patch, operation, code, status)
            while not failed:
                failed = [body for body in bulk.take() if bulk.work(body)]
        assert bulk.work(*failed) == []
        bulk.drain()
        assert bulk.results(job_id) == [("a.png", [90])]


def refuse(monkeypatch: pytest.MonkeyPatch, operation: str, code: str, status: int) -> None:
    """S3 answers an operation on callers' manifests and results with an error."""
    call = BaseClient.__dict__["_make_api_call"]

    def refusing(client: BaseClient, name: str, parameters: Any) -> Any:
        place = parameters.get("Bucket"), parameters.get("Key")
        if name == operation and (place[0] == "results" or place == ("photos", "manifest.jsonl")):
            raise ClientError(
                {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
                name,
            )
        return call(client, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", refusing)


def test_a_version_of_a_manifest(bulk: Bulk, plain: None) -> None:
    for bucket in ("photos", "results"):
        bulk.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    bulk.write(ref("a.png"))
    version = bulk.s3.head_object(Bucket="photos", Key="manifest.jsonl")["VersionId"]
    bulk.write(ref("b.png"))
    place = {"Bucket": "photos", "Name": "manifest.jsonl", "Version": version}
    job_id = bulk.start(Input={"S3Object": place})
    bulk.drain()
    assert bulk.results(job_id) == [("a.png", [90])]
    job = bulk.job(job_id)
    assert job["Input"]["S3Object"] == place
    for output in (job["Results"], job["ManifestSummary"]):
        found = bulk.s3.head_object(Bucket="results", Key=output["S3Object"]["Name"])
        assert output["S3Object"]["Version"] == found["VersionId"]
