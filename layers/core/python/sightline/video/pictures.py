"""Frames as they were decoded, for what measures every one of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from sightline.video.upright import is_full

Samples = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame as it was decoded: neither turned nor converted. Its planes are the decoder's own
    memory, to be read only.

    Attributes:
        milliseconds: from the video's start, rounded down.
        luma: (h, w) uint8, or uint16 where `bits` is over 8.
        u: of a lower resolution where the chroma is subsampled; of a grey video, 1 × 1 and neutral.
        v: as u.
        bits: of a sample, 8 to 14.
        full: whether samples use the full range, 0 to 255 of 8 bits, rather than 16 to 235.
    """

    milliseconds: int
    luma: Samples
    u: Samples
    v: Samples
    bits: int
    full: bool


def picture(milliseconds: int, frame: VideoFrame) -> Picture:
    """The frame's planes, without a copy; of H.264's rare RGB, converted."""
    if frame.format.name.startswith("gbr"):
        frame = frame.reformat(format="yuv444p")
    bits = frame.format.components[0].bits
    kind = "u1" if bits <= 8 else "u2"
    planes = [_samples(plane, kind) for plane in frame.planes]
    if len(planes) < 3:
        neutral = np.full((1, 1), 1 << (bits - 1), kind)
        planes = [planes[0], neutral, neutral]
    return Picture(milliseconds, planes[0], planes[1], planes[2], bits, is_full(frame))


def _samples(plane: VideoPlane, kind: str) -> Samples:
    rows: Samples = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)
    return rows[:, : plane.width]
