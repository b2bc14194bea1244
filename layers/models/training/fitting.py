"""Regularised logistic regression, and honest figures for it: cross-validated by photo."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FOLDS = 5
STEPS = 400


@dataclass(frozen=True, slots=True)
class Fit:
    """A head before it is written: scores = inputs (n,) @ weights (n, k) + bias (k,)."""

    weights: Floats
    bias: Floats

    def scores(self, inputs: Floats) -> Floats:
        """(m, k) from (m, n); for one answer k is 1 and the score is the log odds of yes."""
        scores: Floats = inputs @ self.weights + self.bias
        return scores


def fit(inputs: Floats, answers: NDArray[np.int64], classes: int, penalty: float) -> Fit:
    """Softmax regression (logistic for two classes) with an L2 penalty on standardised inputs.

    Nesterov's accelerated gradient: plain, exact enough, and nothing but numpy.

    Args:
        inputs: (m, n).
        answers: (m,) class numbers.
        classes: how many there are.
        penalty: of the squared weights, in units of one sample's loss.
    """
    mean, scale = inputs.mean(0), inputs.std(0) + 1e-6
    standard = np.hstack([(inputs - mean) / scale, np.ones((len(inputs), 1))])
    target = np.eye(classes)[answers]
    count = len(inputs)
    step = 1 / (0.5 * np.linalg.norm(standard, 2) ** 2 / count + penalty / count)
    weights = np.zeros((standard.shape[1], classes))
    ahead, momentum = weights, 1.0
    for _ in range(STEPS):
        raised = np.exp(standard @ ahead - (standard @ ahead).max(1, keepdims=True))
        slope = standard.T @ (raised / raised.sum(1, keepdims=True) - target)
        slope[:-1] += penalty * ahead[:-1]
        moved = ahead - step * slope / count
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / following * (moved - weights)
        weights, momentum = moved, following
    if classes == 2:
        weights = weights[:, 1:] - weights[:, :1]
    unscaled = weights[:-1] / scale[:, None]
    return Fit(unscaled, weights[-1] - mean @ unscaled)


def cross_validated(
    inputs: Floats,
    answers: NDArray[np.int64],
    classes: int,
    penalty: float,
    groups: Sequence[str],
) -> Floats:
    """(m, k) scores, each from a fit that saw no sample of the same group."""
    names, numbers = np.unique(np.array(groups), return_inverse=True)
    fold = (np.random.default_rng(0).permutation(len(names)) % FOLDS)[numbers]
    scores = np.zeros((len(inputs), 1 if classes == 2 else classes))
    for number in range(FOLDS):
        held = fold == number
        scores[held] = fit(inputs[~held], answers[~held], classes, penalty).scores(inputs[held])
    return scores


def accuracy(scores: Floats, answers: NDArray[np.int64]) -> float:
    """The share of samples whose best score is the right class."""
    chosen = (scores[:, 0] > 0) if scores.shape[1] == 1 else scores.argmax(1)
    return float((chosen == answers).mean())
