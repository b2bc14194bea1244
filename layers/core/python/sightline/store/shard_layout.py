"""The layout of a shard's file: a header with a table of sections, then the sections.

Apart from what is in the sections, so that a reader with nothing but the first `HEADER` bytes knows
where everything is and whether the file can be whole. All numbers are little-endian.
"""

import struct
import zlib
from dataclasses import dataclass

import numpy as np

from sightline.store.matrix import WIDTH

MAGIC = b"SLSHARD\n"
VERSION = 1
ENCODING = 1  # 8 bits a number with a scale for each row, and 4-bit codes of pairs of numbers
ALIGNED = 64  # bytes: where a section may begin, a cache line
BLOCK = 32  # rows whose codes lie together, as SIMD instructions take them
CODE = 32  # bytes of the codes of one row: `WIDTH` / 2 of 4 bits
LEARNT = 4 * (WIDTH + WIDTH * WIDTH + WIDTH // 2 * 16 * 2 + 2 * WIDTH)  # bytes of a codebook

# Ids are bytes with meaning in the last place too, so not numpy's S, which strips zeros.
ID = np.dtype("V16")
GONE = np.dtype([("id", ID), ("place", "<u8")])

# Magic, version, dimension, encoding, number of sections, rows, gone.
_HEAD = struct.Struct("<8sHHHHQQ")
_SECTION = struct.Struct("<8sQQI4x")  # name, offset, length, CRC-32
_CHECK = struct.Struct("<I")  # CRC-32 of the header before it
NAMES = ("ids", "places", "scales", "rows", "codebook", "codes", "gone")
HEADER = 320  # bytes: all of the above and zeros


class DamagedShard(Exception):
    """The file is not a whole shard of a version and dimension that this code reads."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a shard's file holds: rows, names of gone rows, and its length in bytes."""

    rows: int
    gone: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Section:
    """Where a section is, in bytes, and the CRC-32 of what it holds."""

    offset: int
    length: int
    crc: int = 0

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Layout:
    """A header's content."""

    rows: int
    gone: int
    sections: dict[str, Section]

    @property
    def contents(self) -> Contents:
        return Contents(self.rows, self.gone, self.sections[NAMES[-1]].end)


def lengths(rows: int, gone: int, coded: bool) -> dict[str, int]:
    """Bytes of each section; rows that are few are searched without codes."""
    return {
        "ids": rows * ID.itemsize,
        "places": rows * 8,
        "scales": rows * 4,
        "rows": rows * WIDTH,
        "codebook": LEARNT if coded else 0,
        "codes": -(-rows // BLOCK) * BLOCK * CODE if coded else 0,
        "gone": gone * GONE.itemsize,
    }


def planned(rows: int, gone: int, coded: bool) -> Layout:
    """Where the sections of a new file go."""
    sections, offset = {}, HEADER
    for name, length in lengths(rows, gone, coded).items():
        sections[name] = Section(offset, length)
        offset = -(-(offset + length) // ALIGNED) * ALIGNED
    return Layout(rows, gone, sections)


def packed(layout: Layout) -> bytes:
    """The first `HEADER` bytes of the file."""
    head = _HEAD.pack(MAGIC, VERSION, WIDTH, ENCODING, len(NAMES), layout.rows, layout.gone)
    for name, section in layout.sections.items():
        head += _SECTION.pack(name.encode(), section.offset, section.length, section.crc)
    head = head.ljust(HEADER - _CHECK.size, b"\0")
    return head + _CHECK.pack(zlib.crc32(head))


def parsed(head: bytes, length: int) -> Layout:
    """The layout of a file of that length, from its first `HEADER` bytes.

    Raises:
        DamagedShard: it is not one that `packed` made, or the file is not as long as it says.
    """
    if len(head) < HEADER or head[: len(MAGIC)] != MAGIC:
        raise DamagedShard("It does not begin like a shard")
    if _CHECK.unpack_from(head, HEADER - _CHECK.size)[0] != zlib.crc32(head[: HEADER - 4]):
        raise DamagedShard("Its header is damaged")
    _, *kind, rows, gone = _HEAD.unpack_from(head)
    if kind != [VERSION, WIDTH, ENCODING, len(NAMES)]:
        raise DamagedShard(f"Version, dimension, encoding and sections {kind} are not known")
    sections = {}
    for number, name in enumerate(NAMES):
        _, offset, size, crc = _SECTION.unpack_from(head, _HEAD.size + number * _SECTION.size)
        sections[name] = Section(offset, size, crc)
    layout = Layout(rows, gone, sections)
    expected = planned(rows, gone, coded=sections["codes"].length > 0).sections
    if any(sections[name].offset != expected[name].offset for name in NAMES):
        raise DamagedShard("Its sections are not where they should be")
    if layout.contents.bytes != length:
        raise DamagedShard(f"It has {length} bytes in place of {layout.contents.bytes}")
    return layout
