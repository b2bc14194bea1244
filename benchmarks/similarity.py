"""Fits the curve from cosine to similarity: `python -m benchmarks.similarity`.

Writes `sightline/domain/similarity.json`. On the different-person pairs of LFW, 80 is a false match
rate of 1 in 1,000 and 99 one of 1 in 100,000, as the design asks; below and between, similarity
follows the rate's logarithm.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import data, recognition
from sightline.domain import similarity

TARGET = Path(similarity.__file__).with_suffix(".json")
# False match rate and the similarity that stands for it.
RATES = ((0.5, 1.0), (0.1, 20.0), (0.01, 55.0), (1e-3, 80.0), (1e-4, 92.0), (1e-5, 99.0))
# Photos of one press event, and copies of one photo, lie above all different people.
TOP = ((0.99, 99.99), (1.0, 100.0))


def main() -> None:
    """Embeds LFW and writes the curve."""
    vectors = recognition.vectors(data.lfw_images())
    different = different_cosines(vectors)
    TARGET.write_text(json.dumps(fit(different), indent=2) + "\n")


def different_cosines(vectors: dict[Path, NDArray[np.float32]]) -> NDArray[np.float32]:
    """The cosines of all pairs of photos whose folders, so whose people, differ."""
    paths = sorted(vectors)
    people = np.unique([path.parent.name for path in paths], return_inverse=True)[1]
    matrix = np.stack([vectors[path] for path in paths])
    first, second = np.triu_indices(len(paths), 1)
    different = people[first] != people[second]
    cosines: NDArray[np.float32] = (matrix @ matrix.T)[first[different], second[different]]
    return cosines


def fit(different: NDArray[np.float32]) -> dict[str, object]:
    """The curve's points, with where they come from."""
    points = [[round(float(np.quantile(different, 1 - rate)), 5), value] for rate, value in RATES]
    return {
        "source": "LFW, all pairs of different people of the folds at hand",
        "pairs": len(different),
        "curve": [[-1.0, 0.0], *points, *([cosine, value] for cosine, value in TOP)],
    }


if __name__ == "__main__":
    main()
