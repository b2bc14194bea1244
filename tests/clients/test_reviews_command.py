"""`sightline reviews` against a running stack."""

import json
from pathlib import Path

import pytest

from tests.local.process import Server, run

CONDITIONS = {
    "Conditions": [
        {"ConditionType": "Sampling", "ConditionParameters": {"RandomSamplingPercentage": 100}}
    ]
}


def test_a_flow_definition_works_from_when_it_is_put_until_it_is_removed(
    server: Server, astronaut: Path, tmp_path: Path
) -> None:
    def reviews(*arguments: str) -> tuple[int, str]:
        done = run("reviews", *arguments, "--endpoint-url", server.endpoint, folder=tmp_path)
        return done.returncode, done.stdout + done.stderr

    def answered() -> dict[str, object]:
        answer: dict[str, object] = server.client("rekognition").detect_moderation_labels(
            Image={"Bytes": astronaut.read_bytes()},
            HumanLoopConfig={
                "HumanLoopName": "loop",
                "FlowDefinitionArn": "arn:aws:sagemaker:us-east-1:123456789012"
                ":flow-definition/everything",
            },
        )["HumanLoopActivationOutput"]
        return answer

    (tmp_path / "bad.json").write_text('{"Conditions": []}')
    (tmp_path / "good.json").write_text(json.dumps(CONDITIONS))
    assert reviews("put", "everything", "bad.json")[0] == 1
    assert reviews("put", "No Name", "good.json")[0] == 1
    assert reviews("put", "everything", "good.json")[0] == 0
    assert "everything" in reviews("list")[1]
    assert "RandomSamplingPercentage" in reviews("list")[1]
    assert str(answered()["HumanLoopArn"]).endswith("human-loop/loop")
    queue = server.client("sqs").get_queue_url(QueueName="sightline-reviews")["QueueUrl"]
    got = server.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert [json.loads(each["Body"])["HumanLoopName"] for each in got] == ["loop"]
    assert reviews("resume") == (0, "0 sent.\n")
    assert reviews("remove", "everything")[0] == 0
    assert reviews("remove", "everything")[0] == 1
    assert reviews("list") == (0, "")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("[" * 100_000, "file.json is nested too deep"),
        ("{bad", "file.json is not JSON"),
        (
            json.dumps(
                {
                    "Conditions": [
                        {
                            "ConditionType": "ModerationLabelConfidenceCheck",
                            "ConditionParameters": {
                                "ModerationLabelName": "NoSuchLabel",
                                "ConfidenceLessThan": 50,
                            },
                        }
                    ]
                }
            ),
            "NoSuchLabel",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    server: Server, tmp_path: Path, content: str, error: str
) -> None:
    (tmp_path / "file.json").write_text(content)
    at = ("--endpoint-url", server.endpoint)
    done = run("reviews", "put", "doubtful", "file.json", *at, folder=tmp_path)
    assert done.returncode == 1
    assert error in done.stderr
    assert len(done.stderr.splitlines()) == 1
