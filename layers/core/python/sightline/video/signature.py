"""What is kept of every frame of a video to find its segments: a thumbnail, how much of it is
black, whether it is colour bars; and of some frames, where lines of text stand.

It reads the decoder's planes and converts nothing: it has to keep up with the decoder. Every figure
is of one frame alone, so that it does not matter how a video is cut into pieces.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.video import lettering
from sightline.video.bars import are_bars
from sightline.video.pictures import Picture, Samples

Bytes = NDArray[np.uint8]

# A thumbnail's luma, the mean of 10 × 10 samples each, and its chroma, the same.
ROWS, COLUMNS = 18, 32
CHROMA_ROWS, CHROMA_COLUMNS = 9, 16
FINE = 10
TEXT_EVERY = 250  # ms between the frames in which text is looked for
# Where a sample of the pixels has this much less black than is asked for, all need not be counted.
SURELY_NOT = 0.05


@dataclass(frozen=True, slots=True)
class Signatures:
    """Of n frames one after the other.

    Attributes:
        milliseconds: (n,) int32, from the video's start.
        luma: (n, 18, 32) uint8.
        chroma: (n, 2, 9, 16) uint8, Cb and Cr.
        dark: (n,) float32, the share of pixels that are black; where it is far from what makes a
            black frame, it is that of a sample.
        bars: (n,) bool.
        read: (m,) int32, which of the n frames were searched for text.
        counts: (m,) uint8, how many lines of text each of those has.
        lines: (sum of counts, 4) uint8, see `lettering`.
    """

    milliseconds: NDArray[np.int32]
    luma: NDArray[np.uint8]
    chroma: NDArray[np.uint8]
    dark: NDArray[np.float32]
    bars: NDArray[np.bool_]
    read: NDArray[np.int32]
    counts: NDArray[np.uint8]
    lines: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Blackness:
    """What makes a black frame, as `BlackFrame` of the request says.

    Attributes:
        threshold: 0 to 1 of the luma's range, up to which a pixel is black.
        coverage: 0 to 1 of the pixels, from which on a frame is.
    """

    threshold: float
    coverage: float

    def limit(self, picture: Picture) -> float:
        """The highest luma of a black pixel, in the picture's own samples."""
        low, high = (0, 255) if picture.full else (16, 235)
        scale: int = 1 << (picture.bits - 8)
        if picture.full:
            return self.threshold * (256 * scale - 1)
        return (low + self.threshold * (high - low)) * scale


def measure(pictures: Iterable[Picture], blackness: Blackness) -> Signatures:
    """The signatures of frames in the video's order."""
    times: list[int] = []
    thumbnails: list[tuple[Bytes, Bytes]] = []
    darks: list[float] = []
    bars: list[bool] = []
    read: list[int] = []
    found: list[lettering.Lines] = [np.empty((0, 4), np.uint8)]
    period = -1
    for number, picture in enumerate(pictures):
        times.append(picture.milliseconds)
        fine = _sampled(picture.luma, ROWS * FINE, COLUMNS * FINE, picture.bits)
        chroma = np.stack([_colours(plane, picture.bits) for plane in (picture.u, picture.v)])
        thumbnails.append((_means(fine), np.stack([_means(plane) for plane in chroma])))
        darks.append(_dark(picture, fine, blackness))
        bars.append(are_bars(*chroma))
        if picture.milliseconds // TEXT_EVERY != period:
            period = picture.milliseconds // TEXT_EVERY
            read.append(number)
            found.append(lettering.lines(_page(picture)))
    return Signatures(
        np.array(times, np.int32),
        np.array([luma for luma, _ in thumbnails], np.uint8).reshape(-1, ROWS, COLUMNS),
        np.array([chroma for _, chroma in thumbnails], np.uint8).reshape(
            -1, 2, CHROMA_ROWS, CHROMA_COLUMNS
        ),
        np.array(darks, np.float32),
        np.array(bars, bool),
        np.array(read, np.int32),
        np.array([len(each) for each in found[1:]], np.uint8),
        np.concatenate(found),
    )


def _sampled(plane: Samples, rows: int, columns: int, bits: int) -> Bytes:
    """A plane's samples at the middles of a grid's fields, in 8 bits."""
    samples = plane.take(_middles(rows, plane.shape[0]), 0)
    samples = samples.take(_middles(columns, plane.shape[1]), 1)
    reduced: Bytes = (samples >> (bits - 8)).astype(np.uint8, copy=False)
    return reduced


@cache
def _middles(count: int, size: int) -> NDArray[np.intp]:
    return ((np.arange(count) + 0.5) * size / count).astype(np.intp)


def _colours(plane: Samples, bits: int) -> Bytes:
    return _sampled(plane, CHROMA_ROWS * FINE, CHROMA_COLUMNS * FINE, bits)


def _means(fine: Bytes) -> Bytes:
    """Of squares of 10 × 10."""
    rows, columns = fine.shape[0] // FINE, fine.shape[1] // FINE
    sums = fine.reshape(rows, FINE, columns * FINE).sum(1, dtype=np.uint16)
    means = sums.reshape(rows, columns, FINE).sum(2, dtype=np.uint16) // (FINE * FINE)
    small: Bytes = means.astype(np.uint8)
    return small


def _page(picture: Picture) -> NDArray[np.int16]:
    return _sampled(picture.luma, lettering.HEIGHT, lettering.WIDTH, picture.bits).astype(np.int16)


def _dark(picture: Picture, fine: Bytes, blackness: Blackness) -> float:
    """The share of black pixels."""
    limit = blackness.limit(picture)
    share = float((fine <= limit / (1 << (picture.bits - 8))).mean())
    if share < blackness.coverage - SURELY_NOT:
        return share
    return np.count_nonzero(picture.luma <= int(limit)) / picture.luma.size


def pack(signatures: Signatures, **more: NDArray[np.generic]) -> bytes:
    """In bytes that `Packed` reads, with further arrays."""
    data = BytesIO()
    arrays = {each.name: getattr(signatures, each.name) for each in fields(Signatures)}
    np.savez_compressed(data, allow_pickle=False, **arrays, **more)
    return data.getvalue()


def unpack(data: bytes, *names: str) -> list[NDArray[Any]]:
    """Arrays of what was packed; the others are not read."""
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        return [arrays[name] for name in names]
