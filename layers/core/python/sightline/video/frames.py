"""The frames of a video, by time: sampled in RGB for networks, or every one for measurements.

What a span holds never depends on where the spans around it are cut: frames are chosen by their own
times, and are decoded from where nothing before them is missing.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from math import floor
from typing import Protocol

import av
import numpy as np
from av.container import InputContainer
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from sightline.video import probe, sound
from sightline.video.packets import VideoPacket, flush, groups, numbered, packets
from sightline.video.pictures import Picture, picture
from sightline.video.probe import UnreadableVideo, VideoInfo
from sightline.video.sound import Sound
from sightline.video.upright import Upright

__all__ = ["Frame", "Picture", "Sound", "Stretch", "UnreadableVideo", "Video", "open_video"]

NEVER = 1 << 62  # ms


class Stretch(Protocol):
    """From `start` on and before `end`, in milliseconds of the video."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame for the networks.

    Attributes:
        milliseconds: from the video's start, rounded down.
        pixels: (h, w, 3) RGB, upright, of square pixels, the long side at most 1280.
        width: of the upright frame, in pixels as they are stored.
        height: of the upright frame, in pixels as they are stored.
    """

    milliseconds: int
    pixels: NDArray[np.uint8]
    width: int
    height: int


class Video:
    """An opened video. Of its iterators one runs at a time.

    A span that reaches the end of `info.duration` also has whatever frames come after that.
    """

    info: VideoInfo

    def __init__(self, container: InputContainer) -> None:
        self._container = container
        self._stream = probe.video_stream(container)
        for each in container.streams:
            each.discard = Discard.default if each is self._stream else Discard.all
        self._numbered = numbered(container)
        context = self._stream.codec_context
        context.thread_type = "AUTO"
        self._base = self._stream.time_base or Fraction(1)
        self._start = probe.start(container, self._stream)
        self._upright = Upright.of(self._first(), self._stream.sample_aspect_ratio)
        self.info = probe.describe(container, self._stream, self._upright)

    def frames(self, span: Stretch, every: int) -> Iterator[Frame]:
        """The first frame at or after each multiple of `every` milliseconds, each frame once.

        Where no frame is due between two multiples, they share the next one.
        """
        convert = VideoReformatter()
        # Whether a frame is the first after a multiple may be told by frames before the span.
        since, until = span.start // every * every, self._end(span)
        needed = self._needed(self._packets(since), every, since, until)
        last = -1
        for time, frame in self._decoded(needed, until):
            if time // every != last:
                last = time // every
                if time >= span.start:
                    try:
                        pixels = self._upright.pixels(frame, convert)
                    except av.FFmpegError:  # a damaged header promised what no converter knows
                        continue
                    size = self._upright.displayed(frame.width, frame.height)
                    yield Frame(time, pixels, *size)

    def pictures(self, span: Stretch) -> Iterator[Picture]:
        """Every frame of the span, as it was decoded."""
        self._stream.codec_context.skip_frame = "DEFAULT"
        for time, frame in self._decoded(self._packets(span.start), self._end(span)):
            if time >= span.start:
                yield picture(time, frame)

    def sound(self, span: Stretch) -> Sound:
        """How loud the span is, up to the end of `info.duration`."""
        end = min(span.end, self.info.duration)
        return sound.measure(self._container, self._start, span.start, end)

    def _first(self) -> VideoFrame:
        """The first frame that can be decoded."""
        found = islice(packets(self._container, self._stream, 0), probe.FIRST_FRAME_WITHIN)
        first = next(self._decoded(chain(found, [flush(self._stream)]), NEVER), None)
        if first is None:
            raise UnreadableVideo(probe.DAMAGED)
        return first[1]

    def _decoded(
        self, found: Iterable[VideoPacket], until: int
    ) -> Iterator[tuple[int, VideoFrame]]:
        """The frames of packets up to a time; damaged ones are left out."""
        due: deque[int] = deque()
        for packet in found:
            if self._numbered and packet.dts is not None:
                packet.pts = packet.dts
                due.append(packet.dts)
            try:
                decoded = self._stream.decode(packet)
            except av.FFmpegError:
                continue
            for frame in decoded:
                time = self._time(_turn(frame, due) if self._numbered else frame.pts or 0)
                if time >= until:
                    return
                yield time, frame

    def _needed(
        self, found: Iterator[VideoPacket], every: int, since: int, until: int
    ) -> Iterator[VideoPacket]:
        """The packets that a decoder needs for the sampled frames between two times.

        A frame that is not sampled is not decoded if no other frame is made from it.
        """
        context = self._stream.codec_context
        for group, closed in groups(found):
            if group[0].dts is not None and self._time(group[0].dts) >= until:
                yield flush(self._stream)
                return
            if self._numbered or any(each.pts is None for each in group):
                sampled = set(range(len(group)))
            else:
                times = [self._time(each.pts or 0) for each in group]
                sampled = _sampled(times, every, since, until)
            end = max(sampled, default=-1) + 1 if closed else len(group)
            for number in range(end):
                context.skip_frame = "DEFAULT" if number in sampled else "NONREF"
                yield group[number]

    def _packets(self, since: int) -> Iterator[VideoPacket]:
        """The packets for the frames from a time on."""
        seconds = Fraction(since, 1000) + self._start
        return packets(self._container, self._stream, floor(seconds / self._base))

    def _end(self, span: Stretch) -> int:
        return NEVER if span.end >= self.info.duration else span.end

    def _time(self, ticks: int) -> int:
        """Milliseconds from the video's start, rounded down."""
        return max(0, floor((ticks * self._base - self._start) * 1000))


def _turn(frame: VideoFrame, due: deque[int]) -> int:
    """When a frame is due by the numbers of the packets, the first of which is the next frame's."""
    own = frame.pts or 0
    while frame.key_frame and due and due[0] < own:  # those were damaged
        due.popleft()
    return due.popleft() if due else own


def _sampled(times: list[int], every: int, since: int, until: int) -> set[int]:
    """Which packets of a group may hold the first frame after a multiple."""
    firsts: dict[int, tuple[int, int]] = {}
    for number, time in enumerate(times):
        if since <= time < until:
            firsts[time // every] = min(firsts.get(time // every, (NEVER, 0)), (time, number))
    return {number for _, number in firsts.values()}


@contextmanager
def open_video(file: probe.SeekableFile) -> Iterator[Video]:
    """The video in a seekable file, of which only what is needed is read.

    Raises:
        UnreadableVideo: no job can work on the file.
    """
    with probe.open_container(file) as container:
        yield Video(container)
