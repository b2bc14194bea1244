"""Shards: what is written is found, what is damaged is told, and merges agree with plain sets."""

import shutil
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sightline.store import shard, shard_layout, shard_merge, shard_rows
from sightline.store.matrix import WIDTH
from sightline.store.shard import GONE, Contents, DamagedShard, Fresh, Names, Shard

Key = tuple[bytes, int]  # id and place
NONE = np.empty(0, GONE)
POOL = 64  # different ids and vectors that small shards are made of
MANY = 24_000  # rows that are searched by their codes


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


def people(count: int, mean: float, seed: int = 0) -> NDArray[np.float32]:
    """Vectors of five faces of each person, that much of them in a direction common to all."""
    random = np.random.default_rng(seed)
    spread = np.linspace(1, 1 - mean, WIDTH, dtype=np.float32)
    centres = random.standard_normal((-(-count // 5), WIDTH), np.float32) * spread
    centres[:, 0] += mean * 12 / (1 - mean)
    faces = np.repeat(centres, 5, axis=0)[:count]
    return unit(faces + 0.5 * spread * random.standard_normal(faces.shape, np.float32))


VECTORS = people(POOL * 4, 0.0)


def id_of(number: int) -> bytes:
    """Ids whose last bytes are zeros, some with the same first half."""
    return struct.pack(">IIHxxxxxx", number % 7, 9, number)


def key_row(key: Key) -> NDArray[np.float32]:
    number = struct.unpack_from(">H", key[0], 8)[0]
    vector: NDArray[np.float32] = VECTORS[(number * 4 + key[1] % 4) % len(VECTORS)]
    return vector


def fresh(keys: Sequence[Key]) -> Fresh:
    vectors = np.array([key_row(key) for key in keys], np.float32).reshape(-1, WIDTH)
    return Fresh([id_ for id_, _ in keys], np.array([p for _, p in keys], np.uint64), vectors)


def names(keys: Sequence[Key]) -> Names:
    return np.array(keys, GONE)


def keys_of(opened: Shard) -> list[Key]:
    rows = np.arange(opened.count)
    return list(zip(opened.ids(rows), opened.places(rows).tolist(), strict=True))


def gone_of(opened: Shard) -> list[Key]:
    found: list[Key] = opened.gone.tolist()
    return found


@pytest.fixture(scope="module", params=[0.0, 0.6], ids=["around the origin", "in a cone"])
def many(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Shard, NDArray[np.float32]]:
    """A shard with codes, its row's place being the number of its vector; and the vectors."""
    vectors = people(MANY, request.param)
    raw = np.random.default_rng(1).bytes(16 * MANY)
    ids = [raw[start : start + 16] for start in range(0, len(raw), 16)]
    path = tmp_path_factory.mktemp("shard") / "many"
    shard.write(path, Fresh(ids, np.arange(MANY, dtype=np.uint64), vectors), NONE)
    return Shard.open(path), vectors


# --- what is written is read


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


# --- search


def exact(
    vectors: NDArray[np.float32], query: NDArray[np.float32], wanted: int, least: float
) -> list[int]:
    cosines = vectors @ query
    order = np.argsort(-cosines)[:wanted]
    return [int(row) for row in order if cosines[row] >= least]


def queries(vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """New faces of people who are in the shard."""
    random = np.random.default_rng(2)
    picked = vectors[random.choice(len(vectors), count, replace=False)]
    return unit(picked + 0.03 * random.standard_normal(picked.shape, np.float32))


@pytest.mark.parametrize("wanted", [1, 26, 300])
def test_the_codes_find_what_all_vectors_say(
    many: tuple[Shard, NDArray[np.float32]], wanted: int
) -> None:
    opened, vectors = many
    found = asked = 0
    for query in queries(vectors, 30):
        rows, cosines = opened.best(query, wanted, -2)
        places = opened.places(rows).astype(int)
        assert np.allclose(cosines, vectors[places] @ query, atol=shard_rows.ERROR, rtol=0)
        assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)
        assert len(set(places.tolist())) == wanted
        right = exact(vectors, query, wanted, -2)
        # What 8 bits cannot tell apart may come in another's place at the end of the list.
        close = (vectors[right] @ query) <= float(cosines[-1]) + shard_rows.ERROR
        found += sum(row in places or near for row, near in zip(right, close, strict=True))
        asked += wanted
    assert found >= (1 - 2 * shard.MISSED) * asked


def test_all_rows_above_a_cosine_are_found(many: tuple[Shard, NDArray[np.float32]]) -> None:
    opened, vectors = many
    for query in queries(vectors, 10):
        sixth = float(np.sort(vectors @ query)[-6])
        least = sixth - shard_rows.ERROR
        rows, cosines = opened.best(query, 4096, least)
        places = opened.places(rows).astype(int).tolist()
        assert set(exact(vectors, query, 6, -2)) <= set(places)
        assert min(cosines.tolist()) >= least


def test_wide_wishes_are_right(many: tuple[Shard, NDArray[np.float32]]) -> None:
    opened, vectors = many
    query = queries(vectors, 1)[0]
    rows, cosines = opened.best(query, 4096, -2)
    right = np.sort(vectors @ query)[::-1][:4096]
    assert np.allclose(cosines, right, atol=shard_rows.ERROR, rtol=0)
    assert len(opened.best(query, MANY + 5, -2)[0]) == MANY
    assert len(opened.best(query, 0, -2)[0]) == 0
    assert len(opened.best(query, 10, 1.1)[0]) == 0
    assert len(np.unique(rows)) == 4096


def test_a_query_that_is_like_no_row(many: tuple[Shard, NDArray[np.float32]]) -> None:
    opened, vectors = many
    for query in (-vectors[7], unit(np.eye(WIDTH, dtype=np.float32)[5])):
        rows, cosines = opened.best(query, 20, -2)
        right = np.sort(vectors @ query)[::-1][:20]
        assert len(rows) == 20
        assert np.allclose(cosines, right, atol=shard_rows.ERROR, rtol=0)


def test_rows_that_are_all_alike(tmp_path: Path) -> None:
    """No direction has any spread, so the codes cannot tell anything."""
    count = 1 << 14
    ids = [struct.pack(">QQ", number, 0) for number in range(count)]
    same = np.repeat(VECTORS[:1], count, axis=0)
    shard.write(tmp_path / "s", Fresh(ids, np.zeros(count, np.uint64), same), NONE)
    opened = Shard.open(tmp_path / "s")
    rows, cosines = opened.best(VECTORS[0], 5000, 0.9)
    assert len(set(rows.tolist())) == 5000
    assert np.allclose(cosines, 1, atol=shard_rows.ERROR)


def test_few_rows_are_searched_whole(tmp_path: Path) -> None:
    keys = [(id_of(number), number) for number in range(200)]
    shard.write(tmp_path / "s", fresh(keys), NONE)
    opened = Shard.open(tmp_path / "s")
    vectors = np.stack([key_row(key) for key in keys_of(opened)])
    _, cosines = opened.best(VECTORS[9], 12, -2)
    right = np.sort(vectors @ VECTORS[9])[::-1][:12]
    assert np.allclose(cosines, right, atol=shard_rows.ERROR, rtol=0)


def test_a_search_goes_on_in_a_shard_that_was_closed_meanwhile(
    many: tuple[Shard, NDArray[np.float32]],
) -> None:
    opened, vectors = many
    before = opened.best(vectors[3], 5, 0.5)[0].tolist()
    opened.close()
    assert opened.best(vectors[3], 5, 0.5)[0].tolist() == before


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
    for at, value in ((8, shard_layout.VERSION + 1), (10, 64)):
        head = bytearray(data[: shard_layout.HEADER])
        struct.pack_into("<H", head, at, value)
        struct.pack_into("<I", head, len(head) - 4, zlib.crc32(head[:-4]))
        with pytest.raises(DamagedShard, match="not known"):
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


# --- merge

some_keys = st.lists(st.tuples(st.integers(0, POOL - 1).map(id_of), st.integers(0, 3)), max_size=40)


@given(
    st.lists(st.tuples(some_keys, some_keys), max_size=4),
    st.none() | some_keys,
    some_keys,
    st.integers(1, 20),
)
def test_a_merge_is_a_union_less_what_is_gone(
    tmp_path_factory: pytest.TempPathFactory,
    older: list[tuple[list[Key], list[Key]]],
    new: list[Key] | None,
    gone: list[Key],
    stretch: int,
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    for number, (keys, dead) in enumerate(older):
        shard.write(folder / f"{number}", fresh(keys), names(dead))
    sources = [Shard.open(folder / f"{number}") for number in range(len(older))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shard_merge, "STRETCH", stretch)
        shard.merge(
            folder / "merged",
            sources,
            None if new is None else fresh(new),
            names(gone),
            lambda some: some["place"] != 1,
        )
    merged = Shard.open(folder / "merged")
    merged.verify()
    rows = {key for source in sources for key in keys_of(source)} | set(new or [])
    dead_keys = {key for source in sources for key in gone_of(source)} | set(gone)
    assert keys_of(merged) == sorted(rows - dead_keys)
    assert gone_of(merged) == sorted(key for key in dead_keys - rows if key[1] != 1)
    for row, key in enumerate(keys_of(merged)):
        assert merged.best(key_row(key), merged.count, 0.99)[0].tolist().count(row) == 1


def test_merging_over_and_over_changes_no_vector(tmp_path: Path) -> None:
    keys = [(id_of(number), number) for number in range(60)]
    shard.write(tmp_path / "0", fresh(keys[:20]), NONE)
    first = Shard.open(tmp_path / "0").sections
    for start in (20, 30, 40, 50):
        older = Shard.open(tmp_path / f"{start - 20}" if start == 20 else tmp_path / f"{start}")
        new = fresh(keys[start : start + 10])
        shard.merge(tmp_path / f"{start + 10}", [older], new, NONE, lambda some: some["place"] < 0)
    last = Shard.open(tmp_path / "60")
    rows = np.array([last.find(id_) for id_ in first.ids.tolist()])
    assert np.array_equal(last.sections.rows[rows], first.rows)
    assert np.array_equal(last.sections.scales[rows], first.scales)


def test_a_merge_of_many_rows_is_searched_by_new_codes(
    many: tuple[Shard, NDArray[np.float32]], tmp_path: Path
) -> None:
    opened, vectors = many
    dead = opened.sections.ids[:100].copy(), opened.sections.places[:100].copy()
    gone = np.empty(100, GONE)
    gone["id"], gone["place"] = dead
    contents = shard.merge(
        tmp_path / "m",
        [opened],
        fresh([(id_of(1), MANY + 1)]),
        gone,
        lambda some: some["place"] > 0,
    )
    merged = Shard.open(tmp_path / "m")
    merged.verify()
    assert (contents.rows, contents.gone) == (MANY + 1 - 100, 0)
    gone_places = set(dead[1].tolist())
    alive = [number for number in range(0, MANY, 400) if number not in gone_places]
    for number in alive:
        rows, cosines = merged.best(vectors[number], 1, 0.9)
        assert merged.places(rows).tolist() == [number]
        assert cosines[0] == pytest.approx(1, abs=shard_rows.ERROR)
    for number in gone_places:
        assert number not in merged.places(merged.best(vectors[number], 9, -2)[0]).tolist()
