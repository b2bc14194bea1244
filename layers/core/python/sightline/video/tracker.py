"""Links the boxes of successive frames to tracks: which of them are the same thing as before.

As in SORT (Bewley et al., 2016) every track foretells its box and the pairs of tracks and boxes are
chosen together; as in ByteTrack (Zhang et al., 2022) unsure boxes carry a track on but start none;
boxes are compared with a rim around them, as in C-BIoU (Yang et al., 2023), because sampled frames
are far apart; and what looks different is not linked, wherever it is. Our own, for the well-kept
libraries of that kind (norfair, supervision, trackers, motpy) all bring SciPy, which no layer has
room for.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NOBODY = -1  # instead of a track's number
# Of the filter for position and speed (alpha and beta), the Kalman filter's steady state.
POSITION_GAIN, SPEED_GAIN = 0.8, 0.4
LONGEST_GUESS = 1.0  # seconds that a track is thought to go on as it went
LOOK_GAIN = 0.2  # how much of a track's look is the newest box's
# How much looks count beside overlap: two people in one room look alike by 0.85, one person from
# frame to frame by 0.95, and where they cross, the wrong boxes overlap as much as the right ones.
LOOK_WEIGHT = 5.0
UNLINKED = 1.5  # what it costs to leave a track alone: better that than to hand boxes around
# The rim grows by as many shares of the sides in each second that a track is lost.
RIM_GROWTH = 1.0
BARRED = 1e6  # cost of a pair that may not be


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be linked.

    Attributes:
        sure: score from which a box starts a track.
        rim: added to every side of a box before boxes are compared, in shares of its sides.
        overlap: least intersection over union of two such boxes, 0 to 1.
        alike: least cosine of two looks.
        lost: milliseconds that a track without a box is kept.
    """

    sure: float
    rim: float
    overlap: float
    alike: float
    lost: int


@dataclass(frozen=True, slots=True)
class Boxes:
    """Of one frame.

    Attributes:
        corners: (n, 4) left, top, right, bottom.
        scores: (n,).
        looks: (n, k) of which the cosine tells how alike two of them are.
    """

    corners: Array
    scores: Array
    looks: Array


@dataclass(slots=True)
class _Track:
    number: int
    box: Array  # (4,) middle and sides
    speed: Array  # (2,) of the middle, in a second
    look: Array
    seen: int  # ms


@dataclass(slots=True)
class Tracker:
    """Takes the frames of a video one after the other."""

    rules: Rules
    _tracks: list[_Track] = field(default_factory=list)
    _count: int = 0
    _last: int = -1

    def step(self, milliseconds: int, boxes: Boxes) -> NDArray[np.int64]:
        """(n,) the number of each box's track, in the order in which tracks began; `NOBODY` for an
        unsure box of no track.
        """
        numbers = np.full(len(boxes.corners), NOBODY, np.int64)
        self._tracks = [
            each for each in self._tracks if milliseconds - each.seen <= self.rules.lost
        ]
        sure = np.flatnonzero(boxes.scores >= self.rules.sure)
        unsure = np.flatnonzero(boxes.scores < self.rules.sure)
        free = self._link(self._tracks, sure, boxes, milliseconds, numbers)
        seen_just_now = [each for each in free if each.seen == self._last]
        self._link(seen_just_now, unsure, boxes, milliseconds, numbers)
        for place in sure[numbers[sure] == NOBODY]:
            box = _middle_and_sides(boxes.corners[place])
            look = boxes.looks[place]
            self._tracks.append(_Track(self._count, box, np.zeros(2), look, milliseconds))
            numbers[place] = self._count
            self._count += 1
        self._last = milliseconds
        return numbers

    def _link(
        self,
        tracks: list[_Track],
        places: NDArray[np.int64],
        boxes: Boxes,
        now: int,
        numbers: NDArray[np.int64],
    ) -> list[_Track]:
        """Gives the boxes at those places to tracks; the tracks that got none."""
        if not tracks or not places.size:
            return tracks
        expected = np.stack([_expected(each, now) for each in tracks])
        lost = np.array([(now - each.seen) / 1000 for each in tracks])
        rims = self.rules.rim + RIM_GROWTH * lost
        overlap = overlaps(corners(expected), boxes.corners[places], rims)
        alike = cosines(np.stack([each.look for each in tracks]), boxes.looks[places])
        fit = (overlap >= self.rules.overlap) & (alike >= self.rules.alike)
        costs = 1 - overlap + LOOK_WEIGHT * (1 - alike)
        pairs = assign(np.where(fit, costs, np.inf), UNLINKED)
        for row, column in pairs:
            track, place = tracks[row], places[column]
            _follow(track, expected[row], _middle_and_sides(boxes.corners[place]), now)
            track.look = LOOK_GAIN * boxes.looks[place] + (1 - LOOK_GAIN) * track.look
            numbers[place] = track.number
        linked = {row for row, _ in pairs}
        return [each for row, each in enumerate(tracks) if row not in linked]


