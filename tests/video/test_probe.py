"""What is told of a file, and which files are turned away with which words."""

from dataclasses import asdict
from fractions import Fraction
from io import BytesIO

import pytest

from sightline.video import probe
from sightline.video.frames import open_video
from sightline.video.probe import AudioInfo, UnreadableVideo, VideoInfo
from tests.video.making import Make, Track, audio, numbered, video

FRAMES = numbered(25)
SIX_HOURS = 6 * 3600 * 1000
FIRST_OF_AN_MP4 = b"\0\0\0\x20ftypisom"


def info(data: bytes) -> VideoInfo:
    with open_video(BytesIO(data)) as opened:
        return opened.info


def refused(data: bytes) -> str:
    with pytest.raises(UnreadableVideo) as caught, open_video(BytesIO(data)):
        pass
    return caught.value.message


def test_an_mp4_with_two_tracks() -> None:
    tracks = [Track([(1000, 0.5)]), Track([(800, 0.1)], rate=44_100, channels=2)]
    assert info(video(FRAMES, Make(tracks=tracks))) == VideoInfo(
        codec="h264",
        format="QuickTime / MOV",
        duration=1000,
        frame_rate=25.0,
        width=64,
        height=48,
        color_range="LIMITED",
        audio=(AudioInfo("aac", 1000, 48_000, 1), AudioInfo("aac", 800, 44_100, 2)),
    )


def test_it_is_plain_data_for_the_steps_of_a_job() -> None:
    found = asdict(info(video(FRAMES, Make(tracks=[Track([(1000, 0.5)])]))))
    assert found["audio"] == (
        {"codec": "aac", "duration": 1000, "sample_rate": 48_000, "channels": 1},
    )


@pytest.mark.parametrize("container", ["mp4", "mov", "avi"])
def test_the_containers_that_are_taken(container: str) -> None:
    found = info(video(FRAMES, Make(container=container)))
    assert (found.codec, found.duration, found.frame_rate) == ("h264", 1000, 25.0)
    assert found.format.startswith("AVI" if container == "avi" else "QuickTime")


@pytest.mark.parametrize("codec", ["pcm_s16le", "libmp3lame"])
def test_the_sound_of_an_avi(codec: str) -> None:
    (found,) = info(
        video(FRAMES, Make(container="avi", tracks=[Track([(1000, 0.5)], codec)]))
    ).audio
    assert found.duration == pytest.approx(1000, abs=150)
    assert found.codec == {"libmp3lame": "mp3"}.get(codec, codec)


def test_a_rate_of_television() -> None:
    found = info(video(FRAMES, Make(fps=Fraction(30_000, 1001))))
    assert found.frame_rate == pytest.approx(29.97003, abs=1e-5)
    assert found.duration == 834


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (64, 48)), (90, (48, 64)), (180, (64, 48)), (270, (48, 64))]
)
def test_the_size_is_that_of_the_upright_picture(rotation: int, size: tuple[int, int]) -> None:
    found = info(video(FRAMES, Make(rotation=rotation)))
    assert (found.width, found.height) == size


def test_the_size_is_that_of_the_stored_pixels() -> None:
    found = info(video(FRAMES, Make(aspect=Fraction(64, 45))))
    assert (found.width, found.height) == (64, 48)


def test_an_odd_size() -> None:
    found = info(video(numbered(5, 63, 47), Make(pixels="yuv444p")))
    assert (found.width, found.height) == (63, 47)


def test_the_full_range() -> None:
    assert info(video(FRAMES, Make(pixels="yuvj420p"))).color_range == "FULL"


@pytest.mark.parametrize(
    "make",
    [
        Make(codec="mpeg4"),
        Make(codec="mjpeg", pixels="yuvj420p"),
        Make(container="avi", codec="mpeg4"),
        Make(container="matroska"),
        Make(container="webm", codec="libvpx"),
        Make(container="mpegts"),
    ],
    ids=["mpeg4", "mjpeg", "avi", "matroska", "webm", "mpegts"],
)
def test_other_codecs_and_containers_are_refused_in_the_services_words(make: Make) -> None:
    assert refused(video(FRAMES, make)) == "Unsupported codec/format."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The video file is empty."),
        (b"no video at all", "Unsupported codec/format."),
        (b"RIFF\0\0\0\0WAVEfmt ", "Unsupported codec/format."),
        (FIRST_OF_AN_MP4, probe.DAMAGED),
        (b"RIFF\0\0\0\0AVI LIST", probe.DAMAGED),
    ],
    ids=["empty", "text", "wave", "cut mp4", "cut avi"],
)
def test_what_is_no_video_is_refused(data: bytes, message: str) -> None:
    assert refused(data) == message


