"""A caller's topic that cannot be told of a job: it keeps the job from nothing."""

from sightline.domain.video import rescue
from sightline.store import aws, notices
from tests.video.flow.conftest import Flow


def test_a_topic_that_is_gone_stops_nothing_and_is_told_when_it_is_back(flow: Flow) -> None:
    gone = f"{flow.topic}-gone"
    channel = {"SNSTopicArn": gone, "RoleArn": "arn:aws:iam::123456789012:role/any"}
    job_id = flow.start(NotificationChannel=channel)
    flow.run()
    assert flow.get(job_id)["JobStatus"] == "SUCCEEDED"
    assert flow.held() == {"slots": 0, "notices": 1}
    rescue.sweep()
    assert flow.held() == {"slots": 0, "notices": 1}
    aws.sns().create_topic(Name=gone.rsplit(":", 1)[1])
    rescue.sweep()
    assert flow.held() == {"slots": 0, "notices": 0}


def test_a_topic_that_stays_away_is_given_up(flow: Flow) -> None:
    aws.sns().delete_topic(TopicArn=flow.topic)
    flow.start()
    flow.run()
    for _ in range(notices.TRIES - 1):
        assert flow.held() == {"slots": 0, "notices": 1}
        rescue.sweep()
    assert flow.held() == {"slots": 0, "notices": 0}
