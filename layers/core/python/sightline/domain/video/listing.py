"""The elements of a job's result by time, and by whom they are of, without a long video's elements
ever being in memory together: pieces are read as often as need be.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from sightline.domain.video.kinds import Element

HELD = 50_000  # elements in memory at once, of up to some 5 KB each

Group = TypeVar("Group", int, str)


class Ranked(NamedTuple):
    """An element with its place among those of its group: lower comes first, then time decides."""

    group: int | str
    rank: float
    element: Element


Elements = Callable[[], Iterable[Ranked]]  # all, each time anew, in the order of time


def by_time(elements: Elements) -> Iterator[Element]:
    """All elements in the order of time."""
    return (each.element for each in elements())


def by_group(elements: Elements, sizes: Mapping[Group, int]) -> Iterator[Element]:
    """All elements by group, inside a group by rank and time.

    Args:
        elements: is called as often as it takes.
        sizes: how many elements each group has.
    """
    for groups in _batches(sizes):
        held: dict[int | str, list[Ranked]] = {group: [] for group in groups}
        for each in elements():
            if each.group in held:
                held[each.group].append(each)
        for found in held.values():
            found.sort(key=lambda each: each.rank)
            for each in found:
                yield each.element
            found.clear()


def _batches(sizes: Mapping[Group, int]) -> Iterator[list[Group]]:
    """Groups in their order, together as many as may be held; one that is larger stands alone."""
    batch: list[Group] = []
    held = 0
    for group in sorted(sizes):
        if batch and held + sizes[group] > HELD:
            yield batch
            batch, held = [], 0
        batch.append(group)
        held += sizes[group]
    if batch:
        yield batch