def test_sound_alone_is_refused() -> None:
    assert refused(audio(Track([(1000, 0.5)]))) == "The file has no video stream."


def test_a_playlist_that_names_other_files_is_not_followed() -> None:
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n"
    assert refused(playlist) == "Unsupported codec/format."
    assert refused(b"ffconcat version 1.0\nfile /etc/hostname\n") == "Unsupported codec/format."


def test_a_file_cut_before_its_index_is_refused() -> None:
    data = video(FRAMES)
    assert refused(data[: len(data) // 2]) == probe.DAMAGED


def test_a_video_without_a_frame_that_can_be_decoded_is_refused() -> None:
    data = bytearray(video(FRAMES, Make(muxing={"movflags": "faststart"})))
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    assert refused(bytes(data)) == probe.DAMAGED


def test_a_video_over_six_hours_is_refused() -> None:
    frames = numbered(3)
    assert info(video(frames, Make(times=[0, 40, SIX_HOURS - 100], b_frames=0))).duration > 0
    assert refused(video(frames, Make(times=[0, SIX_HOURS, SIX_HOURS + 40], b_frames=0))) == (
        f"Video duration in milliseconds: {SIX_HOURS + 80} is more than the maximum limit of: "
        f"{SIX_HOURS} milliseconds."
    )


def lying(data: bytes, ticks: int) -> bytes:
    """The file with other durations in its headers, and without the list that corrects them."""
    edited = bytearray(data.replace(b"edts", b"free"))
    for name, place in ((b"mdhd", 20), (b"mvhd", 20), (b"tkhd", 24)):
        at = edited.index(name) + place
        edited[at : at + 4] = ticks.to_bytes(4, "big")
    return bytes(edited)


@pytest.mark.parametrize("ticks", [0, 1, 0xFFFFFFFF])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_header_that_lies_is_not_believed(ticks: int, b_frames: int) -> None:
    assert info(lying(video(FRAMES, Make(b_frames=b_frames)), ticks)).duration == 1000


def test_a_single_frame_that_is_said_to_last_no_time_lasts_as_long_as_its_rate_says() -> None:
    assert info(lying(video(FRAMES[:1]), 0xFFFFFFFF)).duration == 40


def test_a_header_that_tells_of_the_last_frame_is_believed() -> None:
    data = video(FRAMES[:3], Make(times=[0, 40, 9000], b_frames=0))
    assert info(data).duration == 9040


def test_a_video_over_six_hours_with_a_header_that_lies_is_refused() -> None:
    data = video(numbered(3), Make(times=[0, SIX_HOURS, SIX_HOURS + 40], b_frames=0))
    assert "is more than the maximum limit of: 21600000 milliseconds." in refused(lying(data, 1))


def with_tracks(count: int) -> bytes:
    """A file whose track of sound is there so many times."""
    data = video(FRAMES, Make(tracks=[Track([(1000, 0.5)])]))
    index = data.index(b"moov") - 4  # behind the media, which so stay where they are
    track = data.rindex(b"trak") - 4
    end = track + int.from_bytes(data[track : track + 4], "big")
    added = b""
    for number in range(count - 1):
        copy = bytearray(data[track:end])
        at = copy.index(b"tkhd") + 16
        copy[at : at + 4] = (100 + number).to_bytes(4, "big")
        added += copy
    size = int.from_bytes(data[index : index + 4], "big") + len(added)
    return data[:index] + size.to_bytes(4, "big") + data[index + 4 : end] + added + data[end:]


def test_more_streams_than_a_job_can_listen_to_are_refused() -> None:
    assert len(info(with_tracks(31)).audio) == 31
    for count in (32, 900):
        assert refused(with_tracks(count)) == (
            f"Streams in the video file: {count + 1} is more than the maximum limit of: 32 streams."
        )


def test_more_streams_of_an_avi_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "MAX_STREAMS", 1)
    assert refused(
        video(FRAMES, Make(container="avi", tracks=[Track([(1000, 0.5)], "pcm_s16le")]))
    ) == ("Streams in the video file: 2 is more than the maximum limit of: 1 streams.")


def test_a_picture_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "MAX_FRAME", 64 * 48 * 3 // 2)
    assert info(video(FRAMES)).width == 64
    assert refused(video(FRAMES, Make(pixels="yuv444p10le"))) == (
        "Frame size in bytes: 18432 is more than the maximum limit of: 4608 bytes."
    )
