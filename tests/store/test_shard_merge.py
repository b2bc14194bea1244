"""Merging shards agrees with plain sets of rows."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.store import shard, shard_merge
from sightline.store.shard import Shard
from tests.store.shard_files import (
    NONE,
    POOL,
    Key,
    fresh,
    gone_of,
    id_of,
    key_row,
    keys_of,
    names,
)

some_keys = st.lists(st.tuples(st.integers(0, POOL - 1).map(id_of), st.integers(0, 3)), max_size=40)


@settings(max_examples=40, deadline=None)
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
