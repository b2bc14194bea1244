"""The shards that this process has opened: the last used ones, as many as its memory and disk hold.

A search needs the codes of a shard in memory; its other parts are files that the system reads in
where a search looks, and drops again.
"""

import os
import shutil
import tempfile
import time
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING

from sightline.store.manifest import Sealed

if TYPE_CHECKING:
    from sightline.store.shard import Shard

# Bytes of vectors in memory, of all collections: half of what Lambda gives the function, or a
# gigabyte elsewhere.
HELD = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")) * 2**20 // 2
CODES = 48  # bytes of a row in memory: its codes, and a third for what is read in
BELIEVED = 60  # seconds that a damaged shard is not read again
DISK = 0.9  # of the temporary files' disk: the rest is for others

_shards: "OrderedDict[str, Shard]" = OrderedDict()  # by name, the last used at the end
_using = Lock()
_opening: dict[str, Lock] = {}
_damaged: dict[str, float] = {}  # by name, until when that is believed


def fits(shards: Sequence[Sealed]) -> bool:
    """Whether this process can hold these, with room for those that take their place.

    A function that has all layers there can be has none with faiss.
    """
    if not _has_faiss():
        return False
    disk = shutil.disk_usage(tempfile.gettempdir()).total * DISK
    return rows_size(shards) <= HELD and 2 * sum(shard.bytes for shard in shards) <= disk


def rows_size(shards: Sequence[Sealed]) -> int:
    """Bytes in memory of these shards, about."""
    return CODES * sum(shard.rows for shard in shards)


def has(sealed: Sealed) -> bool:
    """Whether the shard is open."""
    return sealed.name in _shards


def shard(uid: str, sealed: Sealed) -> "Shard":
    """The shard, from S3 when it is not here yet.

    Raises:
        MissingShard, DamagedShard, ThrottlingException: as `shard_download.opened`; for a while
            after the first of these a search is spared another download.
    """
    from sightline.store.shard import DamagedShard  # noqa: PLC0415 - numpy, only here

    with _using:
        found = _shards.get(sealed.name)
        if found is not None:
            _shards.move_to_end(sealed.name)
            return found
        if time.monotonic() < _damaged.get(sealed.name, 0):
            raise DamagedShard(sealed.name)
        opening = _opening.setdefault(sealed.name, Lock())
    try:
        with opening:  # two searches at once need only one download
            found = _shards.get(sealed.name)
            return _opened(uid, sealed) if found is None else found
    finally:
        with _using:
            _opening.pop(sealed.name, None)


def _opened(uid: str, sealed: Sealed) -> "Shard":
    from sightline.store import shard_download as download  # noqa: PLC0415 - numpy, only here
    from sightline.store.shard import DamagedShard  # noqa: PLC0415

    _make_room(sealed)
    try:
        found = download.opened(uid, sealed)
    except (download.MissingShard, DamagedShard):
        with _using:
            _damaged[sealed.name] = time.monotonic() + BELIEVED
        raise
    with _using:
        _shards[sealed.name] = found
    return found


def forget() -> None:
    """Closes all."""
    with _using:
        _shards.clear()
        _damaged.clear()


@cache
def _has_faiss() -> bool:
    return find_spec("faiss") is not None


def _make_room(coming: Sealed) -> None:
    """Drops the least used ones; one that a search still reads goes when that ends."""
    disk = shutil.disk_usage(tempfile.gettempdir()).total * DISK
    with _using:
        while _shards:
            rows = coming.rows + sum(shard.count for shard in _shards.values())
            size = coming.bytes + sum(shard.nbytes for shard in _shards.values())
            if CODES * rows <= HELD and size <= disk:
                return
            _shards.popitem(last=False)
