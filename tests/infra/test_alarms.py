"""The operator is told of what goes wrong, in few alarms, each to the topic that stays."""

import json
from typing import Any

import pytest

from infra.functions import Kind, functions
from infra.rights import VIDEO_STEPS
from tests.infra.conftest import of_type
from tests.templates import Template

NAMES = {each.id for each in functions()}
ANSWERING = {each.id for each in functions() if each.kind is not Kind.WORKER}


def watched(api: Template, suffix: str, metric: str) -> list[str]:
    """Ids of the functions whose metric is in alarms of that name."""
    return [
        dimension["Value"]["Ref"].split("Function")[0]
        for alarm in of_type(api, "CloudWatch::Alarm").values()
        if alarm["AlarmName"].endswith(suffix)
        for each in alarm.get("Metrics", [])
        if each.get("MetricStat", {}).get("Metric", {}).get("MetricName") == metric
        for dimension in each["MetricStat"]["Metric"]["Dimensions"]
    ]


@pytest.mark.parametrize(
    ("suffix", "metric", "expected"),
    [
        ("Errors", "Errors", NAMES),
        ("Throttles", "Throttles", NAMES),
        ("Latency", "Duration", ANSWERING),
    ],
)
def test_every_function_is_watched_once(
    api: Template, suffix: str, metric: str, expected: set[str]
) -> None:
    assert sorted(watched(api, suffix, metric)) == sorted(expected)


def test_latency_is_that_of_the_slowest_percent(api: Template) -> None:
    found = [
        each["MetricStat"]["Stat"]
        for alarm in of_type(api, "CloudWatch::Alarm").values()
        if alarm["AlarmName"].endswith("Latency")
        for each in alarm["Metrics"]
        if "MetricStat" in each
    ]
    assert set(found) == {"p99"}


def test_what_callers_wait_is_watched_with_the_start_of_a_process(api: Template) -> None:
    (alarm,) = (
        each
        for each in of_type(api, "CloudWatch::Alarm").values()
        if each.get("MetricName") == "Latency"
    )
    assert alarm["Namespace"] == "AWS/ApiGateway"
    assert alarm["ExtendedStatistic"] == "p99"
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["Period"]) == (10_000, 3, 300)


def test_queues_are_watched(api: Template) -> None:
    found: dict[tuple[str, float], set[str]] = {}
    for alarm in of_type(api, "CloudWatch::Alarm").values():
        for each in alarm.get("Metrics", [{"MetricStat": {"Metric": alarm}}]):
            metric = each.get("MetricStat", {}).get("Metric", {})
            if metric.get("Namespace") == "AWS/SQS":
                queue = metric["Dimensions"][0]["Value"]["Fn::ImportValue"].split("Att")[1]
                name = queue.split("Queue")[0].rstrip("0123456789ABCDEF")
                found.setdefault((metric["MetricName"], alarm["Threshold"]), set()).add(name)
    steps = {f"Video{step.title()}" for step in VIDEO_STEPS}
    assert found == {
        ("ApproximateNumberOfMessagesVisible", 0): {
            "UploadsDead",
            "ReviewsDead",
            "CompactionDead",
        },
        ("ApproximateAgeOfOldestMessage", 900): {"Uploads"},
        ("ApproximateAgeOfOldestMessage", 3600): {*steps, "Media", "Compaction"},
    }


def test_a_job_that_fails_for_no_fault_of_its_video_is_told(api: Template) -> None:
    """Its dead letter is gone once the worker has it, so it is the worker's starts that count."""
    assert watched(api, "JobsFailed", "Invocations") == ["FailVideo", "MediaFailures"]


def test_an_answer_of_500_is_told_though_lambda_sees_no_error(api: Template) -> None:
    (alarm,) = (
        each
        for each in of_type(api, "CloudWatch::Alarm").values()
        if each.get("MetricName") == "5XXError"
    )
    assert alarm["Namespace"] == "AWS/ApiGateway"


def test_alarms_reach_the_topic_and_stay_quiet_without_calls(api: Template) -> None:
    alarms = of_type(api, "CloudWatch::Alarm").values()
    assert len(alarms) <= 40
    for alarm in alarms:
        for actions in (alarm["AlarmActions"], alarm["OKActions"]):
            (topic,) = actions
            assert "Alarms" in topic["Fn::ImportValue"]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert len([each for each in alarm.get("Metrics", []) if "MetricStat" in each]) <= 10


def test_cloudwatch_may_publish(state: Template) -> None:
    published: list[dict[str, Any]] = [
        statement
        for policy in of_type(state, "SNS::TopicPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Principal") == {"Service": "cloudwatch.amazonaws.com"}
    ]
    (allowed,) = published
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Resource"]["Ref"].startswith("Alarms")


def test_one_dashboard_shows_every_function(api: Template) -> None:
    (dashboard,) = of_type(api, "CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["DashboardBody"])
    assert {name for name in NAMES if f'"{name}Function' in body} == NAMES
    for metric in ("ColdStarts", "ModelTime", "5XXError", "ApproximateAgeOfOldestMessage"):
        assert metric in body
