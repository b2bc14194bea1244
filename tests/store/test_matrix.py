"""The search kernel against the plain way."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sightline.store.matrix import WIDTH, Rows, no_rows


def filled(*batches: int, seed: int = 0) -> tuple[Rows, NDArray[np.float32]]:
    """Rows added in batches of those lengths, and all their vectors."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(sum(batches), WIDTH)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows, start = no_rows(), 0
    for length in batches:
        some = vectors[start : start + length]
        ids = [str(number) for number in range(start, start + length)]
        rows = rows.with_more(ids, [vector.tobytes() for vector in some])
        start += length
    return rows, vectors


@given(
    st.lists(st.integers(0, 300), max_size=5),
    st.floats(-1, 1),
    st.integers(1, 50),
    st.integers(0, 10),
)
def test_the_best_rows(batches: list[int], least: float, most: int, seed: int) -> None:
    rows, vectors = filled(*batches, seed=seed)
    query = np.random.default_rng(99).normal(size=WIDTH).astype(np.float32)
    query /= np.linalg.norm(query)
    found = rows.ranking(query.tobytes(), least).best(most)
    scores = vectors @ query
    expected = sorted((score for score in scores.tolist() if score >= least), reverse=True)
    cosines = [cosine for _, cosine in found]
    assert np.allclose(cosines, expected[:most], atol=1e-5)
    assert np.allclose(cosines, [scores[int(id_)] for id_, _ in found], atol=1e-5)
    assert cosines == sorted(cosines, reverse=True)


def test_growing_moves_nothing_that_is_in_use() -> None:
    rows, vectors = filled(200, 55)
    longer = rows.with_more(["a", "b", "c"], [vectors[0].tobytes()] * 3)
    assert len(rows) == 255
    assert len(longer) == 258
    assert np.array_equal(longer.vectors[: len(rows)], vectors)
    found = longer.ranking(vectors[0].tobytes(), 0.99).best(9)
    assert sorted(id_ for id_, _ in found) == ["0", "a", "b", "c"]


def test_what_is_held_counts_with_its_room_to_grow() -> None:
    rows, _ = filled(100, 10)
    assert rows.size >= rows.vectors.nbytes >= 110 * WIDTH * 4
    assert no_rows().size == 0


def test_the_vector_of_an_id() -> None:
    rows, vectors = filled(3)
    again = rows.with_more(["1"], [vectors[2].tobytes()])
    assert again.vector("0") == vectors[0].tobytes()
    assert again.vector("1") == vectors[2].tobytes()
    assert again.vector("9") is None


def test_nothing() -> None:
    assert no_rows().ranking(b"\0" * 4 * WIDTH, -1).best(5) == []
