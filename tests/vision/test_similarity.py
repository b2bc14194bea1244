"""The curve from cosine to similarity."""

import pytest

from sightline.domain.similarity import cosine_at, similarity


def test_ends() -> None:
    assert similarity(-1) == similarity(-2) == 0
    assert similarity(1) == similarity(1.0001) == 100


def test_grows() -> None:
    values = [similarity(step / 1000) for step in range(-1000, 1001)]
    assert values == sorted(values)
    assert similarity(0.3) < 5


@pytest.mark.parametrize("value", [0.5, 20, 75, 80, 99, 99.9])
def test_there_and_back(value: float) -> None:
    assert similarity(cosine_at(value)) == pytest.approx(value, abs=1e-6)
