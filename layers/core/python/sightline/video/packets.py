"""Compressed frames, from where a decoder has to start so that no frame depends on the cut."""

import contextlib
from collections.abc import Iterator
from itertools import chain
from typing import TypeAlias, cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

IDR = 5  # the type of a NAL unit of a picture that nothing after it looks behind (H.264, table 7-1)
PICTURES = frozenset(range(1, 6))  # the types of NAL units that are pictures
START_CODE = b"\x00\x00\x01"
# Parts of a damaged file that the demuxer gives up on before it is taken for the end.
DAMAGES = 100
# Key frames that are passed where they are no IDR pictures: after one of these a decoder may need
# some frames to recover. With periodic intra refresh it is a little over a period, x264's longest.
RECOVERY = 2
# Of a group of pictures, what is looked at together: more would only take memory.
GROUP_PACKETS, GROUP_BYTES = 300, 16 << 20

VideoPacket: TypeAlias = "Packet[VideoStream]"


def packets(container: InputContainer, stream: VideoStream, since: int) -> Iterator[VideoPacket]:
    """The packets from a key frame on with which all frames at or after a time decode as they do
    in the whole video; last comes an empty one.

    Args:
        container: the file.
        stream: its video.
        since: the time, in the stream's ticks.
    """
    seen: int | None = None
    target = since
    passed = 0
    while True:
        seek(container, stream, target)
        found = _demuxed(container, stream)
        first = next(found)
        due = first.pts if first.pts is not None else first.dts
        if due is None or first.dts is None or (seen is not None and first.dts >= seen):
            break  # nothing there, the beginning, or an index that leads in a circle
        if first.is_keyframe and due <= since:
            if is_idr(first) or (passed == RECOVERY and not numbered(container)):
                break
            passed += 1
        seen = first.dts
        target = first.dts - 1
    return chain([first], found)


def numbered(container: InputContainer) -> bool:
    """Whether the file only numbers its packets, in the decoder's order, and so has no frame's own
    time: an AVI. After an IDR picture both orders have passed the same frames.
    """
    return container.format.name == "avi"


def seek(container: InputContainer, stream: VideoStream | AudioStream, target: int) -> None:
    """To the last key packet of the stream at or before the target, or to its beginning."""
    try:
        container.seek(target, stream=stream)
    except av.FFmpegError:
        entries = stream.index_entries
        if len(entries):
            with contextlib.suppress(av.FFmpegError):
                container.seek(entries[0].timestamp, stream=stream)


def _demuxed(container: InputContainer, stream: VideoStream) -> Iterator[VideoPacket]:
    """The packets from where the file stands; those of damaged parts are left out."""
    for _ in range(DAMAGES):
        try:
            yield from container.demux(stream)
        except av.FFmpegError:
            continue
        return
    yield flush(stream)


def is_idr(packet: VideoPacket) -> bool:
    """Whether the packet is an IDR picture: nothing after it looks behind it."""
    data = memoryview(packet)
    extradata = packet.stream.codec_context.extradata or b""
    # avcC (ISO/IEC 14496-15, 5.3.3.1) starts with its version, 1; otherwise there are start codes.
    if extradata[:1] != b"\x01":
        raw = bytes(data)
        return any(part[:1] and part[0] & 31 == IDR for part in raw.split(START_CODE)[1:])
    size, at = (extradata[4] & 3) + 1, 0
    while at + size < len(data):
        kind = data[at + size] & 31
        if kind in PICTURES:
            return kind == IDR
        at += size + int.from_bytes(data[at : at + size], "big")
    return False


def groups(found: Iterator[VideoPacket]) -> Iterator[tuple[list[VideoPacket], bool]]:
    """The same packets in lists that start at key frames, long ones in parts; with each, whether
    nothing after it looks behind its end.
    """
    group: list[VideoPacket] = []
    size = 0
    for packet in found:
        if group and (
            packet.is_keyframe
            or packet.size == 0
            or len(group) >= GROUP_PACKETS
            or size >= GROUP_BYTES
        ):
            yield group, packet.size == 0 or (packet.is_keyframe and is_idr(packet))
            group, size = [], 0
        group.append(packet)
        size += packet.size
    yield group, True


def flush(stream: VideoStream) -> VideoPacket:
    """The packet on which a decoder gives what it holds back."""
    packet = cast(VideoPacket, Packet())
    packet.stream = stream
    return packet
