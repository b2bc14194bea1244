"""How many faces are found, and how many of the finds are faces."""

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.results import Row, at_least
from sightline.geometry import BoundingBox
from sightline.vision.faces import face_analyzer

MATCHING_OVERLAP = 0.4  # the sets' conventions for a face's box differ
PRECISION = 0.95
SHORT_PHOTOS = 30


def rows(short: bool) -> list[Row]:
    """The section's figure."""
    photos = data.face_boxes()[: SHORT_PHOTOS if short else None]
    total = sum(len(boxes) for _, boxes in photos)
    found: list[tuple[float, bool]] = []
    for path, boxes in photos:
        photo = data.photo(path)
        size = np.array([photo.width, photo.height] * 2)
        known = [BoundingBox(*(float(each) for each in box)) for box in boxes / size]
        finds = [(face.confidence, face.box) for face in face_analyzer().analyze(photo)]
        found += judged(finds, known)
    share = recall(np.array(found), total)
    return [at_least(f"face boxes ({total}), recall at precision ≥ 95 %", 0.95, share)]


def judged(
    finds: list[tuple[float, BoundingBox]], known: list[BoundingBox]
) -> list[tuple[float, bool]]:
    """Each find's confidence and whether it is a known face, each of which counts once."""
    left = list(known)
    result = []
    for confidence, box in sorted(finds, key=lambda each: -each[0]):
        nearest = max(left, key=box.overlap, default=None)
        hit = nearest is not None and box.overlap(nearest) >= MATCHING_OVERLAP
        if hit and nearest is not None:
            left.remove(nearest)
        result.append((confidence, hit))
    return result


def recall(found: NDArray[np.float64], total: int) -> float:
    """The largest share of `total` known faces at a precision of at least `PRECISION`.

    Args:
        found: (n, 2) confidence and hit (0 or 1).
        total: how many faces there are.
    """
    hits = np.cumsum(found[np.argsort(-found[:, 0], kind="stable"), 1])
    precise = hits / np.arange(1, len(hits) + 1) >= PRECISION
    return float(hits[precise].max(initial=0) / total)
