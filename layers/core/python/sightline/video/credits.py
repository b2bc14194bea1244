"""Opening and end credits and slates: where in a video text stands, how it moves, what is behind.

Credits are many lines that roll, or cards and titles that follow each other; a slate is one card
before anything else. Text that comes all through a video, as subtitles do, is neither.
"""

from bisect import bisect_left, bisect_right
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sightline.video.series import Run, Sample, Series
from sightline.video.shots import Shot
from sightline.video.titles import Title, rolling, standing, titles

Mask = NDArray[np.bool_]

# Cards stand on one ground: the share of the picture that it has at least, and has surely.
CARD_GROUND, PLAIN_GROUND = 0.4, 0.7
SLATE_LINES, SLATE_SECONDS = 3, 0.75
SAME_CARD = 0.6  # of its lines stand in another sample
# Lines of centred text have their middles within so many cells; slates have columns.
CENTRED = 3.0
PREAMBLE = 2.0  # seconds of anything else that may come before a slate
END_SECONDS, END_PAUSE, END_LINES = 2.0, 2.0, 3
END_SHARE = 0.6  # of the samples in between, with text
END_AFTER = 0.5  # of the video, before end credits begin, if they are not nearly all of it
NEARLY_ALL = 0.8
OPENING_PAUSE = 6.0  # seconds between titles
OPENING_BEFORE, OPENING_SECONDS = 0.25, 300.0  # of the video, and seconds: by when they begin
SUBTITLED = 0.2  # of the middle half of a video with titles


def end_credits(series: Series, black: Mask) -> list[Run]:
    """End credits, as runs of samples.

    Args:
        series: the video.
        black: (n,) which frames are black.
    """
    samples = series.samples
    rolls = [rolling(one.lines, two.lines) for one, two in pairwise(samples)] + [False]
    rolls = [now or before for now, before in zip(rolls, [False, *rolls], strict=False)]
    wanted = [
        number
        for number, each in enumerate(samples)
        if rolls[number] or (len(each.lines) and each.ground >= CARD_GROUND)
    ]
    found = []
    for run in _grouped(wanted, samples, END_PAUSE * series.rate, black):
        inside = [number for number in wanted if run.start <= number < run.end]
        seconds = (samples[run.end - 1].frame - samples[run.start].frame) / series.rate
        share = len(inside) / run.length
        if seconds < END_SECONDS or share < END_SHARE:
            continue
        rolled = sum(rolls[number] for number in inside) >= len(inside) / 2
        most = max(len(samples[number].lines) for number in inside)
        several = rolled or most >= END_LINES or _cards(samples, run) > 1
        if several and _late(series, run, rolled):
            found.append(run)
    return found


def _late(series: Series, run: Run, rolled: bool) -> bool:
    """Whether it is where end credits are; a video may hold them alone, if they roll."""
    count = len(series.milliseconds)
    start, end = series.samples[run.start].frame, series.samples[run.end - 1].frame
    return start >= END_AFTER * count or (rolled and end - start >= NEARLY_ALL * count)


def _cards(samples: list[Sample], run: Run) -> int:
    """How many cards with different text follow each other."""
    cards = 0
    shown: Sample | None = None
    for sample in samples[run.start : run.end]:
        if not len(sample.lines):
            continue
        if shown is None or not _same(shown, sample):
            cards += 1
        shown = sample
    return cards


def _same(card: Sample, other: Sample) -> bool:
    return standing(card.lines, other.lines) >= SAME_CARD * len(card.lines)


