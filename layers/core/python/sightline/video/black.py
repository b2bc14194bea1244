"""Black frames: black pictures without text on them, and without sound."""

import numpy as np
from numpy.typing import NDArray

from sightline.video.series import Run, Series, closed, runs

Mask = NDArray[np.bool_]

SHORTEST = 0.1  # seconds of black
# Root mean square from which on there is sound rather than hiss, -40 dB of full scale; it lasts
# this long, pauses left out.
SOUND, SOUNDING, PAUSE = 0.01, 0.3, 0.3  # of full scale, seconds, seconds
# A picture may be text on black if so much of it is black, but for at least the second share.
MOSTLY, LIT = 0.85, 0.00003


def black_frames(series: Series, coverage: float) -> Mask:
    """(n,) which frames are black and have no text.

    Args:
        series: the video.
        coverage: 0 to 1 of the pixels that have to be black.
    """
    # The shares are of 32 bits; a frame that is just black enough is black.
    covered = series.dark >= np.float32(coverage) - 1e-6
    written = [each.frame for each in series.samples if len(each.lines)]
    for run in runs((series.dark >= MOSTLY) & (series.dark < 1 - LIT)):
        at = np.searchsorted(written, run.start)
        if at < len(written) and written[at] < run.end:
            covered[run.start : run.end] = False
    return covered


def silent(series: Series, black: Mask) -> list[Run]:
    """The runs of black frames without sound that are long enough to be told.

    Sound from before or after that reaches only a little into the black does not count.
    """
    found = []
    for run in runs(black):
        sounding = closed(series.loud[run.start : run.end] >= SOUND, PAUSE * series.rate)
        heard = np.zeros(run.length, bool)
        for each in runs(sounding):
            if each.length >= SOUNDING * series.rate:
                heard[each.start : each.end] = True
        found += [Run(run.start + each.start, run.start + each.end) for each in runs(~heard)]
    return [each for each in found if each.length >= max(2, SHORTEST * series.rate)]
