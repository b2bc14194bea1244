"""What must not be lost is kept, encrypted, and where it was in the deployment before."""

import json
import re
from typing import Any

import pytest

from infra.functions import ROOT
from infra.needs import NEEDS
from sightline.domain.video.kinds import WORKERS
from sightline.store import job_objects, jobs, shard_objects
from tests.infra.conftest import of_type
from tests.templates import Template

# A logical id that changes is a new, empty resource beside the old one: change one only on purpose,
# and say in `docs/operate.md` how data get from the old to the new.
IDS = {
    "KMS::Key": ["Key961B73FD"],
    "KMS::Alias": ["KeyAlias910D852D"],
    "DynamoDB::Table": ["TableCD117FA1"],
    "S3::Bucket": ["AccessLogs8B620ECA", "Data666C94C7", "PhotosB9552D0D"],
    "SQS::Queue": [
        "CompactionB1D66A67",
        "CompactionDead05BD841D",
        "MediaA721A567",
        "MediaDead5A9684E1",
        "ReviewsAA74421E",
        "ReviewsDead358969A3",
        "Uploads4F6EB0FD",
        "UploadsDead8782C920",
        "VideoDeadD0379FC2",
        "VideoFaces78DB8707",
        "VideoLabelsE8E9417D",
        "VideoMergeE58B6DB3",
        "VideoPlan2D38CCA6",
        "VideoSegmentsCC0BC054",
        "VideoTextF8A2B57E",
    ],
    "SNS::Topic": ["Alarms04B5A0BF", "Results25575328"],
}
KEPT = sorted(
    IDS.keys() - {"KMS::Alias"} | {"S3::BucketPolicy", "SNS::TopicPolicy", "SQS::QueuePolicy"}
)
OUTPUTS = {
    "AlarmsTopic",
    "CompactionDeadLetters",
    "DataBucket",
    "KeysPrefix",
    "PhotosBucket",
    "ResultsTopic",
    "ReviewsQueue",
    "TableName",
    "UploadsDeadLetters",
    "UploadsQueue",
}


@pytest.mark.parametrize("kind", IDS)
def test_logical_ids_stay(state: Template, kind: str) -> None:
    assert sorted(of_type(state, kind)) == sorted(IDS[kind])


@pytest.mark.parametrize("kind", KEPT)
def test_it_outlives_the_stack(state: Template, kind: str) -> None:
    found = of_type(state, kind)
    assert found
    for name in found:
        resource = state["Resources"][name]
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
        assert resource["UpdateReplacePolicy"] == "Retain", name


def test_cloudwatch_logs_uses_the_key_for_this_stages_groups_alone(state: Template) -> None:
    (key,) = of_type(state, "KMS::Key").values()
    names = [
        json.dumps(name).split("log-group:")[1].rstrip('"]}')
        for statement in key["KeyPolicy"]["Statement"]
        for name in statement.get("Condition", {}).get("ArnLike", {}).values()
        for name in name
    ]
    assert sorted(names) == [
        "/sightline/dev/*",
        "API-Gateway-Execution-Logs_*/dev",
        "Sightline-dev-*",
    ]


def test_the_exports_are_the_same_whoever_uses_them(state: Template, cdk: None) -> None:
    """One that came and went with its users would stand in the way of an earlier service."""
    from aws_cdk import App

    from infra.config import Config
    from infra.state import StateStack

    app = App(context=json.loads((ROOT / "cdk.json").read_text())["context"])
    StateStack(app, "Sightline-dev-State", config=Config())
    alone = app.synth().get_stack_by_name("Sightline-dev-State").template["Outputs"]
    assert exports(alone) == exports(state["Outputs"])
    for resources in (each for kind, each in IDS.items() if kind != "KMS::Alias"):
        for name in resources:
            assert name.startswith("AccessLogs") or any(name in each for each in exports(alone))


def exports(outputs: dict[str, Any]) -> set[str]:
    return {each["Export"]["Name"] for each in outputs.values() if "Export" in each}


def test_the_operator_finds_it(state: Template) -> None:
    assert state["Outputs"].keys() >= OUTPUTS
    assert state["Outputs"]["KeysPrefix"]["Value"] == "sightline/dev/keys"
    names = {queue["QueueName"] for queue in of_type(state, "SQS::Queue").values()}
    assert "sightline-dev-uploads" in names


def test_the_table_can_go_back_in_time_and_drops_what_expired(state: Template) -> None:
    (table,) = of_type(state, "DynamoDB::Table").values()
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["DeletionProtectionEnabled"] is True
    assert table["SSESpecification"]["KMSMasterKeyId"] == key_of(state)
    assert table["KeySchema"] == [
        {"AttributeName": "PK", "KeyType": "HASH"},
        {"AttributeName": "SK", "KeyType": "RANGE"},
    ]


def test_everything_is_encrypted_with_the_one_key_which_is_rotated(state: Template) -> None:
    (key,) = of_type(state, "KMS::Key").values()
    assert key["EnableKeyRotation"] is True
    for queue in of_type(state, "SQS::Queue").values():
        assert queue["KmsMasterKeyId"] == key_of(state)
    for topic in of_type(state, "SNS::Topic").values():
        assert topic["KmsMasterKeyId"] == key_of(state)
    for name, bucket in of_type(state, "S3::Bucket").items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        by_default = rule["ServerSideEncryptionByDefault"]
        if not name.startswith("AccessLogs"):  # S3 writes them to no bucket with a key of ours
            assert by_default == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_of(state)}
            assert rule["BucketKeyEnabled"] is True


