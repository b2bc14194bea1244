"""SegmentDetection: shots and technical cues, exact to the frame, in whatever pieces they come."""

from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sightline.domain.video.kinds import Element
from tests.video import programme
from tests.video.making import Make, Pixels, Track, plain, video
from tests.video.work import done

BOTH = {"SegmentTypes": ["TECHNICAL_CUE", "SHOT"]}
BLACK = plain((0, 0, 0), *programme.SIZE)


def segments(data: bytes, request: dict[str, Any] | None = None, pieces: int = 1) -> list[Element]:
    lists, _ = done("SegmentDetection", data, request or BOTH, pieces)
    return lists["TIMESTAMP"]


def shots(data: bytes, pieces: int = 1) -> list[tuple[int, int]]:
    """First and last frame of each shot."""
    return [
        (each["StartFrameNumber"], each["EndFrameNumber"])
        for each in segments(data, {"SegmentTypes": ["SHOT"]}, pieces)
    ]


def cues(
    data: bytes, filters: dict[str, Any] | None = None, pieces: int = 1
) -> list[tuple[str, int, int]]:
    """What each technical cue is, its first frame and the first after it."""
    request: dict[str, Any] = {"SegmentTypes": ["TECHNICAL_CUE"], "Filters": filters or {}}
    return [
        (
            each["TechnicalCueSegment"]["Type"],
            each["StartFrameNumber"],
            each["EndFrameNumber"],
        )
        for each in segments(data, request, pieces)
    ]


def film(frames: list[Pixels], **more: Any) -> bytes:
    return video(frames, Make(coding={"preset": "ultrafast"}, **more))


@cache
def three_scenes(**more: Any) -> bytes:
    frames = programme.scene(0, 20) + programme.scene(1, 15) + programme.scene(2, 25)
    return film(frames, **more)


def test_a_cut_is_the_first_frame_of_the_new_shot() -> None:
    assert shots(three_scenes()) == [(0, 19), (20, 34), (35, 59)]


def test_pieces_do_not_matter() -> None:
    """Their seams lie inside shots, at cuts, in black and in the credits."""
    whole = segments(programme.broadcast())
    assert segments(programme.broadcast(), pieces=8) == whole
    assert segments(programme.broadcast(), pieces=3) == whole


def test_a_programme_is_told_apart_to_the_frame() -> None:
    assert cues(programme.broadcast()) == programme.CUES


def test_technical_cues_touch_and_shots_leave_a_hole() -> None:
    found = segments(programme.broadcast())
    kinds = [each["Type"] for each in found]
    assert kinds == sorted(kinds, reverse=True)  # TECHNICAL_CUE was asked for first
    technical = [each for each in found if each["Type"] == "TECHNICAL_CUE"]
    for one, other in pairwise(technical):
        assert one["EndFrameNumber"] == other["StartFrameNumber"]
        assert one["EndTimestampMillis"] == other["StartTimestampMillis"]
    seen = [each for each in found if each["Type"] == "SHOT"]
    assert [each["ShotSegment"]["Index"] for each in seen] == list(range(len(seen)))
    for one, other in pairwise(seen):
        assert one["EndFrameNumber"] < other["StartFrameNumber"]
    for each in found:
        assert each["DurationFrames"] == each["EndFrameNumber"] - each["StartFrameNumber"]
        times = each["EndTimestampMillis"] - each["StartTimestampMillis"]
        assert each["DurationMillis"] == times


def test_types_come_in_the_order_they_were_asked_for() -> None:
    lists, merged = done("SegmentDetection", three_scenes(), {"SegmentTypes": ["SHOT", "SHOT"]})
    assert [each["Type"] for each in lists["TIMESTAMP"]] == ["SHOT"] * 3
    selected = [{"Type": "SHOT", "ModelVersion": "2.0"}]
    assert merged.answer == {"SelectedSegmentTypes": selected}
    found = segments(three_scenes(), {"SegmentTypes": ["SHOT", "TECHNICAL_CUE"]})
    assert [each["Type"] for each in found] == ["SHOT"] * 3 + ["TECHNICAL_CUE"]


