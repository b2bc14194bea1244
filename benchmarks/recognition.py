"""How well faces are told apart: LFW by its official protocol, the colour hundred, similarity."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.data import Pair
from benchmarks.faces import locator, nearest_to_centre
from benchmarks.results import Row, at_least
from sightline.domain.similarity import similarity
from sightline.vision.faces import MOST_FACES, face_analyzer

SHORT_PAIRS = 40  # of each kind in each fold

Vectors = dict[Path, NDArray[np.float32]]


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    pairs = sampled(data.lfw_pairs()) if short else data.lfw_pairs()
    found = vectors({path for pair in pairs for path in (pair.first, pair.second)})
    cosines, same = scored(pairs, found)
    folds = np.array([pair.fold for pair in pairs])
    similar = np.array([similarity(float(each)) for each in cosines]) >= 80
    figures = [
        at_least("LFW folds 1–3 (grey), accuracy", 0.988, official(cosines, same, folds)),
        at_least("LFW, true match rate at false match rate 0.1 %", 0.95, matched(cosines, same)),
        at_least("similarity ≥ 80 of same-person LFW pairs", 0.95, float(similar[same].mean())),
        Row(
            "similarity ≥ 80 of different-person LFW pairs",
            "≤ 0.1 %",
            f"{similar[~same].mean():.3%} of {np.sum(~same):,}",
            bool(similar[~same].mean() <= 1e-3),
        ),
    ]
    if short:
        return figures
    coloured = data.colour_pairs()
    cosines, same = scored(coloured, vectors(data.colour_images()))
    return [*figures, at_least("LFW colour hundred, accuracy", 0.996, best(cosines, same)[0])]


def sampled(pairs: Sequence[Pair]) -> list[Pair]:
    """The first pairs of each kind in each fold."""
    kept: dict[tuple[int, bool], list[Pair]] = {}
    for pair in pairs:
        kept.setdefault((pair.fold, pair.same), []).append(pair)
    return [pair for each in kept.values() for pair in each[:SHORT_PAIRS]]


def vectors(paths: Iterable[Path]) -> Vectors:
    """The vector of each photo's middle face, the one that LFW names it after."""
    analyzer = face_analyzer()
    found = {}
    for path in sorted(paths):
        photo = data.photo(path)
        located = locator().locate(photo.pixels, MOST_FACES)
        face = nearest_to_centre(photo, located)
        if face is not None:
            found[path] = analyzer.embed_located(photo, [face])[0]
    return found


def scored(pairs: Sequence[Pair], found: Vectors) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The pairs' cosines, -1 where a face was not found, and whether they are the same person."""
    cosines = [
        float(found[pair.first] @ found[pair.second])
        if pair.first in found and pair.second in found
        else -1.0
        for pair in pairs
    ]
    return np.array(cosines), np.array([pair.same for pair in pairs])


def best(cosines: NDArray[np.float64], same: NDArray[np.bool_]) -> tuple[float, float]:
    """The best accuracy that any threshold gives, and that threshold."""
    order = np.argsort(-cosines, kind="stable")
    hits, misses = np.cumsum(same[order]), np.cumsum(~same[order])
    accuracy = np.asarray(hits + np.sum(~same) - misses) / len(same)
    at = int(accuracy.argmax())
    return float(accuracy[at]), float(cosines[order][at])


def official(
    cosines: NDArray[np.float64], same: NDArray[np.bool_], folds: NDArray[np.int64]
) -> float:
    """Mean accuracy of the folds, each at the threshold that is best on the others."""
    accuracies = []
    for fold in np.unique(folds):
        held = folds == fold
        _, threshold = best(cosines[~held], same[~held])
        accuracies.append(((cosines[held] >= threshold) == same[held]).mean())
    return float(np.mean(accuracies))


def matched(cosines: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """The share of same pairs above all but one in a thousand of the different ones."""
    different = np.sort(cosines[~same])[::-1]
    return float((cosines[same] > different[len(different) // 1000]).mean())
