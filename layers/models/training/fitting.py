"""Regularised logistic regression, and honest figures for it: cross-validated by photo."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Answers = NDArray[np.int64]
Places = NDArray[np.intp]
FOLDS = 5
STEPS = 200


@dataclass(frozen=True, slots=True)
class Fit:
    """A head before it is written: scores = inputs (n,) @ weights (n, k) + bias (k,)."""

    weights: Floats
    bias: Floats

    def scores(self, inputs: Floats) -> Floats:
        """(m, k) from (m, n); for one answer k is 1 and the score is the log odds of yes."""
        scores: Floats = inputs @ self.weights + self.bias
        return scores


def fit(
    inputs: Floats,
    answers: Answers,
    classes: int,
    penalty: float | Floats,
    importance: Floats | None = None,
) -> Fit:
    """Softmax regression (logistic for two classes) with an L2 penalty on standardised inputs.

    Nesterov's accelerated gradient: plain, exact enough, and nothing but numpy.

    Args:
        inputs: (m, n).
        answers: (m,) class numbers.
        classes: how many there are.
        penalty: of the squared weights, in units of one sample's loss; one, or (n,).
        importance: (m,) how much each sample's loss counts, on average 1.
    """
    mean, scale = inputs.mean(0), inputs.std(0) + 1e-6
    standard = np.hstack([(inputs - mean) / scale, np.ones((len(inputs), 1))]).astype(np.float32)
    counted = (np.ones(len(inputs)) if importance is None else importance)[:, None]
    penalties = np.broadcast_to(penalty, inputs.shape[1])[:, None].astype(np.float32)
    target = np.eye(classes, dtype=np.float32)[answers]
    weights = _descended(standard, target, counted.astype(np.float32), penalties)
    if classes == 2:
        weights = weights[:, 1:] - weights[:, :1]
    unscaled = weights[:-1].astype(np.float64) / scale[:, None]
    return Fit(unscaled, weights[-1] - mean @ unscaled)


def _descended(standard: Singles, target: Singles, counted: Singles, penalties: Singles) -> Singles:
    """Weights (n + 1, k) for inputs (m, n + 1), targets (m, k), what each sample counts (m, 1) and
    the penalties (n, 1) of all weights but the last row's.
    """
    count = len(standard)
    step = np.float32(count / (0.5 * _steepest(standard, counted) + penalties.max()))
    weights = np.zeros((standard.shape[1], target.shape[1]), np.float32)
    ahead, momentum = weights, np.float32(1)
    for _ in range(STEPS):
        scores = standard @ ahead
        raised = np.exp(scores - scores.max(1, keepdims=True))
        slope = standard.T @ (counted * (raised / raised.sum(1, keepdims=True) - target))
        slope[:-1] += penalties * ahead[:-1]
        moved = ahead - step * slope / count
        following = np.float32((1 + np.sqrt(1 + 4 * momentum**2)) / 2)
        ahead = moved + (momentum - 1) / following * (moved - weights)
        weights, momentum = moved, following
    return weights


def _steepest(standard: Singles, counted: Singles) -> float:
    """A little more than the largest eigenvalue of the inputs' products, by power iteration."""
    direction = np.ones((standard.shape[1], 1), np.float32)
    length = 1.0
    for _ in range(30):
        direction = standard.T @ (counted * (standard @ (direction / np.float32(length))))
        length = float(np.linalg.norm(direction))
    return 1.1 * length


def even_fit(
    inputs: Floats,
    answers: Answers,
    penalty: float | Floats,
    groups: Sequence[str],
    importance: Floats,
) -> Fit:
    """A yes or no for which both answers count alike, however rare one of them is.

    The weights overstate what they know, so the log odds are set by the scores of samples that a
    fit has not seen (Platt's scaling): 0 is where both kinds of error are as frequent, and a
    probability means what it says where yes and no are as likely.
    """

    def plain(kept: Places) -> Fit:
        counted = _even(answers[kept], importance[kept])
        return fit(inputs[kept], answers[kept], 2, penalty, counted)

    unseen = cross_validated(plain, inputs, groups)
    scaling = fit(unseen, answers, 2, 1e-3, _even(answers, importance))
    slope = float(scaling.weights[0, 0])
    whole = plain(np.arange(len(answers)))
    return Fit(whole.weights * slope, whole.bias * slope + scaling.bias)


def _even(answers: Answers, importance: Floats) -> Floats:
    yes = importance[answers == 1].sum() / importance.sum()
    counted = importance * np.where(answers == 1, 0.5 / yes, 0.5 / (1 - yes))
    even: Floats = counted / counted.mean()
    return even


def cross_validated(
    fitted: Callable[[Places], Fit], inputs: Floats, groups: Sequence[str]
) -> Floats:
    """(m, k) scores, each from a fit that saw no sample of the same group.

    Args:
        fitted: makes a fit of the samples in these places.
    """
    names, numbers = np.unique(np.array(groups), return_inverse=True)
    fold = (np.random.default_rng(0).permutation(len(names)) % FOLDS)[numbers]
    held = [np.flatnonzero(fold == number) for number in range(FOLDS)]
    kept = [np.flatnonzero(fold != number) for number in range(FOLDS)]
    found = [fitted(k).scores(inputs[h]) for k, h in zip(kept, held, strict=True)]
    scores: Floats = np.concatenate(found)[np.argsort(np.concatenate(held))]
    return scores


def accuracy(scores: Floats, answers: Answers) -> float:
    """The share of samples whose best score is the right class."""
    chosen = (scores[:, 0] > 0) if scores.shape[1] == 1 else scores.argmax(1)
    return float((chosen == answers).mean())


def balanced_accuracy(scores: Floats, answers: Answers) -> float:
    """The mean of the share of yes (1) that is found and the share of no (0) that is."""
    chosen = scores[:, 0] > 0
    return float((chosen[answers == 1].mean() + (~chosen[answers == 0]).mean()) / 2)
