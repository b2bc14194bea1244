"""Which rows a new shard takes from older ones and from new vectors, and in which order.

Everything is sorted by id, so a merge goes through its sources side by side, a stretch at a time,
and needs little memory for any length: it remembers 6 bytes a row.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.store.shard_rows import Sections

STRETCH = 1 << 16  # rows of each source that are looked at together

Names = NDArray[np.void]  # of shard_layout.GONE


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of the new file in their order: of which source each is (n,), and its row there (n,)."""

    sources: NDArray[np.uint16]
    rows: NDArray[np.uint32]

    def gathered(self, sections: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """What the sources' sections of one name have of these rows."""
        found = np.empty((len(self.rows), *sections[0].shape[1:]), sections[0].dtype)
        for number, section in enumerate(sections):
            mine = self.sources == number
            found[mine] = section[self.rows[mine]]
        return found


def united(
    sources: Sequence[Sections], names: Names, release: Callable[[], None]
) -> tuple[list[Stretch], Names]:
    """The rows of the sources less those that are named, in order, and the names that met no row.

    A row that is there twice comes once, as does a name. `release` is called after each stretch.
    """
    names = names[np.lexsort((names["place"], *_halves(names["id"])))]
    stretches: list[Stretch] = []
    unmet = [names[:0]]
    for ranges, some in _stretches(sources, names):
        stretch, met_none = _stretch(sources, ranges, some)
        stretches.append(stretch)
        unmet.append(met_none)
        release()
    return stretches, np.concatenate(unmet)


def _stretches(sources: Sequence[Sections], names: Names) -> Iterator[tuple[list[range], Names]]:
    """Ranges of rows of each source, and the names, between the same ids."""
    sampled = [source.ids[STRETCH::STRETCH].tolist() for source in sources]
    cuts = {id_ for ids in [*sampled, names["id"][STRETCH::STRETCH].tolist()] for id_ in ids}
    begun, named = [0] * len(sources), 0
    for cut in [*sorted(cuts), None]:
        ends = [_first_from(source.ids, cut) for source in sources]
        end = _first_from(names["id"], cut)
        yield list(map(range, begun, ends)), names[named:end]
        begun, named = ends, end


def _first_from(ids: NDArray[np.void], id_: bytes | None) -> int:
    """The first of sorted ids that is not before this one; the end for None."""
    if id_ is None:
        return len(ids)
    return bisect_left(range(len(ids)), id_, key=lambda row: ids[row].tobytes())


def _stretch(
    sources: Sequence[Sections], ranges: Sequence[range], names: Names
) -> tuple[Stretch, Names]:
    """One stretch, and those of its names that met no row.

    Rows and names are sorted together, so that equal ones come to lie side by side.
    """
    parts = list(zip(sources, ranges, strict=True))
    ids = [source.ids[part.start : part.stop] for source, part in parts]
    places = [source.places[part.start : part.stop] for source, part in parts]
    keys = [
        *_halves(np.concatenate([*ids, names["id"]])),
        np.concatenate([*places, names["place"]]),
    ]
    order = np.lexsort((keys[2], keys[0], keys[1]))
    new = np.ones(len(order), bool)
    new[1:] = np.any([key[order[1:]] != key[order[:-1]] for key in keys], axis=0)
    group = np.cumsum(new) - 1
    count = sum(map(len, ranges))
    named = order >= count
    gone = np.bincount(group[named], minlength=int(new.sum())) > 0
    there = np.bincount(group[~named], minlength=int(new.sum())) > 0
    first = order[new]
    kept = first[~gone]
    source_of = np.repeat(np.arange(len(ranges), dtype=np.uint16), list(map(len, ranges)))
    row_of = np.concatenate([np.empty(0, np.uint32), *(np.arange(p.start, p.stop) for p in ranges)])
    stretch = Stretch(source_of[kept], row_of[kept].astype(np.uint32))
    return stretch, names[first[~there] - count]


def _halves(ids: NDArray[np.void]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The last 8 bytes and the first 8, as numbers that sort as the bytes do."""
    halves = np.ascontiguousarray(ids).view(">u8").reshape(-1, 2).astype(np.uint64)
    return halves[:, 1], halves[:, 0]
