"""Loudness is that of the tracks, at its time, wherever the video is cut."""

from io import BytesIO

import numpy as np
import pytest

from sightline.domain.video.kinds import Span
from sightline.video import sound
from sightline.video.frames import open_video
from sightline.video.sound import Sound
from tests.video.making import Make, Track, numbered, video

FRAMES = numbered(50)  # two seconds
LOUD = 0.5 / 2**0.5  # of a tone of amplitude 0.5


def loudness(make: Make, *spans: Span) -> list[Sound]:
    with open_video(BytesIO(video(FRAMES, make))) as opened:
        return [opened.sound(each) for each in spans]


@pytest.mark.parametrize(
    ("container", "codec", "rate", "channels"),
    [
        ("mp4", "aac", 48_000, 1),
        ("mp4", "aac", 44_100, 2),
        ("mp4", "libmp3lame", 44_100, 2),
        ("mov", "pcm_s16le", 48_000, 2),
        ("mov", "pcm_s24le", 48_000, 1),
        ("avi", "pcm_u8", 22_050, 2),
        ("avi", "libmp3lame", 44_100, 1),
    ],
)
def test_a_tone_and_silence(container: str, codec: str, rate: int, channels: int) -> None:
    track = Track([(1000, 0.5), (1000, 0)], codec, rate, 441, channels)
    (found,) = loudness(Make(container=container, tracks=[track]), Span(0, 2000))
    assert found.loudness.shape == (200,)
    assert found.loudness[10:95] == pytest.approx(np.full(85, LOUD), rel=0.15)
    assert found.loudness[115:190].max() < 0.005  # 8 bits round silence to a step


def test_the_loudest_track_counts() -> None:
    tracks = [Track([(1000, 0), (1000, 0.5)]), Track([(1000, 0.1), (1000, 0)])]
    (found,) = loudness(Make(tracks=tracks), Span(0, 2000))
    assert found.loudness[20:80] == pytest.approx(np.full(60, 0.1 / 2**0.5), rel=0.15)
    assert found.loudness[120:180] == pytest.approx(np.full(60, LOUD), rel=0.15)


def test_without_a_track_there_is_silence() -> None:
    (found,) = loudness(Make(), Span(0, 2000))
    assert found.loudness.tolist() == [0] * 200


def test_a_track_that_starts_late() -> None:
    (found,) = loudness(Make(tracks=[Track([(1000, 0.5)], start=800)]), Span(0, 2000))
    assert found.loudness[:70].max() == 0
    assert found.loudness[90:170].min() > 0.3


def test_what_is_after_the_end_is_left_out() -> None:
    (found,) = loudness(Make(tracks=[Track([(5000, 0.5)])]), Span(1500, 10**9))
    assert found.loudness.shape == (50,)


def test_parts_are_the_whole_wherever_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "WINDOW", 400)
    tracks = [Track([(300, 0.5), (300, 0.01), (1400, 0.2)]), Track([(2000, 0.1)], "libmp3lame")]
    spans = [Span(0, 330), Span(330, 900), Span(900, 910), Span(910, 2000)]
    whole, *parts = loudness(Make(tracks=tracks), Span(0, 2000), *spans)
    assert np.concatenate([each.loudness for each in parts]).tolist() == whole.loudness.tolist()


def test_pictures_are_read_as_before_afterwards() -> None:
    with open_video(BytesIO(video(FRAMES, Make(tracks=[Track([(2000, 0.5)])])))) as opened:
        pictures = [each.milliseconds for each in opened.pictures(Span(0, 2000))]
        opened.sound(Span(0, 2000))
        assert [each.milliseconds for each in opened.pictures(Span(0, 2000))] == pictures


@pytest.mark.parametrize(
    ("container", "codec", "header", "damage"),
    [
        ("mp4", "aac", b"\x40\x15\x00\x00\x00", b"\xb1"),  # esds: the object type of VP9
        ("avi", "pcm_s16le", b"\x01\x00\x01\x00\x80\xbb", b"\x01\x00\x00\x00"),  # WAVEFORMAT
    ],
    ids=["a codec of pictures", "no channels"],
)
def test_a_track_that_nothing_can_play_is_silent(
    container: str, codec: str, header: bytes, damage: bytes
) -> None:
    made = Make(container=container, tracks=[Track([(400, 0.5)], codec)])
    data = bytearray(video(FRAMES[:10], made))
    place = data.index(header)
    data[place : place + len(damage)] = damage
    with open_video(BytesIO(bytes(data))) as opened:
        assert opened.sound(Span(0, 400)).loudness.max() == 0
        assert sum(1 for _ in opened.pictures(Span(0, 400))) == 10
