"""`sightline jobs` while a job runs; `tests.video.test_flow` has it work against a stack."""

from io import StringIO

import pytest
from rich.console import Console

from cli import jobs as command
from sightline.store import jobs
from tests.video.flow.conftest import Flow


def lines(width: int = 200) -> list[str]:
    shown = StringIO()
    Console(width=width, file=shown).print(command._listing(20, width))
    return shown.getvalue().splitlines()


def test_jobs_are_listed_with_what_is_done_of_them(flow: Flow) -> None:
    flow.s3.put_object(Bucket="photos", Key="\x1b[31mclip.mp4", Body=b"none")
    video = {"S3Object": {"Bucket": "photos", "Name": "\x1b[31mclip.mp4"}}
    failed = flow.start(Video=video)
    flow.run()
    running = flow.start()
    assert "–" in lines()[1]
    flow.poll("SIGHTLINE_VIDEO_PLAN_QUEUE")
    assert "0/2" in lines()[1]
    flow.poll("SIGHTLINE_VIDEO_LABELS_QUEUE")
    _, first, second, reason = lines()
    assert first.startswith(running[:12])
    assert "IN_PROGRESS" in first
    assert "1/2" in first
    assert "━" in first
    assert "×, " in first
    assert "frames/s" in first
    assert " min " in first
    assert second.startswith(failed[:12])
    assert "FAILED" in second
    assert reason == f"{failed[:12]} FAILED: Unsupported codec/format."
    assert "photos/\\x1b[31mclip.mp4" in second
    flow.run()
    assert "2/2" in lines()[1]


def test_a_narrow_terminal_has_a_line_for_each_job(flow: Flow) -> None:
    """Whole operations, states and times; of a video its name, as far as it fits."""
    key = "2026/holiday/" + "a long name " * 8 + ".mp4"
    flow.s3.put_object(Bucket="photos", Key=key, Body=b"none")
    video = {"S3Object": {"Bucket": "photos", "Name": key}}
    failed = flow.start("celebrity_recognition", Video=video)
    flow.run()
    running = flow.start()
    flow.poll("SIGHTLINE_VIDEO_PLAN_QUEUE")
    flow.poll("SIGHTLINE_VIDEO_LABELS_QUEUE")
    heading, first, second, reason = lines(80)
    assert heading.split() == ["job", "operation", "video", "state", "pieces", "left"]
    assert first.split()[:3] == [running[:12], "LabelDetection", "clip.mp4"]
    assert set(first.split()[3]) <= {"━", "╸"}  # a bar, while it runs
    assert first.split()[4] == "1/2"
    assert " min " in first
    assert first.rstrip().endswith(" s")
    assert second.split()[:4] == [failed[:12], "CelebrityRecognition", "a", "long"]
    assert second.split()[-2:] == ["FAILED", "–"]
    assert "…" in second
    assert reason == f"{failed[:12]} FAILED: Unsupported codec/format."


def test_speed_and_time_left_are_those_of_the_video(flow: Flow) -> None:
    flow.start()
    flow.poll("SIGHTLINE_VIDEO_PLAN_QUEUE")
    flow.poll("SIGHTLINE_VIDEO_LABELS_QUEUE")
    (job,) = jobs.running()
    assert job.done == {0}
    rate = command.speed(job, job.created + 30)
    assert rate == pytest.approx(2.0)
    assert command.remaining(job, rate) == pytest.approx(0.75)
