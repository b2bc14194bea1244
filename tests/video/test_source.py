"""Videos are read where they lie in S3: in parts, once, and only as long as they are the same."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import IncompleteReadError

from sightline.domain.video.kinds import Span
from sightline.errors import InvalidS3ObjectException, VideoTooLargeException
from sightline.store import aws, videos
from sightline.video.frames import open_video
from tests.video.making import Make, Track, numbered, video

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "films"
BLOCK = 1024


@pytest.fixture
def films(s3: "S3Client") -> "S3Client":
    """S3 with the bucket of the films."""
    s3.create_bucket(Bucket=BUCKET)
    return s3


@pytest.fixture
def requests(films: "S3Client", monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """The ranges that are asked for, as (first byte, bytes); blocks are small."""
    monkeypatch.setattr(videos, "BLOCK", BLOCK)
    monkeypatch.setattr(videos, "PAUSE", 0)
    asked: list[tuple[int, int]] = []

    def note(params: dict[str, Any], **_: object) -> None:
        first, last = params["Range"].removeprefix("bytes=").split("-")
        asked.append((int(first), int(last) + 1 - int(first)))

    events = aws.s3().meta.events
    events.register("provide-client-params.s3.GetObject", note)
    yield asked
    events.unregister("provide-client-params.s3.GetObject", note)


def put(data: bytes, key: str = "film.mp4") -> None:
    aws.s3().put_object(Bucket=BUCKET, Key=key, Body=data)


def opened(key: str = "film.mp4", **kwargs: Any) -> videos.StoredVideo:
    return videos.open_object(BUCKET, key, kwargs.pop("version", None), **kwargs)


def test_it_is_a_file(films: "S3Client", requests: list[tuple[int, int]]) -> None:
    data = bytes(range(256)) * 40
    put(data)
    with opened() as file:
        assert file.size == len(data)
        assert file.seekable()
        assert file.readable()
        assert io.BufferedReader(file).read() == data
        assert file.read(1) == b""
        assert file.seek(-3, io.SEEK_END) == len(data) - 3
        assert file.read(10) == data[-3:]
        assert file.seek(700) == 700
        assert file.seek(600, io.SEEK_CUR) == file.tell() == 1300
        assert file.read(5) == data[1300:1305]
        with pytest.raises(ValueError, match="before its start"):
            file.seek(-1)


def test_reads_in_turn_become_fewer_and_larger_requests(requests: list[tuple[int, int]]) -> None:
    data = bytes(40 * BLOCK + 7)
    put(data)
    with opened() as file:
        assert len(io.BufferedReader(file).read()) == len(data)
    assert [count // BLOCK for _, count in requests[:5]] == [1, 2, 4, 8, 16]
    assert sum(count for _, count in requests) == len(data)


def test_two_places_may_be_read_in_turn(requests: list[tuple[int, int]]) -> None:
    """As pictures and sound that lie far apart are."""
    data = bytes(number % 251 for number in range(60 * BLOCK))
    put(data)
    with opened() as file:
        for number in range(30):
            for place in (number, 30 + number):
                file.seek(place * BLOCK)
                assert file.read(BLOCK) == data[place * BLOCK :][:BLOCK]
    assert len(requests) <= 2 * 6
    assert sum(count for _, count in requests) <= 1.6 * len(data)


def test_only_so_much_is_kept(requests: list[tuple[int, int]]) -> None:
    put(bytes(3 * videos.KEPT_BLOCKS * BLOCK))
    with opened() as file:
        io.BufferedReader(file).read()
        assert len(file._blocks) <= videos.KEPT_BLOCKS
        file.seek(0)
        file.read(1)
    assert requests[-1] == (0, BLOCK)


@pytest.mark.parametrize("flags", ["", "faststart"], ids=["index behind", "index in front"])
def test_a_piece_reads_the_index_and_itself(requests: list[tuple[int, int]], flags: str) -> None:
    tracks = [Track([(24_000, 0.3)])]
    make = Make(tracks=tracks, gop=25, muxing={"movflags": flags} if flags else {})
    data = video(numbered(600, 96, 64), make)
    put(data)
    index = len(data) - len(data[data.index(b"mdat") :])
    index = index if flags else len(data) - data.index(b"moov")
    assert len(data) > 200_000
    with opened() as file, open_video(file) as film:
        probed = sum(count for _, count in requests)
        found = [picture.milliseconds for picture in film.pictures(Span(12_000, 13_000))]
        assert found == list(range(12_000, 13_000, 40))
        found = [frame.milliseconds for frame in film.frames(Span(12_000, 13_000), 500)]
        assert found == [12_000, 12_520]
    read = sum(count for _, count in requests)
    assert probed < index + 64 * BLOCK  # FFmpeg asks for 64 KiB at once
    assert read - probed < len(data) // 24 + 64 * BLOCK + videos.MAX_RUN * BLOCK
    assert read < 0.75 * len(data)


def test_a_replaced_object_is_not_read_on(films: "S3Client", requests: list[Any]) -> None:
    put(bytes(20 * BLOCK))
    stored = videos.head(BUCKET, "film.mp4", None)
    with opened(etag=stored.etag) as file:
        assert file.read(10) == bytes(10)
        put(bytes([1]) * 20 * BLOCK)
        file.seek(5 * BLOCK)
        with pytest.raises(InvalidS3ObjectException, match="replaced or deleted"):
            file.read(10)
    with pytest.raises(InvalidS3ObjectException, match="replaced or deleted"):
        opened(etag=stored.etag)


def test_a_deleted_object_is_not_read_on(films: "S3Client", requests: list[Any]) -> None:
    put(bytes(20 * BLOCK))
    with opened() as file:
        films.delete_object(Bucket=BUCKET, Key="film.mp4")
        with pytest.raises(InvalidS3ObjectException, match="replaced or deleted"):
            file.read(10)


def test_a_version_stays_what_it_is(films: "S3Client", requests: list[Any]) -> None:
    films.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    put(b"first")
    stored = videos.head(BUCKET, "film.mp4", None)
    put(b"second")
    assert stored.version is not None
    with opened(version=stored.version, etag=stored.etag) as file:
        assert file.read() == b"first"
    with opened() as file:
        assert file.read() == b"second"


def test_the_decoder_does_not_take_a_failed_read_for_the_end(
    requests: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(video(numbered(200, 96, 64), Make(muxing={"movflags": "faststart"})))
    monkeypatch.setattr(videos, "KEPT_BLOCKS", 4)
    with opened() as file, open_video(file) as film:
        pictures = film.pictures(Span(0, 8000))
        next(pictures)
        put(b"another film")
        with pytest.raises(InvalidS3ObjectException, match="replaced or deleted"):
            list(pictures)


class Broken(io.BytesIO):
    """A body whose connection breaks in the middle."""

    def read(self, *_: object) -> bytes:
        raise IncompleteReadError(actual_bytes=1, expected_bytes=2)


@pytest.mark.parametrize("kind", ["broken", "short"])
def test_a_broken_stream_is_read_again(
    films: "S3Client", requests: list[Any], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    put(b"0123456789")
    real = aws.s3()
    left = [kind] * 2

    class Client:
        def get_object(self, **given: Any) -> Any:
            found: Any = real.get_object(**given)
            if left:
                left.pop()
                found["Body"] = Broken() if kind == "broken" else io.BytesIO(b"0123")
            return found

    with opened() as file:
        monkeypatch.setattr(aws, "s3", Client)
        assert file.read() == b"0123456789"
        left += [kind] * videos.ATTEMPTS
        monkeypatch.setattr(file, "_blocks", type(file._blocks)())
        file.seek(0)
        with pytest.raises((IncompleteReadError, EOFError)):
            file.read()


def test_what_is_not_there_is_the_services_error(films: "S3Client") -> None:
    for bucket, key in (("no-such-bucket", "film.mp4"), (BUCKET, "none.mp4"), ("No Bucket", "x")):
        with pytest.raises(InvalidS3ObjectException, match="Unable to get object metadata"):
            videos.head(bucket, key, None)


def test_an_object_over_ten_gigabytes_is_refused(
    films: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    assert videos.LIMIT == 10_737_418_240
    monkeypatch.setattr(videos, "LIMIT", 9)
    put(b"0123456789")
    with pytest.raises(VideoTooLargeException) as caught:
        opened()
    assert caught.value.message == (
        "Video size in bytes: 10 is more than the maximum limit of: 9 bytes."
    )
