"""A shard: rows of vectors in one file, sorted by id, that is memory-mapped and searched.

A row is an id (16 bytes), the place of the log entry that brought its vector, and the vector with
8 bits a number. A shard of many rows has 4-bit codes besides: a search reads those of all rows, and
then the vectors of the rows that look best. A file also names rows of older shards that are gone.
"""

import mmap
import zlib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sightline.store import shard_layout, shard_merge, shard_rows, shard_writer
from sightline.store.matrix import WIDTH
from sightline.store.shard_layout import GONE, HEADER, ID, Contents, DamagedShard, Layout
from sightline.store.shard_merge import Names
from sightline.store.shard_rows import Fresh, Sections

if TYPE_CHECKING:
    from sightline.store.codes import Look, Scan

__all__ = ["GONE", "Contents", "DamagedShard", "Fresh", "Names", "Shard", "merge", "write"]

FEWEST = 512  # rows that a look at the codes gives at least; fewer would save no time
FURTHER = 3  # times as many in the next look, when these do not suffice
STEP, STEPS = 256, 6  # of these rows are looked at closely at once: so many, or a sixth
PART = 4  # where more than one in this many rows must be looked at, all are
# Of the rows wished, so many may be missing by the codes' measured error. They are among the last,
# and a search wishes for more than it was asked for (domain/search.SPARE).
MISSED = 0.005
AT_ONCE = 1 << 13  # rows of a full scan: 4 MB of float32, which a processor's cache holds
CHECKED_AT_ONCE = 1 << 22  # bytes
NOTHING = Fresh([], np.empty(0, np.uint64), np.empty((0, WIDTH), np.float32))

