"""Shards as files: what is written is read, and what is damaged is told."""

import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from sightline.store import shard, shard_layout
from sightline.store.shard import Contents, DamagedShard, Fresh, Shard
from tests.store.shard_files import NONE, VECTORS, fresh, gone_of, id_of, keys_of, names, people


def test_rows_are_sorted_by_id_and_place(tmp_path: Path) -> None:
    keys = [(id_of(3), 5), (id_of(1), 7), (id_of(3), 2**56 + 1), (id_of(1), 6), (id_of(8), 0)]
    contents = shard.write(tmp_path / "s", fresh(keys), NONE)
    opened = Shard.open(tmp_path / "s")
    opened.verify()
    assert keys_of(opened) == sorted(keys)
    assert contents == Contents(5, 0, (tmp_path / "s").stat().st_size)
    assert (opened.count, opened.gone_count, opened.nbytes) == (5, 0, contents.bytes)


def test_an_id_is_found_by_its_last_row(tmp_path: Path) -> None:
    keys = sorted((id_of(number), place) for number in range(0, 40, 2) for place in (1, 2))
    shard.write(tmp_path / "s", fresh(keys), NONE)
    opened = Shard.open(tmp_path / "s")
    for number in range(0, 40, 2):
        assert opened.find(id_of(number)) == keys.index((id_of(number), 2))
        assert opened.find(id_of(number + 1)) is None
    assert opened.find(b"\0" * 16) is None
    assert opened.find(b"\xff" * 16) is None


def test_a_shard_of_nothing_but_gone_rows(tmp_path: Path) -> None:
    gone = names([(id_of(9), 2), (id_of(4), 1), (id_of(4), 1)])
    contents = shard.write(tmp_path / "s", fresh([]), gone)
    assert (contents.rows, contents.gone) == (0, 2)
    opened = Shard.open(tmp_path / "s")
    opened.verify()
    assert gone_of(opened) == sorted({(id_of(9), 2), (id_of(4), 1)})
    rows, cosines = opened.best(VECTORS[0], 10, -2)
    assert (len(rows), len(cosines), opened.find(id_of(4))) == (0, 0, None)


def test_a_reader_of_ranges_needs_the_first_bytes_only(tmp_path: Path) -> None:
    keys = [(id_of(number), number) for number in range(50)]
    contents = shard.write(tmp_path / "s", fresh(keys), NONE)
    data = (tmp_path / "s").read_bytes()
    layout = shard_layout.parsed(data[: shard_layout.HEADER], contents.bytes)
    assert layout.contents == contents
    section = layout.sections["places"]
    assert section.offset % shard_layout.ALIGNED == 0
    assert zlib.crc32(data[section.offset : section.end]) == section.crc
    places = np.frombuffer(data, "<u8", layout.rows, section.offset)
    assert sorted(places.tolist()) == list(range(50))


# --- damage


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every section in it."""
    count = 1 << 14
    ids = [struct.pack(">QQ", number * 2654435761 % 2**32, number) for number in range(count)]
    path = tmp_path_factory.mktemp("whole") / "shard"
    places = np.arange(count, dtype=np.uint64)
    shard.write(path, Fresh(ids, places, people(count, 0.3)), names([(b"\1" * 16, 3)]))
    return path


def test_a_truncated_file_is_no_shard(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    for length in (0, 1, 8, shard_layout.HEADER - 1, shard_layout.HEADER, len(data) - 1):
        (tmp_path / "cut").write_bytes(data[:length])
        with pytest.raises(DamagedShard):
            Shard.open(tmp_path / "cut")
    (tmp_path / "cut").write_bytes(data + b"\0")
    with pytest.raises(DamagedShard):
        Shard.open(tmp_path / "cut")


def test_every_flipped_byte_of_the_header_is_told(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    head = bytearray(data[: shard_layout.HEADER])
    for at in range(len(head)):
        head[at] ^= 0x10
        with pytest.raises(DamagedShard):
            shard_layout.parsed(bytes(head), len(data))
        head[at] ^= 0x10
    assert shard_layout.parsed(bytes(head), len(data)).rows == 1 << 14


@pytest.mark.parametrize("name", shard_layout.NAMES)
def test_a_flipped_byte_of_a_section_is_told(whole: Path, tmp_path: Path, name: str) -> None:
    shutil.copy(whole, tmp_path / "s")
    layout = shard_layout.parsed(whole.read_bytes()[: shard_layout.HEADER], whole.stat().st_size)
    section = layout.sections[name]
    for at in (section.offset, section.offset + section.length // 2, section.end - 1):
        with (tmp_path / "s").open("r+b") as file:
            file.seek(at)
            old = file.read(1)[0]
            file.seek(at)
            file.write(bytes([old ^ 1]))
        with pytest.raises(DamagedShard, match=name):
            Shard.open(tmp_path / "s").verify()
        with (tmp_path / "s").open("r+b") as file:
            file.seek(at)
            file.write(bytes([old]))
    Shard.open(tmp_path / "s").verify()


def test_a_shard_of_another_version_or_dimension_is_not_read(whole: Path) -> None:
    data = whole.read_bytes()
    for at, value in ((8, shard_layout.VERSION + 1), (10, 64), (12, 2), (14, 6)):
        head = bytearray(data[: shard_layout.HEADER])
        struct.pack_into("<H", head, at, value)
        struct.pack_into("<I", head, len(head) - 4, zlib.crc32(head[:-4]))
        with pytest.raises(DamagedShard, match="are not known"):
            shard_layout.parsed(bytes(head), len(data))


def test_a_file_whose_writing_was_cut_off_is_no_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(layout: shard_layout.Layout) -> bytes:
        raise OSError("No space left on device")

    monkeypatch.setattr(shard_layout, "packed", broken)
    with pytest.raises(OSError, match="No space"):
        shard.write(tmp_path / "s", fresh([(id_of(1), 1)]), NONE)
    with pytest.raises(DamagedShard):
        Shard.open(tmp_path / "s")


def test_sections_that_do_not_fit_the_rows_are_told(whole: Path) -> None:
    data = whole.read_bytes()
    head = bytearray(data[: shard_layout.HEADER])
    struct.pack_into("<Q", head, 16, (1 << 14) + 64)  # the number of rows
    struct.pack_into("<I", head, len(head) - 4, zlib.crc32(head[:-4]))
    with pytest.raises(DamagedShard, match="sections"):
        shard_layout.parsed(bytes(head), len(data))
