"""Small linear models on top of the networks: what they were taught is data, with its source.

The weights are made by `layers/models/training/heads.py`; its README says from what and how good.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Head:
    """A linear model of k answers from n inputs.

    Attributes:
        weights: (n, k).
        bias: (k,).
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def shares(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(k,) probabilities of answers that exclude each other, from (n,) inputs."""
        scores = inputs @ self.weights + self.bias
        raised = np.exp(scores - scores.max())
        shares: NDArray[np.float32] = raised / raised.sum()
        return shares

    def chance(self, inputs: NDArray[np.float32]) -> float:
        """The probability, 0 to 1, of a yes from (n,) inputs; for heads of one answer."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.score(inputs)))))

    def score(self, inputs: NDArray[np.float32]) -> float:
        """The bare answer to (n,) inputs; for heads of one answer."""
        return float((inputs @ self.weights + self.bias)[0])


@cache
def heads() -> dict[str, Head]:
    """All heads by name."""
    path = Path(__file__).parent / "learnt" / "heads.json"
    return {
        name: Head(np.array(each["weights"], np.float32), np.array(each["bias"], np.float32))
        for name, each in json.loads(path.read_text()).items()
    }
