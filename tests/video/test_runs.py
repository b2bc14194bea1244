"""What counts as seen without a break."""

from collections.abc import Sequence

import pytest

from sightline.domain.video.runs import Run, Sample, runs
from sightline.settings import video_step


def lasting(*seen: str, times: Sequence[int] | None = None, duration: int = 60_000) -> list[Run]:
    """The runs of a video by start, from the letters that each sampled frame shows."""
    when = times or range(0, 500 * len(seen), 500)
    samples = [
        Sample(time, dict.fromkeys(letters, 60.0)) for time, letters in zip(when, seen, strict=True)
    ]
    return sorted(runs(samples, 500, duration), key=lambda run: (run.start, run.name))


def spans(found: list[Run]) -> list[tuple[str, int, int]]:
    return [(run.name, run.start, run.end) for run in found]


def test_a_run_lasts_until_the_first_frame_without_it() -> None:
    assert spans(lasting("a", "a", "", "", "a", "")) == [("a", 0, 1000), ("a", 2000, 2500)]


def test_one_frame_without_it_does_not_end_a_run() -> None:
    assert spans(lasting("a", "", "a", "", "", "")) == [("a", 0, 1500)]


def test_two_frames_without_it_end_a_run() -> None:
    assert spans(lasting("a", "", "", "a", "")) == [("a", 0, 500), ("a", 1500, 2000)]


def test_runs_of_different_things_know_nothing_of_each_other() -> None:
    found = lasting("ab", "b", "", "a", "ab")
    assert spans(found) == [("a", 0, 500), ("b", 0, 1000), ("a", 1500, 2500), ("b", 2000, 2500)]


def test_the_last_frame_stands_for_a_step_but_not_beyond_the_video() -> None:
    assert spans(lasting("a", "a")) == [("a", 0, 1000)]
    assert spans(lasting("a", "a", duration=720)) == [("a", 0, 720)]


def test_a_video_whose_header_says_too_little_has_no_run_that_ends_before_it_began() -> None:
    assert spans(lasting("", "a", duration=400)) == [("a", 500, 500)]


def test_a_picture_that_stands_still_is_seen_until_the_next_one() -> None:
    found = lasting("a", "a", "b", times=[0, 480, 9000], duration=9100)
    assert spans(found) == [("a", 0, 9000), ("b", 9000, 9100)]


def test_a_video_without_frames_has_no_runs() -> None:
    assert lasting() == []


def test_a_run_is_as_sure_as_its_surest_frame_and_so_is_what_is_said_of_its_frames() -> None:
    samples = [
        Sample(0, {"a": 60.0}, {"Animated": 70.0}),
        Sample(500, {"a": 90.0}),
        Sample(1000, {"a": 80.0}, {"Animated": 60.0, "Illustrated": 55.0}),
        Sample(1500, {}, {"Animated": 99.0}),
    ]
    (run,) = runs(samples, 500, 2000)
    assert run.confidence == 90.0
    assert run.whole == {"Animated": 70.0, "Illustrated": 55.0}


@pytest.mark.parametrize(("said", "step"), [("0.5", 2000), ("2", 500), ("3", 333), ("100", 10)])
def test_the_setting_says_how_many_frames_are_looked_at(
    monkeypatch: pytest.MonkeyPatch, said: str, step: int
) -> None:
    monkeypatch.setenv("SIGHTLINE_VIDEO_FPS", said)
    assert video_step() == step


@pytest.mark.parametrize("said", ["0", "-1", "101", "nan", "two"])
def test_a_setting_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("SIGHTLINE_VIDEO_FPS", said)
    with pytest.raises(ValueError, match=said):
        video_step()
