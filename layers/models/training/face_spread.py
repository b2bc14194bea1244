"""Measures how face vectors spread, from LFW, the colour hundred and UTKFace (5 min): where they
lie, how people differ, and how one person's photos do. The benchmarks of search draw vectors so.

    python -m layers.models.training.face_spread
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks import data, mixtures
from benchmarks.faces import locator, nearest_to_centre
from sightline.vision.faces import MOST_FACES, face_analyzer
from sightline.vision.photo import Photo


def main() -> None:
    """Embeds every face in the middle of a photo, and writes the spread."""
    people = [f"lfw {path.parent.name}" for path in data.lfw_images()]
    photos = [data.photo(path) for path in data.lfw_images()]
    people += [f"colour {path.parent.name}" for path in data.colour_images()]
    photos += [data.photo(path) for path in data.colour_images()]
    people += [f"utk {person.path.name}" for person in data.people()]
    photos += [data.presented(person.path) for person in data.people()]
    found = [(name, _vector(photo)) for name, photo in zip(people, photos, strict=True)]
    named = [(name, vector) for name, vector in found if vector is not None]
    fit(np.stack([vector for _, vector in named]), np.array([name for name, _ in named]))


def _vector(photo: Photo) -> NDArray[np.float32] | None:
    face = nearest_to_centre(photo, locator().locate(photo.pixels, MOST_FACES))
    if face is None:
        return None
    vector: NDArray[np.float32] = face_analyzer().embed_located(photo, [face])[0]
    return vector


def fit(vectors: NDArray[np.float32], people: NDArray[np.str_]) -> None:
    """Writes the spread of (n, 128) vectors of n named people; most may have one photo only."""
    _, person, photos = np.unique(people, return_inverse=True, return_counts=True)
    means = np.zeros((len(photos), vectors.shape[1]))
    np.add.at(means, person, vectors)
    means /= photos[:, None]
    several = photos[person] > 1
    apart = (vectors - means[person])[several]
    within = apart.T @ apart / (several.sum() - np.sum(photos > 1))
    between = np.cov(vectors, rowvar=False) - within
    np.savez(
        mixtures.SPREAD,
        mean=vectors.mean(axis=0).astype(np.float32),
        between=root(between).astype(np.float16),
        within=root(within).astype(np.float16),
    )


def root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """(128, 128) that turns independent numbers into such with this covariance."""
    variances, directions = np.linalg.eigh(covariance)
    # A difference of two estimates may be below zero where both are small.
    square: NDArray[np.float64] = (directions * np.sqrt(np.maximum(variances, 0))) @ directions.T
    return square


if __name__ == "__main__":
    main()
