"""Fits the one linear layer on top of the scenes' network.

Every label is a yes or no of its own (logistic loss, what is unknown left out), so that a photo may
have several or none. That alone needs more photos than there are: a second loss lets the folders
compete for the photo (softmax), which is what their names mean.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.models.training.scene_labels import UNKNOWN, YES

EPOCHS = 12
BATCH = 256
RATE = 1e-3
DECAY = 0.1
DROPPED = 0.5
SMOOTHING = 0.05
# Log odds of a label before anything is known.
RARE = -4.0
# Adam's usual memories.
FIRST, SECOND = 0.9, 0.999

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fit:
    """A linear model of k labels from n features: weights (n, k), bias (k,)."""

    weights: Floats
    bias: Floats

    def scores(self, features: Floats) -> Floats:
        """(m, k) of 0 to 1."""
        return _sigmoid(features @ self.weights + self.bias)


def fit(features: Floats, answers: NDArray[np.int8], classes: NDArray[np.int64]) -> Fit:
    """The head for (m, n) features.

    Args:
        answers: (m, k) YES, NO or UNKNOWN.
        classes: (m,) the column of the photo's folder, -1 for photos of no folder.
    """
    random = np.random.default_rng(0)
    mean, scale = features.mean(0), features.std(0) + np.float32(1e-3)
    standard = (features - mean) / scale
    rivals = np.unique(classes[classes >= 0])
    weights = np.zeros((features.shape[1], answers.shape[1]), np.float32)
    bias = np.full(answers.shape[1], RARE, np.float32)
    steps = EPOCHS * (len(features) // BATCH)
    adams = [_Adam(weights, DECAY), _Adam(bias, 0)]
    for step in range(steps):
        if step % (steps // EPOCHS) == 0:
            order = random.permutation(len(features))
        start = step % (steps // EPOCHS) * BATCH
        rows = order[start : start + BATCH]
        kept = random.random((BATCH, features.shape[1]), np.float32) >= DROPPED
        inputs = standard[rows] * kept / np.float32(1 - DROPPED)
        slope = _slope(inputs @ weights + bias, answers[rows], classes[rows], rivals)
        rate = RATE * min(1.0, step / (0.1 * steps)) * 0.5 * (1 + np.cos(np.pi * step / steps))
        for adam, gradient in zip(adams, (inputs.T @ slope, slope.sum(0)), strict=True):
            adam.step(gradient, rate)
    unscaled = weights / scale[:, None]
    return Fit(unscaled, bias - mean @ unscaled)


def _slope(
    logits: Floats, answers: NDArray[np.int8], classes: NDArray[np.int64], rivals: NDArray[np.int64]
) -> Floats:
    """(m, k) gradient of both losses by the logits."""
    slope = np.where(answers == UNKNOWN, 0, _sigmoid(logits) - (answers == YES)) / len(logits)
    rows = np.flatnonzero(classes >= 0)
    shares = logits[np.ix_(rows, rivals)]
    shares = np.exp(shares - shares.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    wanted = np.full_like(shares, SMOOTHING / len(rivals))
    wanted[np.arange(len(rows)), np.searchsorted(rivals, classes[rows])] += 1 - SMOOTHING
    slope[np.ix_(rows, rivals)] += (shares - wanted) / len(rows)
    return slope.astype(np.float32)


class _Adam:
    """Adam with decoupled weight decay, on one array that is changed in place."""

    def __init__(self, values: Floats, decay: float) -> None:
        self._values, self._decay = values, decay
        self._mean, self._square = np.zeros_like(values), np.zeros_like(values)
        self._steps = 0

    def step(self, gradient: Floats, rate: float) -> None:
        self._steps += 1
        self._mean += (1 - FIRST) * (gradient - self._mean)
        self._square += (1 - SECOND) * (gradient * gradient - self._square)
        mean = self._mean / (1 - FIRST**self._steps)
        square = self._square / (1 - SECOND**self._steps)
        self._values *= 1 - rate * self._decay
        self._values -= rate * mean / (np.sqrt(square) + 1e-8)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)
