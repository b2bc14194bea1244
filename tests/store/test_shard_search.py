"""Searching shards, with codes and without, against all vectors in float32."""

import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.store import shard, shard_rows
from sightline.store.matrix import WIDTH
from sightline.store.shard import GONE, Fresh, Shard
from tests.store.shard_files import NONE, VECTORS, fresh, id_of, key_row, keys_of, people, unit

MANY = 24_000  # rows that are searched by their codes


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


def test_many_threads_search_one_shard(many: tuple[Shard, NDArray[np.float32]]) -> None:
    opened, vectors = many
    asked = queries(vectors, 40)
    alone = [opened.best(query, 5, -2)[1].tolist()[0] for query in asked]
    opened.close()
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda query: opened.best(query, 5, -2)[1].tolist()[0], asked))
    assert together == alone
