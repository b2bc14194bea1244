"""The shard's search beside what other libraries offer for the same vectors, in the same run.

faiss is a dependency of the service, and the others are not: usearch is measured where it is
installed, and said to be missing where it is not.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks import sharded
from benchmarks.mixtures import Mixture, Vectors, truth
from benchmarks.results import Row, at_most
from sightline.store import shard
from sightline.store.shard import Shard

TEN = 10
EQUAL = 0.0005  # of recall: what one of two thousand found faces makes
FACTORS = (
    3,
    10,
    20,
    30,
    50,
    100,
    150,
    200,
    300,
    500,
    700,
    1000,
    1500,
    2000,
    3000,
)  # candidates for each result
BREADTHS = (32, 64, 128, 256, 512, 1024, 2048)  # of a search in a graph
ROUNDS, BLOCK = 6, 25  # every library has its turn with so many queries
TAUGHT_BY = 65_536  # vectors
# Indexes that take minutes to build.
GRAPHS = ("PQ64x4fs,RFlat", "OPQ64,PQ64x4fs,RFlat", "HNSW32")
SCANS = ("PQ64x4fs,RFlat", "PQ64x4fs,Refine(SQfp16)", "PQ64x4fs,Refine(SQ8)", "SQ8", "Flat")

Search = Callable[[Vectors], NDArray[np.int64]]  # a query (128,) in, numbers of ten vectors out


@dataclass(frozen=True, slots=True)
class Contender:
    """A library, as it is asked."""

    name: str
    search: Search
    recall: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a contender reached: recall@10, and milliseconds of one search."""

    name: str
    recall: float
    median: float
    p99: float


def rows(mixture: Mixture, count: int, factories: Sequence[str] = SCANS) -> list[Row]:
    """The section's figures: ours, each peer, and the ratio to the fastest of equal recall."""
    ours, *others = outcomes(mixture, count, factories)
    equal = [other for other in others if other.recall >= ours.recall - EQUAL]
    fastest = min(equal, key=lambda other: other.median, default=None)
    missing = [] if find_spec("usearch") else ["usearch is not installed"]
    what = f"{count:,} vectors ({mixture.name})"
    return [
        _ratio(what, ours, fastest),
        *(Row(f"{what}, {each.name}", "–", _said(each), None) for each in (ours, *others)),
        *(Row(f"{what}, peers", "–", each, None) for each in missing if factories == GRAPHS),
    ]


def _ratio(what: str, ours: Outcome, fastest: Outcome | None) -> Row:
    if fastest is None:
        return Row(f"{what}: time ÷ the fastest peer's", "≤ 1.2×", "none of equal recall", None)
    ratio = ours.median / fastest.median
    return at_most(
        f"{what}: time ÷ that of {fastest.name}, the fastest of equal recall", 1.2, ratio, "×"
    )


def _said(outcome: Outcome) -> str:
    return f"{outcome.median:.2f} ms (p99 {outcome.p99:.1f}) at {outcome.recall:.2%}"


def outcomes(mixture: Mixture, count: int, factories: Sequence[str]) -> list[Outcome]:
    """Ours first."""
    vectors = np.concatenate(list(mixture.chunks(count)))
    queries = mixture.queries()
    right = truth(iter([vectors]), queries, TEN)
    with tempfile.TemporaryDirectory() as folder:
        contenders = [_own(Path(folder), vectors, queries, right)]
        goal = contenders[0].recall
        contenders += _scans(factories, vectors, queries, right, goal)
        if factories == GRAPHS:
            contenders += _usearch(vectors, queries, right, goal)
        return _timed(contenders, queries)


def _own(folder: Path, vectors: Vectors, queries: Vectors, right: NDArray[np.intp]) -> Contender:
    """A shard, and the float32 of its candidates, which the service has from their items."""
    shard.write(folder / "own", sharded.fresh(vectors, 0), sharded.NOBODY)
    opened = Shard.open(folder / "own")

    def search(query: Vectors) -> NDArray[np.int64]:
        rows, _ = opened.best(query, sharded.WANTED, -2.0)
        places = opened.places(rows).astype(np.int64)
        return places[np.argsort(-np.einsum("ij,j->i", vectors[places], query))[:TEN]]

    return Contender("Sightline's shard", search, _recall(search, queries, right))


def _scans(
    factories: Sequence[str],
    vectors: Vectors,
    queries: Vectors,
    right: NDArray[np.intp],
    goal: float,
) -> Iterator[Contender]:
    """faiss's indexes, each with the least effort that reaches the goal, or else the most."""
    for factory in factories:
        index: Any = faiss.index_factory(vectors.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
        faiss.omp_set_num_threads(2)
        index.train(vectors[:TAUGHT_BY])
        index.add(vectors)
        faiss.omp_set_num_threads(1)
        refined, graph = factory.startswith(("PQ", "OPQ")), "HNSW" in factory
        for effort in FACTORS if refined else BREADTHS if graph else (None,):
            if refined:
                index.k_factor = effort
            elif graph:
                index.hnsw.efSearch = effort

            def search(query: Vectors, index: Any = index) -> NDArray[np.int64]:
                numbers: NDArray[np.int64] = index.search(query[None], TEN)[1][0]
                return numbers

            recall = _recall(search, queries, right)
            if recall >= goal - EQUAL:
                break
        name = f"faiss {factory}" + (f" with {effort}" if effort else "")
        yield Contender(name, search, recall)


def _usearch(
    vectors: Vectors, queries: Vectors, right: NDArray[np.intp], goal: float
) -> Iterator[Contender]:
    """Its graph over 8-bit and 16-bit numbers."""
    if not find_spec("usearch"):
        return
    usearch = import_module("usearch.index")
    for kind in ("i8", "f16"):
        index = usearch.Index(ndim=vectors.shape[1], metric="cos", dtype=kind)
        index.add(np.arange(len(vectors)), vectors)

        def search(query: Vectors, index: Any = index) -> NDArray[np.int64]:
            return np.asarray(index.search(query, TEN).keys, np.int64)

        for breadth in BREADTHS:
            index.expansion_search = breadth
            recall = _recall(search, queries, right)
            if recall >= goal - EQUAL:
                break
        yield Contender(f"usearch {kind} with {breadth}", search, recall)


def _recall(search: Search, queries: Vectors, right: NDArray[np.intp]) -> float:
    found = [
        len(np.intersect1d(search(query), row)) for query, row in zip(queries, right, strict=True)
    ]
    return sum(found) / right.size


def _timed(contenders: list[Contender], queries: Vectors) -> list[Outcome]:
    """All in turn, so that what else the machine does falls on all; each with the number of
    OpenMP's threads that serves it better: two wait for each other where the machine is busy.
    """
    times: dict[tuple[str, int], list[float]] = defaultdict(list)
    for round_ in range(ROUNDS):
        block = np.roll(queries, round_ * BLOCK, axis=0)[:BLOCK]
        for threads in (1, 2):
            faiss.omp_set_num_threads(threads)
            for contender in contenders:
                for query in block:
                    started = time.perf_counter()
                    contender.search(query)
                    spent = 1000 * (time.perf_counter() - started)
                    times[contender.name, threads].append(spent)
    return [_outcome(each, times[each.name, 1], times[each.name, 2]) for each in contenders]


def _outcome(contender: Contender, *ways: list[float]) -> Outcome:
    best = min(ways, key=lambda times: float(np.median(times)))
    median, p99 = float(np.median(best)), float(np.quantile(best, 0.99))
    return Outcome(contender.name, contender.recall, median, p99)