def test_only_services_of_this_account_use_the_key(state: Template) -> None:
    (key,) = of_type(state, "KMS::Key").values()
    for statement in key["KeyPolicy"]["Statement"]:
        if "Service" in statement["Principal"]:
            assert statement["Condition"]
            assert not any("*" in action for action in actions_of(statement))
        else:
            assert json.dumps(statement["Principal"]).endswith(':root"]]}}')


@pytest.mark.parametrize(
    ("policy", "resource"),
    [
        ("S3::BucketPolicy", "S3::Bucket"),
        ("SQS::QueuePolicy", "SQS::Queue"),
        ("SNS::TopicPolicy", "SNS::Topic"),
    ],
)
def test_only_tls_gets_in(state: Template, policy: str, resource: str) -> None:
    policies = of_type(state, policy).values()
    assert len(policies) == len(of_type(state, resource))
    for each in policies:
        refused = [
            statement
            for statement in each["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
            and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        ]
        assert len(refused) == 1


def test_buckets_are_private_and_clean_up(state: Template) -> None:
    for name, bucket in of_type(state, "S3::Bucket").items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        rule, *more = bucket["LifecycleConfiguration"]["Rules"]
        assert bool(more) == name.startswith("Data")
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
        if name.startswith("AccessLogs"):
            assert rule["ExpirationInDays"] == 90
        else:
            assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
            assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
            assert bucket["LoggingConfiguration"]["LogFilePrefix"]


def test_what_jobs_noted_goes_when_nobody_can_ask_for_it_any_more(state: Template) -> None:
    """The sweep drops it first; the rule is for what a crash left that no item names."""
    (rule,) = rules_of(state, job_objects.PREFIX)
    assert rule["ExpirationInDays"] * 24 * 3600 > jobs.LONGEST + jobs.KEPT
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_shards_that_were_replaced_are_gone_a_day_later(state: Template) -> None:
    """They hold vectors of faces that were deleted since."""
    (rule,) = rules_of(state, shard_objects.PREFIX)
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "ExpirationInDays" not in rule  # those in use stay


def rules_of(state: Template, prefix: str) -> list[dict[str, Any]]:
    """The lifecycle rules of the data bucket for a prefix."""
    rules = of_type(state, "S3::Bucket")["Data666C94C7"]["LifecycleConfiguration"]["Rules"]
    return [each for each in rules if each.get("Prefix") == prefix]


def test_a_message_that_fails_becomes_a_dead_letter(state: Template) -> None:
    queues = of_type(state, "SQS::Queue")
    for name, queue in queues.items():
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
        if "Dead" in name:
            assert "RedrivePolicy" not in queue
        else:
            policy = queue["RedrivePolicy"]
            dead = policy["deadLetterTargetArn"]["Fn::GetAtt"][0]
            family = re.sub("^Video.*", "Video", name[:-8])  # a job fails whatever its step is
            assert dead.startswith(f"{family}Dead")
            assert policy["maxReceiveCount"] == 5


def test_messages_stay_hidden_while_a_worker_may_have_them(state: Template) -> None:
    hidden = {
        queue["QueueName"].removeprefix("sightline-dev-"): queue["VisibilityTimeout"]
        for queue in of_type(state, "SQS::Queue").values()
    }
    assert hidden["uploads"] >= 6 * NEEDS["on_upload"].timeout  # batches, as Lambda's guide has it
    workers = {f"video-{each}": f"analyse_{each}" for each in WORKERS}
    workers |= {"video-plan": "plan_video", "video-merge": "merge_video", "media": "media_steps"}
    workers |= {"video-dead": "fail_video", "media-dead": "media_failures"}
    workers |= {"compaction": "compact"}
    for queue, worker in workers.items():  # one by one
        assert hidden[queue] > NEEDS[worker].timeout, queue


def test_events_of_photos_reach_the_queue(state: Template) -> None:
    photos = of_type(state, "S3::Bucket")["PhotosB9552D0D"]
    assert photos["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    ((name, rule),) = of_type(state, "Events::Rule").items()
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        "detail": {"bucket": {"name": [{"Ref": "PhotosB9552D0D"}]}},
    }
    (target,) = rule["Targets"]
    queue, dead = target["Arn"], target["DeadLetterConfig"]["Arn"]
    assert [queue, dead] == [
        {"Fn::GetAtt": [logical, "Arn"]} for logical in ("Uploads4F6EB0FD", "UploadsDead8782C920")
    ]
    sent = [
        (statement["Resource"], statement["Condition"])
        for policy in of_type(state, "SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    by_rule = {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [name, "Arn"]}}}
    assert sorted(sent, key=str) == sorted([(queue, by_rule), (dead, by_rule)], key=str)


def test_other_buckets_may_be_watched(templates_of: Any) -> None:
    state = templates_of(image_buckets=["other-photos"])["State"]
    (rule,) = of_type(state, "Events::Rule").values()
    assert "other-photos" in rule["EventPattern"]["detail"]["bucket"]["name"]


def test_templates_name_no_account_no_region_and_no_access_key(
    state: Template, api: Template
) -> None:
    said = json.dumps([state, api])
    assert not re.search(r"(?<![0-9A-Fa-f])\d{12}(?![0-9A-Fa-f])", said)
    assert not re.search(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}", said)
    assert not re.search(r"\b(?:us|eu|ap|sa|ca)-[a-z]+-\d\b", said)


def key_of(state: Template) -> dict[str, Any]:
    (key,) = of_type(state, "KMS::Key")
    return {"Fn::GetAtt": [key, "Arn"]}


def actions_of(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions
