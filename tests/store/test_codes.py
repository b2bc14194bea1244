"""The codes: what they leave out, and whether they know how much that is."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.store.codes import LEVELS, PAIRS, Codebook, Look, Scan, learnt
from sightline.store.matrix import WIDTH
from sightline.store.shard_layout import BLOCK, CODE, LEARNT

COUNT = 12_000 + 5  # not a whole number of blocks
Vectors = NDArray[np.float32]


def normal(count: int, seed: int) -> Vectors:
    """Unlike faces, and alike in that some directions have ten times the spread of others."""
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, WIDTH), np.float32)
    vectors *= np.geomspace(1, 0.1, WIDTH, dtype=np.float32)
    vectors[:, 3] += 3
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


@pytest.fixture(scope="module")
def rows() -> Vectors:
    return normal(COUNT, 0)


@pytest.fixture(scope="module")
def codebook(rows: Vectors) -> Codebook:
    return learnt(rows[:8192])


@pytest.fixture(scope="module")
def scan(rows: Vectors, codebook: Codebook) -> Scan:
    return Scan(codebook, codebook.coded(rows), COUNT)


def test_a_codebook_is_kept_as_bytes(codebook: Codebook) -> None:
    packed = codebook.packed()
    assert len(packed) == LEARNT
    again = Codebook.parsed(packed)
    assert again.packed() == packed
    assert again.levels.shape == (PAIRS, LEVELS, 2)


def test_its_turn_changes_no_cosine(codebook: Codebook) -> None:
    assert np.allclose(codebook.turn.T @ codebook.turn, np.eye(WIDTH), atol=1e-5)


def test_all_pairs_are_of_equal_worth(rows: Vectors, codebook: Codebook) -> None:
    """Otherwise the bits of some would be wasted: variances of 100 to 1, products of 4 to 1."""
    products = codebook.spread.reshape(PAIRS, 2).prod(axis=1)
    assert products.max() < 8 * products.min()


def test_it_leaves_out_as_little_as_two_bits_a_number_can(codebook: Codebook) -> None:
    """Where all numbers have one spread, nothing could leave less than 1/16 (rate and distortion),
    and four levels for each would leave 0.1175 (Max 1960). Unequal spreads are easier."""
    even = learnt(np.random.default_rng(4).standard_normal((8192, WIDTH), np.float32))
    assert 1 / 16 < float(even.error.sum() / even.spread.sum()) < 0.1175
    assert float(codebook.error.sum() / codebook.spread.sum()) < 0.06


def test_other_rows_lose_what_was_measured(codebook: Codebook) -> None:
    others = normal(4000, 7)
    pairs = ((others - codebook.mean) @ codebook.turn).reshape(-1, PAIRS, 1, 2)
    lost = ((pairs - codebook.levels) ** 2).sum(axis=3).min(axis=2).mean(axis=0)
    assert lost.sum() == pytest.approx(float(codebook.error.sum()), rel=0.03)


def test_codes_fill_whole_blocks(rows: Vectors, codebook: Codebook) -> None:
    for count in (1, BLOCK, BLOCK + 1):
        assert codebook.coded(rows[:count]).size == -(-count // BLOCK) * BLOCK * CODE


def test_parts_are_coded_as_the_whole(rows: Vectors, codebook: Codebook) -> None:
    whole = codebook.coded(rows[: 5 * BLOCK])
    parts = [codebook.coded(rows[: 2 * BLOCK]), codebook.coded(rows[2 * BLOCK : 5 * BLOCK])]
    # The product with the turn may be rounded another way in another number of rows.
    assert (np.concatenate(parts) == whole).mean() > 0.999


def test_scores_are_those_of_the_levels(rows: Vectors, codebook: Codebook, scan: Scan) -> None:
    query = normal(1, 5)[0]
    found, seen = scan.look(query).rows(50)
    lowest = float(seen[-1])
    assert len(set(found.tolist())) == 50
    pairs = ((rows - codebook.mean) @ codebook.turn).reshape(-1, PAIRS, 1, 2)
    nearest = ((pairs - codebook.levels) ** 2).sum(axis=3).argmin(axis=2)
    coded = codebook.levels[np.arange(PAIRS), nearest].reshape(-1, WIDTH)
    scores = coded @ (query @ codebook.turn) + codebook.mean @ query
    # faiss looks up 64 numbers of 8 bits, of the widest table's spread.
    assert lowest == pytest.approx(float(np.sort(scores)[-50]), abs=0.01)
    assert scores[found].min() >= lowest - 0.01


def test_they_know_what_they_miss(rows: Vectors, scan: Scan) -> None:
    """Of 60 queries' best 20 rows, as many are missing from the first 60 as was foretold."""
    foretold = missing = 0.0
    for query in normal(60, 9):
        cosines = rows @ query
        found, scores = scan.look(query).rows(60)
        best = np.argsort(-cosines)[:20]
        look = scan.look(query)
        foretold += look.missed(cosines[best].tolist(), float(scores[-1]))
        missing += len(set(best.tolist()) - set(found.tolist()))
    assert foretold > 20  # or it would prove nothing
    assert missing == pytest.approx(foretold, rel=0.35)


def test_the_first_look_takes_what_the_wish_asks_for(scan: Scan) -> None:
    look = scan.look(normal(1, 5)[0])
    few, more = look.likely(1, -2), look.likely(100, -2)
    assert 1 <= few < more < COUNT
    assert look.likely(100, 0.99) < few
    assert look.likely(COUNT, -2) == COUNT


def test_after_a_look_with_too_few_rows_the_next_takes_more(
    rows: Vectors, codebook: Codebook
) -> None:
    scan = Scan(codebook, codebook.coded(rows), COUNT)
    look = scan.look(normal(1, 5)[0])
    before = scan.likely(look, 10, -2)
    scan.learn(enough=False)
    assert scan.likely(look, 10, -2) > before
    for _ in range(200):
        scan.learn(enough=True)
    assert scan.likely(look, 10, -2) <= before


def test_codes_that_tell_nothing_say_so() -> None:
    same = np.repeat(normal(1, 3), 500, axis=0)
    codebook = learnt(same)
    look: Look = Scan(codebook, codebook.coded(same), 500).look(same[0])
    rows, scores = look.rows(10)
    lowest = float(scores[-1])
    assert len(rows) == 10
    assert math.isfinite(lowest)
    assert look.missed([1.0], lowest) >= 0.4
