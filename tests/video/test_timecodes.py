"""Timecodes count frames as editors do, or tell the time where the rate is no standard's."""

from fractions import Fraction

import numpy as np
import pytest

from sightline.domain.video.segment_detection import Clock
from sightline.domain.video.timecode import exact, timecode


@pytest.mark.parametrize(
    ("frame", "rate", "code"),
    [
        (299, Fraction(30000, 1001), "00:00:09;29"),
        (1799, Fraction(30000, 1001), "00:00:59;29"),
        (1800, Fraction(30000, 1001), "00:01:00;02"),
        (17981, Fraction(30000, 1001), "00:09:59;29"),
        (17982, Fraction(30000, 1001), "00:10:00;00"),
        (107892, Fraction(30000, 1001), "01:00:00;00"),
        (3600, Fraction(60000, 1001), "00:01:00;04"),
        (215784, Fraction(60000, 1001), "01:00:00;00"),
        (1440, Fraction(24000, 1001), "00:01:00:00"),
        (90000, Fraction(25), "01:00:00:00"),
        (61, Fraction(60), "00:00:01:01"),
    ],
)
def test_timecodes(frame: int, rate: Fraction, code: str) -> None:
    assert timecode(frame, rate) == code


def test_a_files_average_stands_for_a_standard_rate() -> None:
    assert exact(29.97) == exact(29.97003) == Fraction(30000, 1001)
    assert exact(59.9399) == Fraction(60000, 1001)
    assert exact(23.976) == Fraction(24000, 1001)
    assert exact(25.0001) == 25
    assert exact(17.5) == Fraction(35, 2)
    assert exact(0.5) == Fraction(1, 2)
    assert exact(2 / 5400.04) == pytest.approx(2 / 5400.04, rel=1e-6)


@pytest.mark.parametrize("rate", [Fraction(14), Fraction(35, 2), Fraction(30000, 1001)])
def test_timecodes_of_a_variable_rate_keep_to_the_clock(rate: Fraction) -> None:
    """They tell no other second than the milliseconds, whatever the average rate is."""
    times = np.cumsum([0] + [33, 100] * 900 + [24]).astype(np.int32)
    clock = Clock.of(times, rate, 119_974)
    found = clock.segment("SHOT", 0, len(times), {})
    assert found["EndTimestampMillis"] == 119_974
    assert found["EndTimecodeSMPTE"] == found["DurationSMPTE"]
    assert found["EndTimecodeSMPTE"][:9] == "00:01:59:"
    for frame, due in enumerate(times.tolist()):
        code = clock.segment("SHOT", frame, frame, {})["StartTimecodeSMPTE"]
        assert int(code[3:5]) * 60 + int(code[6:8]) == due // 1000


def test_timecodes_of_a_constant_rate_that_is_no_standards_keep_to_the_clock() -> None:
    times = (np.arange(1051) * 1000 / 17.5).astype(np.int32)
    clock = Clock.of(times, Fraction(35, 2), 60_057)
    found = clock.segment("SHOT", 0, 1050, {})
    assert (found["EndTimestampMillis"], found["EndTimecodeSMPTE"]) == (60_000, "00:01:00:00")


def test_frames_of_a_clip_that_stops_keep_their_labels() -> None:
    """Thirty a second, due in milliseconds that are rounded down, with a hole of five seconds."""
    numbers = [*range(90), *range(240, 330)]
    times = np.array([number * 1000 // 30 for number in numbers], np.int32)
    clock = Clock.of(times, Fraction(30), 11_000)
    assert [clock.label(frame) for frame in range(len(numbers))] == numbers