Found = tuple[NDArray[np.intp], NDArray[np.float32]]  # rows with their cosines
Keep = Callable[[Names], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Wish:
    """How many of the nearest to a mixed query (128,), and their least cosine."""

    query: NDArray[np.float32]
    wanted: int
    least: float


class Shard:
    """An open file. Any number of threads may search it."""

    def __init__(self, mapped: mmap.mmap, layout: Layout) -> None:
        self._map = mapped
        self._layout = layout
        self._scan: Scan | None = None
        self._loading = Lock()
        view = self._view
        self.sections = Sections(
            ids=view("ids").view(ID),
            places=view("places").view("<u8"),
            scales=view("scales").view("<f4"),
            rows=view("rows").view(np.int8).reshape(-1, WIDTH),
            gone=view("gone").view(GONE),
        )

    @classmethod
    def open(cls, path: str | Path) -> "Shard":
        """Maps a file; looks at its header only, `verify` at the rest.

        Raises:
            DamagedShard: it is not a whole shard.
        """
        with Path(path).open("rb") as file:
            length = file.seek(0, 2)
            file.seek(0)
            layout = shard_layout.parsed(file.read(HEADER), length)
            return cls(mmap.mmap(file.fileno(), length, access=mmap.ACCESS_READ), layout)

    def verify(self) -> None:
        """Reads the whole file.

        Raises:
            DamagedShard: a section is not what was written.
        """
        for name, section in self._layout.sections.items():
            crc, view = 0, self._view(name)
            for start in range(0, section.length, CHECKED_AT_ONCE):
                crc = zlib.crc32(view[start : start + CHECKED_AT_ONCE].data, crc)
            if crc != section.crc:
                raise DamagedShard(f"Its {name} are damaged")
        self.release()

    @property
    def count(self) -> int:
        """How many rows it has."""
        return self._layout.rows

    @property
    def gone_count(self) -> int:
        """How many rows of older shards it says are gone."""
        return self._layout.gone

    @property
    def nbytes(self) -> int:
        """Bytes of the file."""
        return self._layout.contents.bytes

    @property
    def gone(self) -> NDArray[np.void]:
        """(gone_count,) of GONE, sorted."""
        return self.sections.gone

    def ids(self, rows: NDArray[np.intp]) -> list[bytes]:
        """The 16 bytes of each row's id."""
        found: list[bytes] = self.sections.ids[rows].tolist()
        return found

    def places(self, rows: NDArray[np.intp]) -> NDArray[np.uint64]:
        """(n,) places of those rows."""
        return self.sections.places[rows].astype(np.uint64, copy=False)

    def find(self, id_: bytes) -> int | None:
        """The last row with an id, None when it has none."""
        after = bisect_right(range(self.count), id_, key=self._id)
        return after - 1 if after and self._id(after - 1) == id_ else None

    def best(self, query: NDArray[np.float32], wanted: int, least: float) -> Found:
        """The best rows for a unit vector (128,): `wanted` at most, of cosine `least` at least.

        Best first, with cosines to `shard_rows.ERROR`. It takes ever more rows from the codes until
        `MISSED` is kept. A shard without codes is searched whole.
        """
        turned = shard_rows.mixed(query)
        if wanted > 0 and self._layout.sections["codes"].length:
            scan = self._codes()
            look = scan.look(turned)
            most = max(FEWEST, scan.likely(look, wanted, least))
            while most * PART <= self.count:
                found = self._best_of(look, most, Wish(turned, wanted, least))
                scan.learn(enough=found is not None)
                if found is not None:
                    return found
                most *= FURTHER
        return _top(*self._closer(np.arange(self.count), turned), wanted, least)

    def release(self) -> None:
        """Lets the system take back the memory that holds what was read from the file."""
        self._map.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Drops the codes; the map goes with the last search that uses it."""
        with self._loading:
            self._scan = None

    def _view(self, name: str) -> NDArray[np.uint8]:
        section = self._layout.sections[name]
        return np.frombuffer(self._map, np.uint8, section.length, section.offset)

    def _id(self, row: int) -> bytes:
        start = self._layout.sections["ids"].offset + row * ID.itemsize
        return self._map[start : start + ID.itemsize]

    def _best_of(self, look: "Look", most: int, wish: "Wish") -> Found | None:
        """The best of the `most` rows that look best, None if others may be among the best.

        It looks at the vectors of ever more of them, until what is left looks too bad.
        """
        rows, scores = look.rows(most)
        step = max(STEP, most // STEPS)
        cosines = np.empty(0, np.float32)
        for start in range(0, most, step):
            some = rows[start : start + step]
            cosines = np.concatenate([cosines, self._closer(some, wish.query)[1]])
            seen = len(cosines)
            best = _top(rows[:seen], cosines, wish.wanted, wish.least)
            wished = best[1].tolist()
            if len(wished) < wish.wanted:
                wished.append(wish.least)
            if look.missed(wished, float(scores[seen - 1])) <= MISSED * len(wished):
                return best
        return None

    def _closer(self, rows: NDArray[np.intp], turned: NDArray[np.float32]) -> Found:
        """The rows with their cosines."""
        held, parts = self.sections, [np.empty(0, np.float32)]
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            # Not `held.rows[some]`, which takes a tenth more of a whole search. No row is clipped.
            taken = held.rows.take(some, axis=0, mode="clip")
            scales = held.scales.take(some, mode="clip")
            parts.append(shard_rows.cosines(taken, scales, turned))
        return rows, np.concatenate(parts)

    def _codes(self) -> "Scan":
        with self._loading:
            if self._scan is None:
                from sightline.store.codes import Codebook, Scan  # noqa: PLC0415 - faiss is large

                codebook = Codebook.parsed(self._view("codebook").tobytes())
                self._scan = Scan(codebook, self._view("codes"), self.count)
                self.release()
            return self._scan


def _top(rows: NDArray[np.intp], cosines: NDArray[np.float32], wanted: int, least: float) -> Found:
    """The best of rows with their cosines, best first."""
    good = np.flatnonzero(cosines >= least)
    if wanted < len(good):
        good = good[np.argpartition(-cosines[good], wanted)[:wanted]]
    good = good[np.argsort(-cosines[good], kind="stable")]
    return rows[good], cosines[good]


def write(path: str | Path, fresh: Fresh, gone: Names) -> Contents:
    """A shard of new rows, less those that `gone` names; its other names stay in the file."""
    return merge(path, [], fresh, gone, lambda names: np.ones(len(names), bool))


def merge(
    path: str | Path, shards: Sequence[Shard], fresh: Fresh | None, gone: Names, keep: Keep
) -> Contents:
    """One shard of all rows, less those that `gone` or the shards name as gone.

    Of the names that met no row, those for which `keep` says True stay in the file, for the sake
    of shards that are not here.
    """

    def release() -> None:
        for shard in shards:
            shard.release()

    sources = [shard_rows.sections(fresh or NOTHING), *(shard.sections for shard in shards)]
    names = np.concatenate([gone, *(source.gone for source in sources)])
    stretches, unmet = shard_merge.united(sources, names, release)
    return shard_writer.write(path, sources, stretches, unmet[keep(unmet)], release)
