"""What the shards of large collections reach: how right and how fast they are searched, beside
other libraries; how fast they are made; and how all that grows to ten million faces.
"""

import tempfile
from pathlib import Path

from benchmarks import growth, mixtures, peers, sharded
from benchmarks.results import Row, at_least, at_most

FACES = 1_000_000
GRAPHED = 300_000  # graphs take long to build
MERGED, SHORT_MERGED = 2_000_000, 200_000


def rows(short: bool) -> list[Row]:
    """The section's figures; a sample of it has no other libraries."""
    making = _making(SHORT_MERGED if short else MERGED)
    if short:
        return [*making, *growth.rows(short)]
    found = []
    for mixture in (mixtures.measured(), mixtures.even()):
        found += [*_searches(mixture, FACES), *peers.rows(mixture, FACES)]
    graphs = peers.rows(mixtures.measured(), GRAPHED, peers.GRAPHS)
    return [*found, *graphs, *making, *growth.rows(short)]


def _searches(mixture: mixtures.Mixture, count: int) -> list[Row]:
    size = growth.of(mixture, count, growth.bandwidth())
    what = f"{count:,} vectors ({mixture.name})"
    return [
        at_least(f"{what}: recall@10 of the candidates", 0.995, size.recall),
        at_most(f"{what}: one search, median", 5, size.median, " ms"),
        at_most(f"{what}: one search, p99", 15, size.p99, " ms"),
        Row(f"{what}: shards checked, opened and searched once", "–", f"{size.opened:.2f} s", None),
    ]


def _making(count: int) -> list[Row]:
    """The store's part of a compaction: without reading the log, and without S3."""
    with tempfile.TemporaryDirectory() as folder:
        answer = sharded.made(Path(folder), count, "faces")
    rate, peak = answer["rate"], answer["peak"] / 1e9
    return [
        Row(
            f"shards of {sharded.BATCH:,} faces written, and merged to one of {count:,}",
            "≥ 20,000 faces/s",
            f"{rate:,.0f} faces/s",
            rate >= 20_000,
        ),
        at_most("the same, most memory at once", 1.0, peak, " GB"),
    ]
