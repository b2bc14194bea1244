"""From the cosine of two face vectors to the service's similarity, 0 to 100.

The curve is data: `similarity.json` beside this file, fitted by `benchmarks/similarity.py` on the
pairs of different people of LFW, so that 80 is a false match rate of one in a thousand and 99 one
in a hundred thousand.
"""

import json
from bisect import bisect_right
from functools import cache
from pathlib import Path

DECIMALS = 4
Curve = tuple[tuple[float, ...], tuple[float, ...]]


def similarity(cosine: float) -> float:
    """0 to 100, growing with the cosine (-1 to 1) of two unit vectors.

    Rounded, so that the same vector twice is 100 however its float32 sums came out.
    """
    cosines, similarities = _curve()
    return round(_interpolated(cosines, similarities, cosine), DECIMALS)


def cosine_at(similarity: float) -> float:
    """The smallest cosine whose similarity is at least this (0 to 100)."""
    cosines, similarities = _curve()
    return _interpolated(similarities, cosines, similarity)


@cache
def _curve() -> Curve:
    path = Path(__file__).with_suffix(".json")
    cosines, similarities = zip(*json.loads(path.read_text())["curve"], strict=True)
    return tuple(cosines), tuple(similarities)


def _interpolated(xs: tuple[float, ...], ys: tuple[float, ...], x: float) -> float:
    """The value at x of straight lines through the points; x outside them is brought to the end."""
    if x <= xs[0]:
        return ys[0]
    if x >= xs[-1]:
        return ys[-1]
    right = bisect_right(xs, x)
    share = (x - xs[right - 1]) / (xs[right] - xs[right - 1])
    return ys[right - 1] + share * (ys[right] - ys[right - 1])
