"""`sightline reviews` against a running stack."""

import json
from pathlib import Path

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
