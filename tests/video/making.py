"""Makes the small videos that tests look at: every property that a stored file may have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
MILLISECONDS = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Track:
    """An audio track of tones.

    Attributes:
        parts: (milliseconds, amplitude) of each part in turn; amplitude 0 is silence.
        codec: FFmpeg's name of the encoder.
        rate: of samples, in hertz.
        hertz: of the tone.
        channels: 1 or 2, which sound the same.
        start: milliseconds before its first part, of silence that the file does not hold.
    """

    parts: Sequence[tuple[int, float]]
    codec: str = "aac"
    rate: int = 48_000
    hertz: int = 440
    channels: int = 1
    start: int = 0


@dataclass(frozen=True, slots=True)
class Make:
    """How a file is made.

    Attributes:
        fps: frames per second, where `times` does not say when each is due.
        times: when each frame is due, in milliseconds.
        container: FFmpeg's name of the muxer: mp4, mov, avi, matroska, webm...
        codec: FFmpeg's name of the encoder: libx264, mpeg4, libvpx...
        pixels: such as yuv420p, yuv444p, yuv420p10le, yuvj420p.
        gop: frames from key frame to key frame.
        open_gop: whether frames before a key frame may be made from it and from what is before.
        b_frames: in a row.
        rotation: degrees by which a player turns the picture counterclockwise.
        aspect: width of a stored pixel over its height.
        tracks: of audio.
        size: (width, height) of what is stored; without it, that of the frames.
        muxing: options of the muxer, such as `{"movflags": "faststart"}`.
        coding: options of the encoder, such as `{"x264-params": "intra-refresh=1"}`.
    """

    fps: Fraction | int = 25
    times: Sequence[int] | None = None
    container: str = "mp4"
    codec: str = "libx264"
    pixels: str = "yuv420p"
    gop: int = 12
    open_gop: bool = False
    b_frames: int = 2
    rotation: int = 0
    aspect: Fraction | None = None
    tracks: Sequence[Track] = ()
    size: tuple[int, int] | None = None
    muxing: dict[str, str] = field(default_factory=dict)
    coding: dict[str, str] = field(default_factory=dict)


def video(frames: Iterable[Pixels | VideoFrame], make: Make | None = None) -> bytes:
    """The bytes of a video file.

    Args:
        frames: (h, w, 3) RGB each, or frames that are taken as they are; all of one size.
        make: how.
    """
    make = make or Make()
    given = list(frames)
    first = given[0]
    size = make.size or (
        (first.width, first.height)
        if isinstance(first, VideoFrame)
        else (first.shape[1], first.shape[0])
    )
    base = 1 / Fraction(make.fps) if make.times is None else MILLISECONDS
    # A file with a name: to move its index to the front, FFmpeg opens it a second time.
    with (
        TemporaryDirectory() as folder,
        av.open(f"{folder}/video", "w", format=make.container, options=make.muxing) as container,
    ):
        stream = _video_stream(container, make, size, base)
        tracks = [_AudioTrack(container, each) for each in make.tracks]
        for number, each in enumerate(given):
            frame = each if isinstance(each, VideoFrame) else VideoFrame.from_ndarray(each)
            frame.time_base = base
            frame.pts = number if make.times is None else make.times[number]
            for track in tracks:
                track.write(float(frame.pts * frame.time_base))
            container.mux(stream.encode(frame))
        for track in tracks:
            track.write(None)
        container.mux(stream.encode(None))
        container.close()
        return Path(folder, "video").read_bytes()


def audio(track: Track, container: str = "mp4") -> bytes:
    """The bytes of a file without video."""
    file = BytesIO()
    with av.open(file, "w", format=container) as opened:
        _AudioTrack(opened, track).write(None)
    return file.getvalue()


def numbered(count: int, width: int = 64, height: int = 48, seed: int = 0) -> list[Pixels]:
    """Frames that move and that all differ: a soft pattern that drifts, and a bright bar whose
    place is the frame's number.
    """
    rows, columns = np.mgrid[:height, :width]
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        wave = np.sin((columns + 3 * number) / 9) + np.cos((rows - 2 * number) / 7)
        frame = np.stack([100 + 40 * wave, 110 - 35 * wave, 90 + 20 * np.sin(rows / 5 + number)], 2)
        frame += rng.normal(0, 3, frame.shape)
        at = number * 3 % max(1, width - 4)
        frame[: height // 4, at : at + 4] = 235
        made.append(frame.clip(0, 255).astype(np.uint8))
    return made


def plain(colour: tuple[int, int, int], width: int = 64, height: int = 48) -> Pixels:
    """A frame of one RGB colour."""
    return np.full((height, width, 3), colour, np.uint8)


def _video_stream(
    container: OutputContainer, make: Make, size: tuple[int, int], base: Fraction
) -> VideoStream:
    options = {"threads": "1", **make.coding}
    if make.codec == "libx264":
        gop = f"keyint={make.gop}:min-keyint=1:scenecut=0:bframes={make.b_frames}:b-adapt=0"
        given = options.pop("x264-params", "")
        options["x264-params"] = f"{gop}:open-gop={int(make.open_gop)}" + f":{given}" * bool(given)
    stream = cast(VideoStream, container.add_stream(make.codec, make.fps, options=options))
    stream.width, stream.height = size
    stream.pix_fmt = make.pixels
    stream.codec_context.gop_size = make.gop
    stream.codec_context.time_base = base
    if make.aspect is not None:
        stream.codec_context.sample_aspect_ratio = make.aspect
    if make.rotation:
        stream.set_display_rotation(make.rotation)
    return stream


class _AudioTrack:
    """Writes a track bit by bit, so that the muxer can interleave it with the pictures."""

    def __init__(self, container: OutputContainer, track: Track) -> None:
        self._container = container
        self._track = track
        layout = "mono" if track.channels == 1 else "stereo"
        self._stream = cast(AudioStream, container.add_stream(track.codec, track.rate))
        self._stream.codec_context.layout = layout
        amplitudes = np.concatenate(
            [np.full(milliseconds * track.rate // 1000, loud) for milliseconds, loud in track.parts]
        )
        tone = np.sin(np.arange(len(amplitudes)) * (2 * np.pi * track.hertz / track.rate))
        self._samples = np.repeat((amplitudes * tone * 32767).astype(np.int16), track.channels)
        self._layout = layout
        self._written = 0  # samples of one channel

    def write(self, until: float | None) -> None:
        """Up to a time in seconds; the rest, if there is none."""
        track = self._track
        total = len(self._samples) // track.channels
        end = (
            total
            if until is None
            else min(total, int((until * 1000 - track.start) / 1000 * track.rate))
        )
        while self._written < end and (end - self._written >= 1024 or until is None):
            count = min(1024, total - self._written)
            part = self._samples[self._written * track.channels :][: count * track.channels]
            frame = AudioFrame.from_ndarray(part.reshape(1, -1), "s16", self._layout)
            frame.sample_rate = track.rate
            frame.time_base = Fraction(1, track.rate)
            frame.pts = self._written + track.start * track.rate // 1000
            self._container.mux(self._stream.encode(frame))
            self._written += count
        if until is None:
            self._container.mux(self._stream.encode(None))
