"""Rows of the table: what was asked, what was measured, and how both are written down."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        metric: what was measured, on what.
        asked: the target, in words.
        measured: the figure, in words.
        reached: whether the target is reached; None where there is none.
    """

    metric: str
    asked: str
    measured: str
    reached: bool | None


def at_least(metric: str, target: float, value: float) -> Row:
    """A share that should be at least the target."""
    return Row(metric, f"≥ {target:.1%}", f"{value:.2%}", value >= target)


def at_most(metric: str, target: float, value: float, unit: str, digits: int = 2) -> Row:
    """A quantity that should be at most the target."""
    return Row(metric, f"≤ {target:g}{unit}", f"{value:.{digits}f}{unit}", value <= target)


def write(rows: Sequence[Row], about: str) -> None:
    """`results/bench.json` and `results/bench.md`, the table that the README shows."""
    RESULTS.mkdir(exist_ok=True)
    content = {"about": about, "rows": [asdict(row) for row in rows]}
    (RESULTS / "bench.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    lines = ["| what | asked | measured |", "|---|---|---|"]
    lines += [f"| {row.metric} | {row.asked} | {row.measured} |" for row in rows]
    (RESULTS / "bench.md").write_text("\n".join([*lines, "", about, ""]))