def slates(series: Series, before: Mask) -> list[Run]:
    """Slates, as runs of samples.

    Args:
        series: the video.
        before: (n,) frames that may come before a slate: bars and black.
    """
    samples = series.samples
    cards = [
        number
        for number, each in enumerate(samples)
        if len(each.lines) >= SLATE_LINES
        and each.ground >= CARD_GROUND
        and any(
            _same(each, other)
            for other in samples[max(0, number - 1) : number] + samples[number + 1 : number + 2]
        )
    ]
    found: list[Run] = []
    allowed = before.copy()
    for run in _grouped(cards, samples, SLATE_SECONDS * series.rate, before):
        first, last = samples[run.start].frame, samples[run.end - 1].frame
        other = int((~allowed[:first]).sum())
        if last - first < SLATE_SECONDS * series.rate or other > PREAMBLE * series.rate:
            continue
        if not _announced(series, before, run):
            continue
        found.append(run)
        allowed[first : last + 1] = True
    return found


def _announced(series: Series, before: Mask, run: Run) -> bool:
    """Whether a card is set off as slates are: it comes after bars; or after black, with columns of
    text; or first of all, with black right after it.
    """
    card = series.samples[run.start]
    if series.bars[: card.frame].any():
        return True
    if before[: card.frame].any():
        return not _centred(card)
    end = series.samples[run.end - 1].frame + 1
    return bool(before[end : end + round(SLATE_SECONDS * series.rate)].any())


def _centred(sample: Sample) -> bool:
    middles = (sample.lines[:, 2].astype(float) + sample.lines[:, 3]) / 2
    return bool(middles.std() <= CENTRED)


def opening_credits(series: Series, shots: list[Shot], taken: Mask) -> Run | None:
    """Opening credits, as a run of samples.

    Args:
        series: the video.
        shots: its shots.
        taken: (n,) frames that are something else, such as a slate.
    """
    samples, count = series.samples, len(series.milliseconds)
    shown = [
        each
        for each in titles(samples)
        if not taken[samples[each.first].frame] and not _mark(each, samples, shots)
    ]
    if not shown or _subtitled(series, shown):
        return None
    latest = min(OPENING_BEFORE * count, OPENING_SECONDS * series.rate)
    latest += int(taken[: int(latest)].sum())
    chain: list[Title] = []
    for each in shown:
        frame = samples[each.first].frame
        if not chain and frame > latest:
            break
        until = samples[max(one.last for one in chain)].frame if chain else frame
        if frame - until > OPENING_PAUSE * series.rate:
            if _several(chain):
                break
            chain = []
            if frame > latest:
                break
        chain.append(each)
    if not _several(chain):
        return None
    return Run(chain[0].first, max(each.last for each in chain) + 1)


def _mark(title: Title, samples: list[Sample], shots: list[Shot]) -> bool:
    """Whether a line belongs to the picture: it stands on it from cut to cut."""
    first = samples[title.first].frame
    shot = next((each for each in shots if each.first <= first <= each.last), None)
    if shot is None or samples[title.first].ground >= PLAIN_GROUND:
        return False
    begins = bisect_left(samples, shot.first, key=_frame)
    ends = bisect_right(samples, shot.last, key=_frame)
    return title.first <= begins + 1 and title.last >= ends - 2


def _frame(sample: Sample) -> int:
    return sample.frame


def _several(chain: list[Title]) -> bool:
    """Whether titles follow each other, rather than stand together all the time."""
    return any(one.last < other.first for one, other in pairwise(chain))


def _subtitled(series: Series, shown: list[Title]) -> bool:
    count = len(series.milliseconds)
    covered = np.zeros(count, bool)
    for each in shown:
        covered[series.samples[each.first].frame : series.samples[each.last].frame + 1] = True
    return bool(covered[count // 4 : 3 * count // 4].mean() >= SUBTITLED)


def _grouped(wanted: list[int], samples: list[Sample], pause: float, black: Mask) -> list[Run]:
    """Runs of samples with at most so many frames between those that are wanted, of which at most
    half as many are black.
    """
    found: list[Run] = []
    for number in wanted:
        frame = samples[number].frame
        before = samples[found[-1].end - 1].frame if found else frame
        if found and frame - before <= pause and black[before:frame].sum() <= pause / 2:
            found[-1] = Run(found[-1].start, number + 1)
        else:
            found.append(Run(number, number + 1))
    return found