def _expected(track: _Track, now: int) -> Array:
    ahead = min((now - track.seen) / 1000, LONGEST_GUESS)
    return track.box + ahead * np.concatenate([track.speed, [0, 0]])


def _follow(track: _Track, expected: Array, measured: Array, now: int) -> None:
    apart = measured - expected
    track.box = expected + POSITION_GAIN * apart
    track.speed = track.speed + SPEED_GAIN * apart[:2] / ((now - track.seen) / 1000)
    track.seen = now


def _middle_and_sides(box: Array) -> Array:
    return np.concatenate([(box[:2] + box[2:]) / 2, box[2:] - box[:2]])


def corners(boxes: Array) -> Array:
    """(n, 4) left, top, right, bottom of middles and sides."""
    return np.concatenate(
        [boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1
    )


def overlaps(one: Array, other: Array, rims: Array) -> Array:
    """(n, m) intersection over union of (n, 4) and (m, 4) boxes, with a rim of as many shares of
    their sides as the (n,) `rims` say.
    """
    first, second = (_rimmed(each, rims[:, None, None]) for each in (one[:, None], other[None]))
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., 2:], second[..., 2:])
    shared: Array = (high - low).clip(0).prod(-1)
    areas = [(each[..., 2:] - each[..., :2]).prod(-1) for each in (first, second)]
    share: Array = shared / np.maximum(areas[0] + areas[1] - shared, 1e-12)
    return share


def _rimmed(boxes: Array, rim: Array) -> Array:
    sides = rim * (boxes[..., 2:] - boxes[..., :2])
    return np.concatenate([boxes[..., :2] - sides, boxes[..., 2:] + sides], axis=-1)


def cosines(one: Array, other: Array) -> Array:
    """(n, m) cosines of (n, k) and (m, k) vectors; 0 where one has no length."""
    first, second = (
        each / np.linalg.norm(each, axis=1, keepdims=True).clip(1e-9) for each in (one, other)
    )
    product: Array = first @ second.T
    return product


def assign(costs: Array, unlinked: float) -> list[tuple[int, int]]:
    """The pairs of rows and columns of (n, m) costs that cost least together, each row and column
    once, where a row without a column costs `unlinked`; infinite costs are never paid.

    The Hungarian method in its form with shortest augmenting paths (Jonker and Volgenant, 1987).
    """
    rows, width = costs.shape
    ways_out = np.full((rows, rows), unlinked)
    finite = np.concatenate([np.where(np.isfinite(costs), costs, BARRED), ways_out], axis=1)
    columns = finite.shape[1]
    row_price, column_price = np.zeros(rows), np.zeros(columns + 1)
    # The last column is where a row waits that has none yet.
    owner = np.full(columns + 1, -1)
    for row in range(rows):
        least, before = np.full(columns, np.inf), np.full(columns, -1)
        tried = np.zeros(columns + 1, bool)
        at, owner[columns] = columns, row
        while owner[at] >= 0:
            tried[at] = True
            reduced = finite[owner[at]] - row_price[owner[at]] - column_price[:-1]
            nearer = ~tried[:-1] & (reduced < least)
            least[nearer], before[nearer] = reduced[nearer], at
            following = int(np.where(tried[:-1], np.inf, least).argmin())
            step = least[following]
            row_price[owner[tried]] += step
            column_price[tried] -= step
            least[~tried[:-1]] -= step
            at = following
        while at != columns:
            owner[at] = owner[before[at]]
            at = int(before[at])
    return sorted((int(owner[column]), column) for column in range(width) if owner[column] >= 0)
