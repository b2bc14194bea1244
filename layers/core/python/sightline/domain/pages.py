"""Pages of a listing: how long, and where the next one begins."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

Entry = TypeVar("Entry")

SIZE = 1000  # entries where the caller leaves it open; the service does not say how many


class Page(NamedTuple, Generic[Entry]):
    """Entries, and the sort key of the last one if there are more after it."""

    entries: list[Entry]
    last: str | None


def size(asked: int | None) -> int:
    """Entries of a page; 0, which the model allows, leaves the choice to the service as well."""
    return asked or SIZE


def cut(found: Sequence[tuple[str, Entry]], length: int) -> Page[Entry]:
    """The page of that length from entries with their sort keys; one too many means more."""
    entries = [entry for _, entry in found[:length]]
    return Page(entries, found[length - 1][0] if len(found) > length else None)