@pytest.mark.parametrize("length", [6, 14, 30])
def test_a_dissolve_belongs_to_no_shot(length: int) -> None:
    frames = programme.dissolved(programme.scene(0, 60), programme.scene(1, 60), length)
    (first, last), (start, end) = shots(film(frames))
    assert (first, end) == (0, len(frames) - 1)
    assert abs(last - (59 - length)) <= 1
    assert abs(start - 60) <= 1


def test_a_fade_through_black_is_one_transition() -> None:
    dark = [BLACK] * 26
    out = programme.dissolved(programme.scene(0, 40), dark, 10)
    frames = programme.dissolved(out, programme.scene(1, 40), 10)
    (_, last), (start, _) = shots(film(frames))
    assert abs(last - 29) <= 1
    assert abs(start - 56) <= 1


@pytest.mark.parametrize("frames", [1, 3])
def test_a_flash_is_no_cut(frames: int) -> None:
    shown = programme.scene(0, 40)
    for number in range(18, 18 + frames):
        shown[number] = (shown[number] // 4 + 190).astype(np.uint8)
    assert shots(film(shown)) == [(0, 39)]


def test_a_fast_pan_and_new_light_are_no_cuts() -> None:
    pan = [programme.view(0, 9 * number) for number in range(40)]
    assert shots(film(pan)) == [(0, 39)]
    lit = programme.scene(0, 40)
    lit[20:] = [(each * 0.8).astype(np.uint8) for each in lit[20:]]
    assert shots(film(lit)) == [(0, 39)]


def blackout(*parts: tuple[int, float]) -> bytes:
    """Two seconds of black between two scenes, and its sound."""
    frames = programme.scene(0, 25) + [BLACK] * 50 + programme.scene(1, 25)
    return film(frames, tracks=[Track(parts)] if parts else ())


def test_silent_black_is_a_cue_and_black_with_sound_is_content() -> None:
    silent = [("Content", 0, 25), ("BlackFrames", 25, 75), ("Content", 75, 100)]
    assert cues(blackout()) == silent
    assert cues(blackout((1000, 0.3), (2000, 0.0), (1000, 0.3))) == silent
    assert cues(blackout((4000, 0.3))) == [("Content", 0, 100)]
    half = cues(blackout((2000, 0.3), (2000, 0.0)))
    assert [kind for kind, _, _ in half] == ["Content", "BlackFrames", "Content"]
    assert abs(half[1][1] - 50) <= 2
    assert half[1][2] == 75


def test_how_black_is_black_is_the_callers() -> None:
    grey = plain((30, 30, 30), *programme.SIZE)
    spotted = BLACK.copy()
    spotted[:54] = 200  # 30 % of the picture
    shown = programme.scene(0, 25) + [grey] * 25 + [spotted] * 25
    data = film(shown)
    assert ("BlackFrames", 25, 50) in cues(data)
    strict = {"TechnicalCueFilter": {"BlackFrame": {"MaxPixelThreshold": 0.05}}}
    assert cues(data, strict) == [("Content", 0, 75)]
    loose = {"TechnicalCueFilter": {"BlackFrame": {"MinCoveragePercentage": 60}}}
    assert ("BlackFrames", 25, 75) in cues(data, loose)


def test_segments_that_are_not_sure_enough_are_left_out() -> None:
    found = segments(
        programme.broadcast(),
        BOTH | {"Filters": {"TechnicalCueFilter": {"MinSegmentConfidence": 95}}},
    )
    kept = {each["TechnicalCueSegment"]["Type"] for each in found if "TechnicalCueSegment" in each}
    assert kept == {"ColorBars", "BlackFrames"}
    assert [each for each in found if each["Type"] == "SHOT"]


def test_a_logo_stands_between_black_before_the_programme() -> None:
    start = [BLACK] * 15 + [programme.emblem()] * 50 + [BLACK] * 15
    found = cues(film(start + programme.scene(0, 60)))
    assert found == [
        ("BlackFrames", 0, 15),
        ("StudioLogo", 15, 65),
        ("BlackFrames", 65, 80),
        ("Content", 80, 140),
    ]
    assert ("StudioLogo", 75, 125) not in cues(film(programme.scene(0, 60) + start))


def test_credits_may_be_cards_that_follow_each_other() -> None:
    cast = [
        programme.card("Directed by", "Marta Oliveira"),
        programme.card("Music", "H. M. Lind and Friends"),
    ]
    shown = programme.scene(0, 60) + programme.scene(1, 60)
    shown += [each for card in cast for each in [card] * 35] + [BLACK] * 15
    found = [("Content", 0, 120), ("EndCredits", 120, 190), ("BlackFrames", 190, 205)]
    assert cues(film(shown)) == found


@pytest.mark.parametrize(
    ("kind", "size"),
    [("smptebars", (720, 486)), ("smptehdbars", (320, 180)), ("pal75bars", (352, 288))],
)
def test_colour_bars_of_all_makes(kind: str, size: tuple[int, int]) -> None:
    frames = [programme.bars(kind, size)] * 25 + [plain((90, 120, 80), *size)] * 10
    assert cues(film(frames)) == [("ColorBars", 0, 25), ("Content", 25, 35)]


@pytest.mark.parametrize(
    "more",
    [{"pixels": "yuv420p10le"}, {"pixels": "yuvj420p"}, {"pixels": "yuv444p"}],
    ids=["10-bit", "full range", "4:4:4"],
)
def test_any_samples(more: dict[str, str]) -> None:
    frames = programme.scene(0, 20) + [BLACK] * 15 + programme.scene(1, 15)
    data = film(frames, **more)
    assert shots(data) == [(0, 19), (20, 34), (35, 49)]
    assert cues(data)[1] == ("BlackFrames", 20, 35)


def test_odd_sizes() -> None:
    frames = [each[:135, :241] for each in programme.scene(0, 20) + programme.scene(1, 20)]
    assert shots(film(frames, pixels="yuv444p")) == [(0, 19), (20, 39)]


def test_a_variable_rate_tells_when_frames_are_due() -> None:
    times = [40 * n for n in range(20)] + [800 + 100 * n for n in range(20)]
    data = film(programme.scene(0, 30) + programme.scene(1, 10), times=times)
    one, other = segments(data, {"SegmentTypes": ["SHOT"]})
    assert (one["StartTimestampMillis"], one["EndTimestampMillis"]) == (0, 1700)
    assert (other["StartFrameNumber"], other["StartTimestampMillis"]) == (30, 1800)


def test_timecodes_keep_to_the_clock_where_frames_are_seconds_apart() -> None:
    """Also two frames so far apart that there is less than one in an hour."""
    for apart in (2_000, 1_500_000, 5_400_000):
        data = film([programme.view(0, 0), programme.view(1, 0)], times=[0, apart])
        one, other = segments(data, {"SegmentTypes": ["SHOT"]})
        assert (one["StartTimestampMillis"], one["StartTimecodeSMPTE"]) == (0, "00:00:00:00")
        assert other["StartTimestampMillis"] == apart
        hours, minutes, seconds = apart // 3_600_000, apart // 60_000 % 60, apart // 1000 % 60
        assert other["StartTimecodeSMPTE"] == f"{hours:02}:{minutes:02}:{seconds:02}:00"
        (cue,) = segments(data, {"SegmentTypes": ["TECHNICAL_CUE"]})
        assert cue["DurationMillis"] == apart + 40
        assert cue["DurationSMPTE"] == cue["EndTimecodeSMPTE"] == other["StartTimecodeSMPTE"]


def test_milliseconds_are_rounded_down_and_labels_dropped() -> None:
    data = three_scenes(fps=Fraction(30000, 1001))
    found = segments(data, {"SegmentTypes": ["SHOT"]})
    assert [each["StartTimestampMillis"] for each in found] == [0, 667, 1167]
    assert [each["StartTimecodeSMPTE"] for each in found] == [
        "00:00:00;00",
        "00:00:00;20",
        "00:00:01;05",
    ]
