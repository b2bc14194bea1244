"""What is decoded ahead is what would have been decoded without."""

import threading
from collections.abc import Iterator

import pytest

from sightline.video.ahead import ahead


def test_the_same_items_in_order() -> None:
    assert list(ahead(range(100))) == list(range(100))
    assert list(ahead([])) == []


def test_an_error_comes_after_the_items_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    items = ahead(broken())
    assert next(items) == 1
    with pytest.raises(OSError, match="gone"):
        next(items)


def test_who_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    items = ahead(iter(range(1000)))
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
