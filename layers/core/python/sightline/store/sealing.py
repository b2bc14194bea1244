"""One compaction's work on shards: new ones are made, and then named all at once, or dropped."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from sightline.store import collections, log, salvage, shard_download, shard_objects
from sightline.store.collections import Collection
from sightline.store.log import Heads, Row
from sightline.store.log_batch import Batch, above
from sightline.store.manifest import Manifest, Sealed, Whose
from sightline.store.shard import GONE, Contents, DamagedShard, Names, Shard, merge, write
from sightline.store.shard_download import MissingShard
from sightline.store.table import chunks

ROWS = 2_000_000  # of a shard that is not merged any more
NOBODY: Names = np.empty(0, GONE)
TIER = 4  # a shard is merged with what is at least this part of it: so each row few times


class Sealing:
    """Shards of a collection on their way to its next manifest.

    Rows that are gone but lie in a shard that is not merged now are noted in a shard without rows,
    one for faces and one for users.
    """

    def __init__(self, collection: Collection, floors: Heads) -> None:
        self._collection = collection
        self._floors = floors
        self._shards = list(collection.manifest.shards)
        self._made: list[str] = []
        self._resources = ExitStack()
        self._folder = Path(self._resources.enter_context(TemporaryDirectory(prefix="seal-")))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._resources.close()
        if isinstance(error, Exception):
            shard_objects.drop(self._collection.uid, self._made)

    def add(self, whose: Whose, batch: Batch, *, purge: bool) -> None:
        """Makes a shard of new rows and of the shards that are not much larger.

        Args:
            whose: of faces, or of users.
            batch: what the log has.
            purge: whether also one of the other shards is written without its rows that are gone.

        Raises:
            DamagedShard, MissingShard: a shard that is to be merged.
        """
        full = sorted(
            (shard for shard in self._of(whose) if shard.rows), key=lambda shard: shard.rows
        )
        notes = [shard for shard in self._of(whose) if not shard.rows]
        chosen = _tier(full, len(batch.rows))
        left = self._merge(whose, chosen, batch, self._noted(notes, batch.names()))
        others = full[len(chosen) :]
        if purge and len(left):
            holder = next((each for each in others if self._holds(each, left)), None)
            if holder is None:
                others = []  # no shard has what is left
            else:
                left = self._merge(whose, [holder], Batch(), left)
        # What the log had from the old floors to the new ones is in this shard or nowhere.
        before = self._collection.manifest.floors
        between = above(left["place"], before) & ~above(left["place"], self._floors)
        left = left[~between]
        if not others:
            left = left[above(left["place"], self._floors)]
        if batch.gone or len(left) < sum(shard.gone for shard in notes):
            self._note(whose, notes, left)

    def is_sound(self, whose: Whose) -> bool:
        """Whether all shards are what was written."""
        try:
            for shard in self._of(whose):
                shard_download.opened(self._collection.uid, shard).close()
        except (DamagedShard, MissingShard):
            return False
        return True

    def rebuild(self, whose: Whose, most: int) -> None:
        """Writes new shards, of so many rows each, from the items; they take the place of all."""
        self._give_up(self._of(whose))
        found = salvage.sealed_items(self._collection.uid, self._collection.manifest, whose)
        for some in chunks(found, most):
            rows = [Row(id_, place) for id_, place, _ in some]
            batch = Batch(rows, [vector for _, _, vector in some])
            path = self._path()
            self._keep(whose, path, write(path, batch.fresh(), NOBODY))

    def finish(self) -> bool:
        """Names the new shards, and deletes what they replace; False if another manifest came
        first, or nothing is new.
        """
        uid, manifest = self._collection.uid, self._collection.manifest
        if (self._floors, tuple(self._shards)) == (manifest.floors, manifest.shards):
            return False
        before = {shard.name for shard in manifest.shards}
        # From here on nobody knows whether these are named, until the table has said so.
        made, self._made = set(self._made), []
        new = Manifest(0, self._floors, tuple(self._shards), time.time())
        sealed = collections.seal(self._collection, new)
        latest, _ = collections.read(self._collection.id)
        named = set() if latest is None else {each.name for each in latest.manifest.shards}
        shard_objects.drop(uid, (before | made) - named)
        if sealed:
            log.drop(uid, self._floors)
        return sealed

    def _of(self, whose: Whose) -> list[Sealed]:
        return [shard for shard in self._shards if shard.whose == whose]

    def _merge(self, whose: Whose, chosen: Sequence[Sealed], batch: Batch, gone: Names) -> Names:
        """Makes one shard; gives back the rows that are gone which it would not have had."""
        if not chosen and not batch.rows:
            return gone
        left: list[Names] = []

        def keep_none(unmet: Names) -> NDArray[np.bool_]:
            left.append(unmet)
            return np.zeros(len(unmet), bool)

        path = self._path()
        with ExitStack() as opened:
            sources = [opened.enter_context(self._opened(shard)) for shard in chosen]
            fresh = batch.fresh() if batch.rows else None
            contents = merge(path, sources, fresh, gone, keep_none)
        self._give_up(chosen)
        self._keep(whose, path, contents)
        return np.concatenate([NOBODY, *left])

    def _noted(self, notes: Sequence[Sealed], gone: Names) -> Names:
        """Rows that are gone, and those that were noted before."""
        with ExitStack() as opened:
            before = [opened.enter_context(self._opened(shard)).gone.copy() for shard in notes]
        return np.concatenate([gone, *before])

    def _note(self, whose: Whose, notes: Sequence[Sealed], gone: Names) -> None:
        """Notes rows that are gone in place of those that were noted before."""
        self._give_up(notes)
        if len(gone):
            path = self._path()
            since = min((shard.since for shard in notes), default=time.time())
            self._keep(whose, path, write(path, Batch().fresh(), gone), since)

    def _holds(self, sealed: Sealed, gone: Names) -> bool:
        with self._opened(sealed) as shard:
            return any(
                _has(shard, id_, place)
                for id_, place in zip(gone["id"].tolist(), gone["place"].tolist(), strict=True)
            )

    @contextmanager
    def _opened(self, sealed: Sealed) -> Iterator[Shard]:
        shard = shard_download.opened(self._collection.uid, sealed)
        try:
            yield shard
        finally:
            shard.close()

    def _path(self) -> Path:
        return self._folder / uuid4().hex

    def _keep(self, whose: Whose, path: Path, contents: Contents, since: float = 0.0) -> None:
        """Keeps a file as an object, to be named."""
        if contents.rows or contents.gone:
            name = shard_objects.upload(self._collection.uid, path)
            self._made.append(name)
            sizes = contents.rows, contents.gone, contents.bytes
            self._shards.append(Sealed(name, whose, *sizes, since))
        path.unlink()

    def _give_up(self, shards: Sequence[Sealed]) -> None:
        self._shards = [shard for shard in self._shards if shard not in shards]


def _has(shard: Shard, id_: bytes, place: int) -> bool:
    """Whether a shard has a row; the rows of an id are beside each other."""
    row = shard.find(id_)
    while row is not None and row >= 0 and shard.ids(np.array([row])) == [id_]:
        if shard.places(np.array([row]))[0] == place:
            return True
        row -= 1
    return False


def _tier(shards: Sequence[Sealed], rows: int) -> Sequence[Sealed]:
    """The smallest of shards by ascending size, as far as each is not much larger than all before
    it together with so many new rows.
    """
    count = 0
    for shard in shards:
        if shard.rows > TIER * rows or shard.rows + rows > ROWS:
            break
        rows += shard.rows
        count += 1
    return shards[:count]
