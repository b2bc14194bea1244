"""Which labels are given, from which score on, and what confidence a score stands for.

Everything is chosen on photos that the network was not taught with. Of few photos a share is not
known well, so a threshold must hold with the lower bound of the precision seen, not with the
precision itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.models.training.scene_labels import GROUPS, NEVER_A_PERSON, NO, UNKNOWN, YES

ASKED = 0.85
# A group has so many photos that the bound lies at the estimate, and photos of other folders than
# these, which it will meet, are not among them.
ASKED_OF_GROUPS = 0.9
# Standard deviations below the estimate (Wilson's interval): 84 % one-sided.
DOUBT = 1.0
# The folders are not the world: a label that seems right at a lower score is so only because no
# other folder looks like it. Of 106 photos of things that no folder has, 16 got a folder's name
# without this, 10 with it.
LEAST_SCORE = 0.4
# On 4,300 photos of people no single animal scored more than 0.4, Animal up to 0.92 (a swimmer).
LEAST_SCORE_OF_ANIMALS = 0.75
LEAST_SCORE_OF_ANIMAL_GROUPS = 0.93
# A label that is given to fewer than three in ten photos of it, or that passed on fewer than three
# photos, is left out.
LEAST_RECALL = 0.3
LEAST_HITS = 3

Floats = NDArray[np.floating[Any]]
Answers = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Choice:
    """One label's threshold (a score 0 to 1) and what was counted with it on unseen photos."""

    label: str
    threshold: float
    hits: int
    alarms: int  # photos of something else
    photos: int  # of the label

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.alarms)

    @property
    def recall(self) -> float:
        return self.hits / max(1, self.photos)


def strict(answers: Answers, labels: Sequence[str], single: Sequence[bool]) -> Answers:
    """(n, k) answers as a plain count takes them: what a folder's name does not say is an alarm.

    Only groups and photos of anything keep UNKNOWN.

    Args:
        single: (n,) whether the photo stands for what its folder or set says, and nothing else.
    """
    leaf = np.array([label not in GROUPS for label in labels])
    counted = (answers == UNKNOWN) & leaf & np.array(single)[:, None]
    return np.where(counted, np.int8(NO), answers)


def choose(label: str, scores: Floats, answers: Answers) -> Choice | None:
    """The lowest threshold that holds what is asked with its lower bound; None if none does.

    Args:
        scores: (n,) of photos that the network has not seen.
        answers: (n,); UNKNOWN ones are not counted.
    """
    known = answers != UNKNOWN
    order = np.argsort(-scores[known], kind="stable")
    sorted_scores, right = scores[known][order], (answers[known] == YES)[order]
    hits, shown = np.cumsum(right), np.arange(1, len(right) + 1)
    asked = ASKED_OF_GROUPS if label in GROUPS else ASKED
    least = LEAST_SCORE
    if label in NEVER_A_PERSON:
        least = LEAST_SCORE_OF_ANIMAL_GROUPS if label in GROUPS else LEAST_SCORE_OF_ANIMALS
    holds = (lower_bound(hits, shown) >= asked) & (hits >= LEAST_HITS) & (sorted_scores >= least)
    # A threshold lies between two different scores.
    holds[:-1] &= sorted_scores[:-1] > sorted_scores[1:]
    if not holds.any():
        return None
    last = int(np.flatnonzero(holds)[-1])
    following = sorted_scores[last + 1] if last + 1 < len(sorted_scores) else 0.0
    threshold = max(least, float((sorted_scores[last] + following) / 2))
    found = Choice(
        label, threshold, int(hits[last]), int(shown[last] - hits[last]), int(right.sum())
    )
    return found if found.recall >= LEAST_RECALL else None


def contradicted(choice: Choice, scores: Floats, answers: Answers) -> bool:
    """Whether photos kept aside speak against a label: even the upper bound of its precision there
    is under what is asked.

    Args:
        scores, answers: (n,) of those photos; UNKNOWN ones are not counted.
    """
    right = answers[(scores >= choice.threshold) & (answers != UNKNOWN)] == YES
    return bool(len(right)) and float(_bound(right.sum(), np.int64(len(right)), DOUBT)) < ASKED


def lower_bound(hits: NDArray[np.int64], shown: NDArray[np.int64]) -> Floats:
    """Wilson's lower bound of a share, DOUBT standard deviations below."""
    return _bound(hits, shown, -DOUBT)


def _bound(hits: Any, shown: Any, deviations: float) -> Floats:
    share, z = hits / shown, abs(deviations)
    middle = share + z * z / (2 * shown)
    spread = deviations * np.sqrt(share * (1 - share) / shown + z * z / (4 * shown * shown))
    return np.asarray((middle + spread) / (1 + z * z / shown), np.float64)


def calibrate(
    choices: Sequence[Choice], labels: Sequence[str], scores: Floats, answers: Answers
) -> tuple[float, float]:
    """Slope and offset of the log odds that a given label is right, by how far the log odds of its
    score lie above those of its threshold; one line for all labels, fitted on unseen photos.
    """
    margins, right = [], []
    for choice in choices:
        column = labels.index(choice.label)
        given = (scores[:, column] >= choice.threshold) & (answers[:, column] != UNKNOWN)
        margins.append(_log_odds(scores[given, column]) - _log_odds(np.array(choice.threshold)))
        right.append(answers[given, column] == YES)
    inputs = np.stack([np.concatenate(margins), np.ones(sum(map(len, margins)))], axis=1)
    wanted = np.concatenate(right)
    line = np.zeros(2)
    # Newton's method: twenty steps are more than a convex loss of two numbers needs.
    for _ in range(20):
        chance = 1 / (1 + np.exp(-inputs @ line))
        curve = (inputs * (chance * (1 - chance))[:, None]).T @ inputs
        line += np.linalg.solve(curve, inputs.T @ (wanted - chance))
    return float(line[0]), float(line[1])


def _log_odds(scores: Floats) -> Floats:
    held = np.clip(np.asarray(scores, np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(held / (1 - held)))
