"""How the time and memory of a search grow with a collection, from ten thousand faces to ten
million: `python -m benchmarks.growth` (10 min) writes `results/growth.json` and `docs/search.png`.
"""

import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks import mixtures, sharded
from benchmarks.mixtures import Mixture, Vectors
from benchmarks.results import RESULTS, Row, at_least, at_most

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
SHORT_SIZES = (10_000, 100_000)
VECTOR = 512  # bytes of a face in float32
SCANNED = 300_000  # faces up to which the exact scan is measured
STREAM = 1 << 29  # bytes, many times what the processor's caches hold
PICTURE = Path(__file__).resolve().parents[1] / "docs" / "search.png"


@dataclass(frozen=True, slots=True)
class Size:
    """Searches in a collection of that many faces.

    Attributes:
        opened: seconds to check and open its shards, and to search once.
        median, p99: milliseconds of a search.
        resident: bytes of the process after all searches; and
        files: of the shards.
        recall: share of the ten nearest that are among the candidates.
        limit: milliseconds in which the memory could deliver all vectors once; and
        scan: that an exact scan takes by numpy, None where it was not measured.
    """

    faces: int
    opened: float
    median: float
    p99: float
    resident: int
    files: int
    recall: float
    limit: float
    scan: float | None


def main() -> None:
    """Measures all sizes, writes and draws."""
    sizes = measured(SIZES)
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps([asdict(size) for size in sizes], indent=2)
    (RESULTS / "growth.json").write_text(text + "\n")
    draw(sizes)


def rows(short: bool) -> list[Row]:
    """The section's figures; all sizes are drawn, too, unless in short."""
    if not short:
        main()
        held = json.loads((RESULTS / "growth.json").read_text())
        sizes = [Size(**size) for size in held]
    else:
        sizes = measured(SHORT_SIZES)
    last = sizes[-1]
    return [
        at_least(f"{last.faces:,} faces, recall@10", 0.995, last.recall),
        at_most(f"{last.faces:,} faces, one search, median", 40, last.median, " ms"),
        at_most("the same, resident memory", 2.0, last.resident / 1e9, " GB"),
    ]


def measured(faces: tuple[int, ...]) -> list[Size]:
    """Every size, of vectors spread as faces are."""
    mixture, rate = mixtures.measured(), bandwidth()
    return [of(mixture, each, rate) for each in faces]


def of(mixture: Mixture, faces: int, rate: float) -> Size:
    """One size; `rate` is the bandwidth of the memory in bytes per second."""
    queries = mixture.queries()
    nearest = mixtures.truth(mixture.chunks(faces), queries, 10)
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "queries.npy", queries)
        sharded.kept(Path(folder), mixture, faces)
        answer = sharded.searched(Path(folder))
    pairs = zip(answer.pop("found"), nearest.tolist(), strict=True)
    recall = float(np.mean([len(set(some) & set(right)) / 10 for some, right in pairs]))
    scan = _scan(mixture, faces, queries) if faces <= SCANNED else None
    return Size(faces, recall=recall, limit=1000 * faces * VECTOR / rate, scan=scan, **answer)


def _scan(mixture: Mixture, faces: int, queries: Vectors) -> float:
    """Milliseconds, the median, of the plain way: all cosines, by the service's own kernel."""
    vectors = np.concatenate(list(mixture.chunks(faces)))
    times = []
    for query in queries:
        started = time.perf_counter()
        np.einsum("ij,j->i", vectors, query).argpartition(-10)
        times.append(time.perf_counter() - started)
    return float(np.median(times)) * 1000


def bandwidth() -> float:
    """Bytes per second that two threads read from memory, the best of ten."""
    halves = np.split(np.ones(STREAM // 8, np.uint64), 2)
    times = []
    with ThreadPoolExecutor(2) as threads:
        for _ in range(10):
            started = time.perf_counter()
            list(threads.map(np.bitwise_or.reduce, halves))
            times.append(time.perf_counter() - started)
    return STREAM / min(times)


def draw(sizes: list[Size]) -> None:
    """`docs/search.png`."""
    mpl.use("Agg")
    faces = [size.faces for size in sizes]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
    left.plot(faces, [size.median for size in sizes], "o-", label="a search, median")
    left.plot(faces, [size.p99 for size in sizes], "o:", color="C0", label="a search, p99")
    scanned = [size for size in sizes if size.scan is not None]
    scans = [size.scan for size in scanned if size.scan is not None]
    left.plot([size.faces for size in scanned], scans, "s-", color="C1", label="exact scan, numpy")
    limits = [size.limit for size in sizes]
    left.plot(faces, limits, "--", color="grey", label="exact scan at the memory's bandwidth")
    left.set(title="Time of one search", ylabel="milliseconds")
    for values, mark, label in (
        ([size.resident for size in sizes], "o-", "resident memory of the process"),
        ([size.files for size in sizes], "^-", "shards on disk"),
        ([size.faces * VECTOR for size in sizes], "--", "vectors in float32"),
    ):
        colour = "grey" if mark == "--" else None
        right.plot(faces, [value / 1e6 for value in values], mark, color=colour, label=label)
    right.set(title="Memory", ylabel="megabytes")
    for axes in (left, right):
        _finish(axes)
    figure.savefig(PICTURE, dpi=110)


def _finish(axes: Axes) -> None:
    axes.set(xscale="log", yscale="log", xlabel="faces in the collection")
    axes.set_xticks([10**4, 10**5, 10**6, 10**7], ["10 k", "100 k", "1 M", "10 M"])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.3)
    axes.legend()


if __name__ == "__main__":
    main()
