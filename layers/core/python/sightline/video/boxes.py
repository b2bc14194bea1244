"""What the index of an MP4 or QuickTime file claims to hold, told before a demuxer builds it: a few
bytes may claim what takes gigabytes of memory. Only headers and counts of boxes are read
(ISO/IEC 14496-12; QuickTime File Format).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import SEEK_END, RawIOBase
from typing import BinaryIO, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

MAX_BOXES = 1_000_000  # looked at; six hours in fragments of a quarter of a second have 950,000
MAX_TRACKS = 1000  # looked at; FFmpeg's own limit
MAX_DEPTH = 10  # of boxes in boxes; FFmpeg's own limit
# Of a long file in fragments, only the first ones are looked at: each may cost a request.
FAR, MAX_FAR = 512 * 1024, 64  # bytes that one request reads; of such boxes of the file, how many
CONTAINERS = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta", b"tref", b"mvex"}
    | {b"moof", b"traf", b"sinf", b"schi", b"wave"}
)
# FFmpeg takes them for an index if they begin as one.
SPARE, FIRST_OF_INDEX = frozenset({b"free", b"hoov"}), frozenset({b"mvhd", b"cmov"})
BUILT = frozenset({b"trak", b"moof"})  # at the end of these, indexes are built
# FFmpeg looks for boxes behind what these begin with. Nobody puts a table there.
DESCRIPTIONS, MAX_DESCRIPTION = frozenset({b"stsd", b"meta", b"ilst"}), 1 << 20  # bytes
TABLE = re.compile(rb"stsz|stz2|stts|ctts|cmov|trun|hdlr.{8}vide", re.DOTALL)
RAW_SAMPLES = 1024  # of PCM that FFmpeg puts into one entry
MAX_RUNS = 1_000_000  # that are read; each is of one chunk or more
# Of a run in a fragment: duration, size, flags and time offset of each sample (8.8.8).
PER_SAMPLE = 0xF00

Path: TypeAlias = tuple[bytes, ...]  # the boxes that a box is in


@dataclass(slots=True)
class Track:
    """A track's tables.

    Attributes:
        samples: how many it has, in the sizes' table.
        bytes: of all samples, where one size stands for all of them; else 0.
        times: entries of the longest table of times.
        chunks: pieces of the file that hold the samples.
        runs: (n, 2) the number of a chunk, from 1, and how many samples it and those after it hold.
        sound: whether it is sound and nothing else.
        even: whether each sample lasts one tick.
    """

    samples: int = 0
    bytes: int = 0
    times: int = 0
    chunks: int = 0
    runs: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    sound: bool = False
    even: bool = False

    @property
    def raw(self) -> bool:
        """Whether a sample is one of sound, as in PCM: FFmpeg does not index those one by one."""
        return self.sound and self.even

    @property
    def entries(self) -> int:
        """That FFmpeg makes of the track."""
        if not self.raw:
            return max(self.samples, self.times)
        chunks = np.diff(self.runs[:, 0], append=self.chunks + 1).clip(0)
        return int((chunks * -(-self.runs[:, 1] // RAW_SAMPLES)).sum(dtype=np.float64))


@dataclass(slots=True)
class Index:
    """What the index claims.

    Attributes:
        size: of the file, in bytes.
        tracks: one for each track, after one for tables that are in none.
        fragments: samples of the fragments.
        compressed: whether the index is packed.
        torn: whether tables are where they should not be, or larger than what they are in.
        boxes: looked at.
        far: bytes of the file's own boxes that were looked at, each as far as one request reads.
    """

    size: int
    tracks: list[Track] = field(default_factory=lambda: [Track()])
    fragments: int = 0
    compressed: bool = False
    torn: bool = False
    boxes: int = 0
    far: int = 0

    @property
    def samples(self) -> int:
        """Entries that FFmpeg makes."""
        return self.fragments + sum(each.entries for each in self.tracks)

    @property
    def whole(self) -> bool:
        """Whether the file can hold what the index claims."""
        held = all(each.raw or each.bytes <= self.size for each in self.tracks)
        return held and not self.torn and self.boxes <= MAX_BOXES and self.samples <= self.size


class _Box(NamedTuple):
    kind: bytes
    start: int  # of what it holds
    end: int


def index(file: BinaryIO | RawIOBase) -> Index:
    """What the index of a file claims; afterwards the file stands at its beginning."""
    found = Index(file.seek(0, SEEK_END))
    _look(file, found, 0, found.size, ())
    file.seek(0)
    return found


def _look(file: BinaryIO | RawIOBase, found: Index, start: int, end: int, path: Path) -> None:
    for box in _boxes(file, start, end):
        found.boxes += 1
        if not path:
            found.far += min(box.end - box.start, FAR)
        if found.far > MAX_FAR * FAR and not path:
            found.torn |= len(found.tracks) == 1  # no index so far
            return
        if found.boxes > MAX_BOXES or len(found.tracks) > MAX_TRACKS:
            return
        if box.kind == b"trak":
            found.tracks.append(Track())
        if len(path) < MAX_DEPTH and _holds_boxes(file, box):
            _look(file, found, box.start, box.end, (*path, box.kind))
        else:
            _leaf(file, found, box, path)


def _holds_boxes(file: BinaryIO | RawIOBase, box: _Box) -> bool:
    spare = box.kind in SPARE and _read(file, box.start + 4, 4) in FIRST_OF_INDEX
    return spare or box.kind in CONTAINERS


def _leaf(file: BinaryIO | RawIOBase, found: Index, box: _Box, path: Path) -> None:
    if box.kind == b"cmov":
        found.compressed = True
    elif box.kind == b"trun":
        _run(file, found, box)
    elif box.kind in DESCRIPTIONS and not BUILT.isdisjoint(path):
        size = box.end - box.start
        found.torn |= size > MAX_DESCRIPTION or bool(TABLE.search(_read(file, box.start, size)))
    else:
        _table(file, found.tracks[-1], box)


def _boxes(file: BinaryIO | RawIOBase, start: int, end: int) -> Iterator[_Box]:
    """The boxes between two places; one that says it is longer than that ends there."""
    while start + 8 <= end:
        head = _read(file, start, 16)
        size, skipped = int.from_bytes(head[:4], "big"), 8
        if size == 1:  # a 64-bit size follows
            size, skipped = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:  # up to the end
            size = end - start
        if size < skipped:
            return
        yield _Box(head[4:8], start + skipped, min(start + size, end))
        start += size


def _table(file: BinaryIO | RawIOBase, track: Track, box: _Box) -> None:
    if box.kind in {b"stsz", b"stz2"}:
        each, count = _numbers(file, box.start + 4, 2)
        track.samples = max(track.samples, count)
        if box.kind == b"stsz":
            track.bytes = max(track.bytes, each * count)
    elif box.kind in {b"stts", b"ctts"}:
        count, _, ticks = _numbers(file, box.start + 4, 3)
        track.even = (track.even or track.times == 0) and count == ticks == 1
        track.times = max(track.times, count)
    elif box.kind in {b"stco", b"co64"}:
        track.chunks = max(track.chunks, *_numbers(file, box.start + 4, 1))
    elif box.kind == b"stsc":
        (count,) = _numbers(file, box.start + 4, 1)
        data = _read(file, box.start + 8, 12 * min(count, MAX_RUNS, (box.end - box.start) // 12))
        runs = np.frombuffer(data[: len(data) // 12 * 12], ">u4").reshape(-1, 3)
        track.runs = runs[:, :2].astype(np.int64)
    elif box.kind == b"hdlr":
        kind = _read(file, box.start + 8, 4)
        track.sound = kind == b"soun" or (track.sound and kind != b"vide")


def _run(file: BinaryIO | RawIOBase, found: Index, box: _Box) -> None:
    flags, count = _numbers(file, box.start, 2)
    found.fragments += count
    each = 4 * (flags & PER_SAMPLE).bit_count()
    found.torn |= each * count > box.end - box.start - 8


def _numbers(file: BinaryIO | RawIOBase, at: int, count: int) -> list[int]:
    """32-bit numbers; 0 for those after the file's end."""
    data = _read(file, at, 4 * count).ljust(4 * count, b"\0")
    return [int.from_bytes(data[place : place + 4], "big") for place in range(0, 4 * count, 4)]


def _read(file: BinaryIO | RawIOBase, at: int, count: int) -> bytes:
    """The bytes at a place, fewer at the file's end."""
    file.seek(at)
    data = b""
    while len(data) < count and (more := file.read(count - len(data))):
        data += more
    return data
