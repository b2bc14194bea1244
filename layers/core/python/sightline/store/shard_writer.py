"""Writes a shard's file, its header last: half a file is no shard."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sightline.store import shard_layout, shard_rows
from sightline.store.matrix import WIDTH
from sightline.store.shard_layout import Contents, Layout
from sightline.store.shard_merge import Names, Stretch
from sightline.store.shard_rows import Sections

CODED_FROM = 1 << 14  # rows; fewer are all searched, in a millisecond
CODED_AT_ONCE = 1 << 15  # rows: 16 MB of float32; a multiple of a block
SAMPLES, SAMPLE = 64, 128  # runs of rows, and rows in each, that a codebook is learnt from


def write(
    path: str | Path,
    sources: Sequence[Sections],
    stretches: Sequence[Stretch],
    gone: Names,
    release: Callable[[], None],
) -> Contents:
    """A file with the rows of the stretches and the names of gone ones, both in order.

    `release` is called now and then, to drop what was read of the sources from memory.
    """

    def gathered(name: str) -> Iterator[NDArray[Any]]:
        held = [getattr(source, name) for source in sources]
        for stretch in stretches:
            yield stretch.gathered(held)
            release()

    count = sum(len(stretch.rows) for stretch in stretches)
    layout = shard_layout.planned(count, len(gone), coded=count >= CODED_FROM)
    with Path(path).open("w+b", buffering=0) as file:
        file.truncate(layout.contents.bytes)
        for name in ("ids", "places", "scales", "rows"):
            _fill(file, layout, name, gathered(name))
        if layout.sections["codes"].length:
            _code(file, layout)
        _fill(file, layout, "gone", [gone])
        file.seek(0)
        file.write(shard_layout.packed(layout))
    return layout.contents


def _fill(file: BinaryIO, layout: Layout, name: str, parts: Iterable[NDArray[Any]]) -> None:
    """Writes a section, and its checksum into the layout."""
    section = layout.sections[name]
    at, crc = section.offset, 0
    for part in parts:
        packed = part.tobytes()
        crc = zlib.crc32(packed, crc)
        file.seek(at)  # `parts` may read the file
        file.write(packed)
        at += len(packed)
    layout.sections[name] = replace(section, crc=crc)


def _code(file: BinaryIO, layout: Layout) -> None:
    """Learns a codebook from rows in the file, and codes all of them."""
    from sightline.store import codes  # noqa: PLC0415 - faiss is large, and few rows need no codes

    picked = np.linspace(0, layout.rows - SAMPLE, SAMPLES).astype(int).tolist()
    codebook = codes.learnt(np.concatenate([_read(file, layout, at, SAMPLE) for at in picked]))
    _fill(file, layout, "codebook", [np.frombuffer(codebook.packed(), np.uint8)])
    starts = range(0, layout.rows, CODED_AT_ONCE)
    rows = (_read(file, layout, start, CODED_AT_ONCE) for start in starts)
    _fill(file, layout, "codes", map(codebook.coded, rows))


def _read(file: BinaryIO, layout: Layout, start: int, count: int) -> NDArray[np.float32]:
    """(n, 128) of the rows written, `count` of them or as many as there are."""
    count = min(count, layout.rows - start)
    file.seek(layout.sections["rows"].offset + start * WIDTH)
    rows = np.frombuffer(file.read(count * WIDTH), np.int8).reshape(-1, WIDTH)
    file.seek(layout.sections["scales"].offset + start * 4)
    return shard_rows.plain(rows, np.frombuffer(file.read(count * 4), "<f4"))
