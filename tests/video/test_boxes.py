"""Files of a few bytes that claim an index of gigabytes are turned away before it is built."""

import zlib
from io import BytesIO

import pytest

from sightline.video import boxes
from sightline.video.frames import open_video
from sightline.video.probe import DAMAGED, MAX_SAMPLES, UNSUPPORTED, UnreadableVideo
from tests.video.making import Make, Track, numbered, video

FRAMES = numbered(10)
FRAGMENTS = Make(muxing={"movflags": "frag_keyframe+empty_moov"})
TOO_MANY = (
    f"Samples in the video file's index: {MAX_SAMPLES + 1} is more than the maximum limit of: "
    f"{MAX_SAMPLES} samples."
)


def refused(data: bytes) -> str:
    with pytest.raises(UnreadableVideo) as caught, open_video(BytesIO(data)):
        pass
    return caught.value.message


def edited(data: bytes, *changes: tuple[bytes, int, list[int]], last: bool = False) -> bytes:
    """A file with other numbers: each change is of a box, so many bytes after its name."""
    made = bytearray(data)
    for name, place, numbers in changes:
        at = (made.rindex(name) if last else made.index(name)) + 4 + place
        new = b"".join(each.to_bytes(4, "big") for each in numbers)
        made[at : at + len(new)] = new
    return bytes(made)


def sized(data: bytes, count: int) -> bytes:
    """The video with one size, of a byte, for each of so many samples."""
    return edited(data, (b"stsz", 4, [1, count]), (b"stsc", 12, [count]), (b"stts", 8, [count]))


def packed(data: bytes) -> bytes:
    """The file with a compressed index."""
    at = data.index(b"moov") - 4
    content = zlib.compress(data[at:])
    inner = b"cmvd" + len(data[at:]).to_bytes(4, "big") + content
    inner = b"\0\0\0\x0cdcomzlib" + (len(inner) + 4).to_bytes(4, "big") + inner
    return (
        data[:at]
        + (len(inner) + 16).to_bytes(4, "big")
        + b"moov"
        + (len(inner) + 8).to_bytes(4, "big")
        + b"cmov"
        + inner
    )


@pytest.mark.parametrize("name", [b"moov", b"free"], ids=["index", "spare"])
def test_a_size_for_more_samples_than_there_can_be(name: bytes) -> None:
    data = sized(video(FRAMES), MAX_SAMPLES + 1).replace(b"moov", name)
    assert len(data) < 10_000
    assert refused(data) == TOO_MANY


def test_more_samples_than_the_file_has_bytes() -> None:
    data = video(FRAMES)
    assert refused(sized(data, len(data) + 1)) == DAMAGED
    assert refused(edited(data, (b"stsz", 4, [len(data) // 9, 10]))) == DAMAGED


@pytest.mark.parametrize("table", [b"stts", b"ctts"])
def test_more_times_than_there_can_be(table: bytes) -> None:
    assert refused(edited(video(FRAMES), (table, 4, [MAX_SAMPLES + 1]))) == TOO_MANY


def test_a_fragment_without_anything_of_its_samples() -> None:
    data = video(FRAMES, FRAGMENTS)
    assert refused(edited(data, (b"trun", 0, [0, MAX_SAMPLES + 1]))) == TOO_MANY


def test_a_fragment_of_more_samples_than_it_has_room_for() -> None:
    data = video(FRAMES, FRAGMENTS)
    assert refused(edited(data, (b"trun", 4, [200]))) == DAMAGED


def test_a_compressed_index() -> None:
    data = video(FRAMES)
    assert refused(packed(data)) == UNSUPPORTED


def test_tables_where_nobody_puts_them() -> None:
    data = video(FRAMES).replace(b"edts", b"meta").replace(b"elst", b"stsz")
    assert refused(data) == DAMAGED


def test_more_boxes_than_a_video_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "MAX_BOXES", 10)
    assert refused(video(FRAMES)) == DAMAGED


def pcm() -> bytes:
    return video(FRAMES, Make(container="mov", tracks=[Track([(400, 0.5)], "pcm_s16le")]))


def test_samples_of_pcm_are_no_packets() -> None:
    data = pcm()
    assert boxes.index(BytesIO(data)).samples < 60
    long = edited(data, (b"stsz", 8, [6 * 3600 * 48_000]), last=True)
    with open_video(BytesIO(long)) as opened:
        assert [each.codec for each in opened.info.audio] == ["pcm_s16le"]


def test_chunks_of_more_pcm_than_there_can_be() -> None:
    data = edited(pcm(), (b"stsc", 8, [1, 0xFFFFFFFF, 1]), (b"stco", 4, [100]), last=True)
    assert "is more than the maximum limit of: 10800000 samples." in refused(data)


def test_an_index_that_is_cut_anywhere_is_damaged() -> None:
    data = video(FRAMES)
    start = data.index(b"moov")
    for end in range(start, len(data) - 200, 7):
        boxes.index(BytesIO(data[:end]))
    assert refused(data[: data.index(b"stsc") + 17]) == DAMAGED


class Counted(BytesIO):
    """Counts what is read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def test_little_is_read_of_a_good_file() -> None:
    data = video(numbered(100), Make(tracks=[Track([(4000, 0.5)])]))
    with Counted(data) as file:
        found = boxes.index(file)
        assert file.tell() == 0
        assert file.count < 4000 < len(data)
    assert len(found.tracks) == 3
    assert (found.whole, found.compressed) == (True, False)
    assert 280 < found.samples < 300


def test_only_the_first_fragments_of_a_long_file_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = video(FRAMES, Make(gop=1, b_frames=0, muxing=FRAGMENTS.muxing))
    assert boxes.index(BytesIO(data)).fragments == 10
    monkeypatch.setattr(boxes, "FAR", 500)
    monkeypatch.setattr(boxes, "MAX_FAR", 6)
    found = boxes.index(BytesIO(data))
    assert 0 < found.fragments < 10
    assert found.whole
    behind = data[: data.index(b"moov") - 4] + b"\0\0\2\0mdat".ljust(512, b"\0") * 6
    assert refused(behind + data[data.index(b"moov") - 4 :]) == DAMAGED
