"""What a video file holds, and whether it is one that the service takes.

Only the demuxers and decoders of the formats that are taken are let near a caller's file.
"""

from dataclasses import dataclass
from fractions import Fraction
from io import RawIOBase
from typing import BinaryIO, Literal, cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from sightline.video import boxes
from sightline.video.upright import Upright

UNSUPPORTED = "Unsupported codec/format."  # the service's own words
DAMAGED = "The video file is damaged or incomplete: no frame of it can be decoded."
MAX_DURATION = 6 * 3600 * 1000  # ms; the service's limit for stored video
MAX_PIXELS = 8192 * 4320  # of a frame: level 6.2, H.264's highest; more is a bomb
# Of a decoded frame: with 8 bits and 4:2:0. A decoder that keeps four for reference and has three
# threads holds a dozen: 0.65 GB were measured at 7680 × 4320.
MAX_FRAME = MAX_PIXELS * 3 // 2
# The first box of an MP4 or QuickTime file, in practice (ISO/IEC 14496-12; QuickTime File Format).
FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
READ = 1 << 16  # bytes that the demuxer asks for at once
# Pieces of audio and video that the demuxer may open a decoder for while it looks at the file.
DECODERS = "h264,aac,aac_latm,mp3,mp3float,ac3,eac3,alac,opus,libopus," + ",".join(
    f"pcm_{kind}" for kind in ("s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "u8", "f32le")
)
FIRST_FRAME_WITHIN = 300  # packets
# Each one takes time in every piece of a job; broadcast masters carry up to 16 tracks of sound.
MAX_STREAMS = 32
# Of all streams: pictures at 300 a second and 200 packets of sound, for as long as a video may be.
# FFmpeg was measured to take 36 bytes for each: 0.4 GB. A list of edits that repeats the samples is
# not counted.
MAX_SAMPLES = 500 * MAX_DURATION // 1000
# A frame is taken to last no longer where nothing tells: few frames that lie far apart may be due
# at any rate.
LONGEST_FRAME = Fraction(1)  # s

SeekableFile = BinaryIO | RawIOBase


class UnreadableVideo(Exception):
    """A file that no job can work on.

    Attributes:
        message: why, for the one who asked for the job; it becomes the job's StatusMessage.
    """

    def __init__(self, message: str = UNSUPPORTED) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """An audio track.

    Attributes:
        codec: such as `aac`.
        duration: in milliseconds.
        sample_rate: in hertz.
        channels: how many.
    """

    codec: str
    duration: int
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a file holds.

    Attributes:
        codec: `h264`.
        format: the container's name, such as `QuickTime / MOV`.
        duration: from the video's start to the end of its last frame, in milliseconds.
        frame_rate: frames per second, of a variable rate the average.
        width: of the upright picture, in pixels as they are stored.
        height: of the upright picture, in pixels as they are stored.
        color_range: LIMITED or FULL.
        audio: the audio tracks.
    """

    codec: str
    format: str
    duration: int
    frame_rate: float
    width: int
    height: int
    color_range: Literal["LIMITED", "FULL"]
    audio: tuple[AudioInfo, ...]


def open_container(file: SeekableFile) -> InputContainer:
    """The opened file; it reads what tells of the streams, not the streams.

    Raises:
        UnreadableVideo: empty, no MP4, MOV or AVI file, of more streams or samples than are taken,
            or damaged beyond use.
    """
    head = file.read(12) or b""
    file.seek(0)
    if not head:
        raise UnreadableVideo("The video file is empty.")
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        demuxer = "avi"
    elif head[4:8] in FIRST_BOXES:
        demuxer = "mov"
        _check(boxes.index(file))
    else:
        raise UnreadableVideo
    container = _opened(file, demuxer)
    try:
        _check_streams(len(container.streams))
    except UnreadableVideo:
        container.close()
        raise
    return container


def _check(index: boxes.Index) -> None:
    """Refuses what would take a demuxer's memory, before one sees it."""
    if index.compressed:  # FFmpeg unpacks it whatever its size
        raise UnreadableVideo
    _check_streams(len(index.tracks) - 1)
    if index.samples > MAX_SAMPLES:
        raise UnreadableVideo(
            f"Samples in the video file's index: {index.samples} is more than the maximum limit "
            f"of: {MAX_SAMPLES} samples."
        )
    if not index.whole:
        raise UnreadableVideo(DAMAGED)


def _check_streams(count: int) -> None:
    if count > MAX_STREAMS:
        raise UnreadableVideo(
            f"Streams in the video file: {count} is more than the maximum limit of: "
            f"{MAX_STREAMS} streams."
        )


def _opened(file: SeekableFile, demuxer: str) -> InputContainer:
    try:
        return cast(
            InputContainer,
            av.open(
                file,
                format=demuxer,
                buffer_size=READ,
                options={"max_pixels": str(MAX_PIXELS)},
                container_options={"codec_whitelist": DECODERS},
                metadata_errors="replace",
            ),
        )
    except av.FFmpegError as error:
        raise UnreadableVideo(DAMAGED) from error


def video_stream(container: InputContainer) -> VideoStream:
    """The stream that is the video; cover pictures are none.

    Raises:
        UnreadableVideo: there is none, it is not H.264, or its frames are too large.
    """
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream):
        raise UnreadableVideo("The file has no video stream.")
    # A stream of a codec that FFmpeg does not know has no context.
    if stream.codec_context is None or stream.codec_context.codec.canonical_name != "h264":
        raise UnreadableVideo
    if stream.codec_context.pix_fmt is None:  # nothing told it, and no frame could be decoded
        raise UnreadableVideo(DAMAGED)
    parts = stream.format.components
    size = sum(each.width * each.height * -(-each.bits // 8) for each in parts)
    if size > MAX_FRAME:
        raise UnreadableVideo(
            f"Frame size in bytes: {size} is more than the maximum limit of: {MAX_FRAME} bytes."
        )
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return stream


def start(container: InputContainer, stream: VideoStream) -> Fraction:
    """The video's start on the file's clock, in seconds.

    That is when the file's first picture or sound is due. Sound that is due before the clock's
    zero only fills the audio decoder, and no player plays it.
    """
    first = _seconds(stream, stream.start_time or 0)
    sounds = [_seconds(each, each.start_time or 0) for each in container.streams.audio]
    return min(first, max(Fraction(0), min(sounds, default=first)))


def _seconds(stream: VideoStream | AudioStream, ticks: int) -> Fraction:
    return ticks * (stream.time_base or Fraction(1))


def describe(container: InputContainer, stream: VideoStream, upright: Upright) -> VideoInfo:
    """What the file holds.

    Raises:
        UnreadableVideo: it is too long.
    """
    duration = _duration(container, stream)
    if duration > MAX_DURATION:
        raise UnreadableVideo(
            f"Video duration in milliseconds: {duration} is more than the maximum limit of: "
            f"{MAX_DURATION} milliseconds."
        )
    rate = stream.average_rate or stream.guessed_rate or Fraction(0)
    full = stream.color_range == 2 or (stream.pix_fmt or "").startswith("yuvj")
    width, height = stream.width, stream.height
    return VideoInfo(
        codec="h264",
        format=container.format.long_name,
        duration=duration,
        frame_rate=float(rate),
        width=height if upright.turned else width,
        height=width if upright.turned else height,
        color_range="FULL" if full else "LIMITED",
        audio=tuple(_audio(container, each) for each in container.streams.audio),
    )


def _duration(container: InputContainer, stream: VideoStream) -> int:
    """Milliseconds, by the header unless a frame is due after the end that it tells."""
    end = _seconds(stream, stream.start_time or 0) + _length(container, stream)
    last = _last(stream)
    if last is not None and last >= end:
        rate = stream.guessed_rate or stream.average_rate
        end = last + (min(1 / rate, LONGEST_FRAME) if rate else 0)
    return int((end - start(container, stream)) * 1000)


def _last(stream: VideoStream) -> Fraction | None:
    """When the last frame is due by the index, on the file's clock in seconds; None without one.

    The index tells when frames are decoded. What lies between that and when they are due is taken
    from the first frame that is shown.
    """
    entries = stream.index_entries
    numbers = range(len(entries))
    shown = (entries[number].timestamp for number in numbers if not entries[number].is_discard)
    last = (entries[each].timestamp for each in reversed(numbers) if not entries[each].is_discard)
    first = next(shown, None)
    if first is None:
        return None
    return _seconds(stream, next(last) + max(0, (stream.start_time or first) - first))


def _length(container: InputContainer, stream: VideoStream | AudioStream) -> Fraction:
    """Seconds; an AVI only tells those of the file."""
    if stream.duration is None:
        return Fraction(container.duration or 0, av.time_base)
    return _seconds(stream, stream.duration)


def _audio(container: InputContainer, stream: AudioStream) -> AudioInfo:
    duration = int(_length(container, stream) * 1000)
    context = stream.codec_context
    if context is None:
        return AudioInfo("unknown", duration, 0, 0)
    return AudioInfo(
        context.codec.canonical_name, duration, context.sample_rate or 0, context.channels
    )
