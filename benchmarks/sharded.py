"""Shards of made vectors on disk, and a process that does nothing but search or make them.

What is measured of such a process is not blurred by what the measuring one has in memory:

    python -m benchmarks.sharded search FOLDER    # of shards and queries.npy
    python -m benchmarks.sharded make FOLDER COUNT KIND
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import mixtures
from benchmarks.mixtures import Mixture, Vectors
from sightline.store import shard
from sightline.store.sealing import ROWS
from sightline.store.shard import GONE, Fresh, Shard

ROOT = Path(__file__).resolve().parents[1]
WANTED = 10 + 16  # ten, and those that the service takes besides (domain/search.SPARE)
ROUNDS = 3  # searches with each query
NOBODY = np.empty(0, GONE)
BATCH = 200_000  # new faces that are written at once, 100 MB, and then merged
KINDS = {"faces": mixtures.measured, "even": mixtures.even}


def kept(folder: Path, mixture: Mixture, count: int) -> list[Path]:
    """Shards of `count` vectors, as large as compaction makes them. A row's place is its number."""
    paths: list[Path] = []
    for number, vectors in enumerate(_parts(mixture.chunks(count), ROWS)):
        paths.append(folder / f"{number}.shard")
        shard.write(paths[-1], fresh(vectors, number * ROWS), NOBODY)
    return paths


def fresh(vectors: Vectors, first: int) -> Fresh:
    """Vectors under random ids; the places are their numbers from `first`."""
    raw = np.random.default_rng(first).bytes(16 * len(vectors))
    ids = [raw[start : start + 16] for start in range(0, len(raw), 16)]
    return Fresh(ids, np.arange(first, first + len(vectors), dtype=np.uint64), vectors)


def _parts(chunks: Iterator[Vectors], most: int) -> Iterator[Vectors]:
    """The same vectors, `most` at a time."""
    held: list[Vectors] = []
    for chunk in chunks:
        held.append(chunk)
        while sum(map(len, held)) >= most:
            whole = np.concatenate(held)
            yield whole[:most]
            held = [whole[most:]]
    if sum(map(len, held)):
        yield np.concatenate(held)


def best(
    shards: Sequence[Shard], threads: ThreadPoolExecutor, query: Vectors
) -> tuple[NDArray[np.uint64], Vectors]:
    """Places and cosines of the best rows of several shards, side by side as the service does."""

    def of_one(each: Shard) -> tuple[NDArray[np.uint64], Vectors]:
        rows, cosines = each.best(query, WANTED, -2.0)
        return each.places(rows), cosines

    found = [of_one(shards[0])] if len(shards) == 1 else list(threads.map(of_one, shards))
    cosines = np.concatenate([cosines for _, cosines in found])
    order = np.argsort(-cosines)[:WANTED]
    return np.concatenate([places for places, _ in found])[order], cosines[order]


def searched(folder: Path) -> dict[str, Any]:
    """In a process of its own: times in milliseconds, memory in bytes, and what was found."""
    return _process("search", folder)


def made(folder: Path, count: int, kind: str) -> dict[str, Any]:
    """In a process of its own: shards written and merged; faces per second, and peak memory."""
    return _process("make", folder, count, kind)


def _process(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.sharded", *map(str, arguments)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    answer: dict[str, Any] = json.loads(output)
    return answer


def _search(folder: Path) -> dict[str, Any]:
    queries = np.load(folder / "queries.npy")
    started = time.perf_counter()
    shards = [Shard.open(path) for path in sorted(folder.glob("*.shard"))]
    for each in shards:
        each.verify()
    with ThreadPoolExecutor(2) as threads:
        best(shards, threads, queries[0])
        opened = time.perf_counter() - started
        times, found = [], []
        for _ in range(ROUNDS):
            for query in queries:
                started = time.perf_counter()
                places, _ = best(shards, threads, query)
                times.append(1000 * (time.perf_counter() - started))
                found.append(places.tolist())
    return {
        "opened": opened,
        "median": float(np.median(times)),
        "p99": float(np.quantile(times, 0.99)),
        "resident": _status("VmRSS"),
        "files": sum(each.nbytes for each in shards),
        "found": found[-len(queries) :],
    }


def _make(folder: Path, count: int, kind: str) -> dict[str, Any]:
    """Batches of new faces become shards, and those one shard; the making of vectors is not
    counted.
    """
    seconds, paths = 0.0, []
    for number, vectors in enumerate(_parts(KINDS[kind]().chunks(count), BATCH)):
        new = fresh(vectors, number * BATCH)
        paths.append(folder / f"part{number}")
        started = time.perf_counter()
        shard.write(paths[-1], new, NOBODY)
        seconds += time.perf_counter() - started
        del new, vectors
    started = time.perf_counter()
    older = [Shard.open(path) for path in paths]
    nothing = shard.merge(folder / "0.shard", older, None, NOBODY, lambda names: names["place"] < 0)
    seconds += time.perf_counter() - started
    return {"rows": nothing.rows, "rate": count / seconds, "peak": _status("VmHWM")}


def _status(name: str) -> int:
    """Bytes that Linux says of this process."""
    match = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match is not None
    return int(match[1]) * 1024


if __name__ == "__main__":
    if sys.argv[1] == "search":
        result = _search(Path(sys.argv[2]))
    else:
        result = _make(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    print(json.dumps(result))
