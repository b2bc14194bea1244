"""The tracker on boxes that are made up: who is linked with whom, and when nobody is."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.video.tracker import NOBODY, Array, Boxes, Rules, Tracker, assign

RULES = Rules(sure=50, rim=0.3, overlap=0.2, alike=0.7, lost=2000)
RED, BLUE, _ = np.eye(3)
STEP = 200  # ms


def seen(*things: tuple[float, Array] | tuple[float, Array, float]) -> Boxes:
    """Boxes a tenth wide, each with its left side, its look and its score."""
    return Boxes(
        np.array([[left, 0.2, left + 0.1, 0.8] for left, *_ in things]).reshape(-1, 4),
        np.array([each[2] if len(each) > 2 else 99.0 for each in things]),
        np.array([each[1] for each in things]).reshape(-1, 3),
    )


def followed(*frames: Boxes, step: int = STEP) -> list[list[int]]:
    tracker = Tracker(RULES)
    return [tracker.step(number * step, each).tolist() for number, each in enumerate(frames)]


def test_people_who_walk_past_each_other_keep_their_numbers() -> None:
    ways = [0.05 * number for number in range(17)]
    numbers = followed(*(seen((left, RED), (0.8 - left, BLUE)) for left in ways))
    assert numbers == [[0, 1]] * len(ways)


def test_people_of_one_look_are_told_apart_by_where_they_go() -> None:
    ways = [0.05 * number for number in range(17)]
    frames = [seen((left, RED), (0.82 - left, RED)) for left in ways]
    assert followed(*frames) == [[0, 1]] * len(ways)


def test_another_look_in_the_same_place_is_somebody_else() -> None:
    assert followed(seen((0.4, RED)), seen((0.4, BLUE)), seen((0.4, BLUE))) == [[0], [1], [1]]


def test_who_changes_slowly_stays_the_same() -> None:
    turns = np.linspace(0, np.pi / 2, 12)
    frames = [seen((0.4, np.cos(turn) * RED + np.sin(turn) * BLUE)) for turn in turns]
    assert followed(*frames, step=500) == [[0]] * len(turns)


@pytest.mark.parametrize(("missing", "number"), [(1, 0), (8, 0), (10, 1), (40, 1)])
def test_a_track_waits_two_seconds(missing: int, number: int) -> None:
    frames = [seen((0.4, RED)), *(seen() for _ in range(missing)), seen((0.42, RED))]
    assert followed(*frames)[-1] == [number]


def test_the_box_is_looked_for_where_the_way_leads() -> None:
    gone = [seen() for _ in range(3)]
    walk = [seen((0.05 * number, RED)) for number in range(8)]
    numbers = followed(*walk, *gone, seen((0.55, RED)))
    assert numbers[-1] == [0]
    assert followed(seen((0.35, RED)), *gone, seen((0.79, RED)))[-1] == [1]  # who stood still


def test_an_unsure_box_carries_a_track_on_but_starts_none() -> None:
    frames = [seen((0.4, RED)), seen((0.42, RED, 20)), seen((0.44, RED)), seen((0.8, RED, 20))]
    assert followed(*frames) == [[0], [0], [0], [NOBODY]]


def test_an_unsure_box_brings_back_nobody_who_was_lost() -> None:
    frames = [seen((0.4, RED)), seen(), seen((0.4, RED, 20)), seen((0.4, RED))]
    assert followed(*frames) == [[0], [], [NOBODY], [0]]


def test_boxes_are_not_handed_around() -> None:
    """Somebody new stands beside a person. The person keeps the box, though the track of one who
    left could take it, and the person's track the new one's, for one link more.
    """
    gone, new = np.array([0.87, 0.49, 0]), np.array([0.85, -0.3, 0.43])
    frames = [seen((0.36, gone), (0.4, RED)), seen((0.4, RED)), seen((0.4, RED), (0.44, new))]
    assert followed(*frames) == [[0, 1], [1], [1, 2]]


COSTS = st.integers(1, 3).flatmap(
    lambda rows: st.integers(1, 4).flatmap(
        lambda columns: st.lists(
            st.lists(
                st.one_of(st.just(np.inf), st.integers(0, 20).map(float)),
                min_size=columns,
                max_size=columns,
            ),
            min_size=rows,
            max_size=rows,
        )
    )
)


def total(costs: Array, pairs: list[tuple[int, int]], unlinked: float) -> float:
    return sum(float(costs[pair]) for pair in pairs) + unlinked * (len(costs) - len(pairs))


@settings(deadline=None)  # of other people's machines nothing is known
@given(COSTS, st.sampled_from([5.0, 100.0]))
def test_no_other_pairs_cost_less(given_costs: list[list[float]], unlinked: float) -> None:
    costs = np.array(given_costs)
    rows, columns = costs.shape
    pairs = assign(costs, unlinked)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    places = [*range(columns), *[None] * rows]
    least = min(
        total(costs, [(r, c) for r, c in enumerate(chosen) if c is not None], unlinked)
        for chosen in set(permutations(places, rows))
    )
    assert total(costs, pairs, unlinked) == pytest.approx(least)
