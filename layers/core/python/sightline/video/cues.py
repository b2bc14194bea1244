"""Technical cues: what each part of a video is, bars, black, slate, credits, logo or content. Every
frame belongs to one.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.video.black import LIT, black_frames, silent
from sightline.video.credits import end_credits, opening_credits, slates
from sightline.video.series import Run, Series, closed, runs
from sightline.video.shots import Shot

Mask = NDArray[np.bool_]
Kind = Literal[
    "ColorBars",
    "EndCredits",
    "BlackFrames",
    "OpeningCredits",
    "StudioLogo",
    "Slate",
    "Content",
]

BARS_PAUSE, BARS_SECONDS = 0.2, 0.3
# A cut this near to where text was first or last seen is where the cue begins or ends: for text
# that covers the picture, and for titles, which come a moment after the picture under them.
NEAR_CARD, NEAR_TITLE = 0.5, 1.0  # seconds
# A logo is shown for a while between black, before anything but bars, black and slates; or after
# another logo.
LOGO_SECONDS = (1.5, 20.0)
LOGO_SHARE = 0.6  # of its samples stand on a plain ground
LOGO_LINES = 2
# What is left between two cues, and is shorter, belongs to one of them.
SCRAP = 0.25  # seconds
CONFIDENCE: dict[Kind, float] = {
    "ColorBars": 99.0,
    "EndCredits": 90.0,
    "BlackFrames": 99.0,
    "OpeningCredits": 80.0,
    "StudioLogo": 65.0,
    "Slate": 90.0,
    "Content": 90.0,
}


@dataclass(frozen=True, slots=True)
class Cue:
    """Frames from `start` on and before `end`; confidence 50 to 100."""

    kind: Kind
    start: int
    end: int
    confidence: float


class _Cues:
    """What has been found so far."""

    def __init__(self, series: Series, shots: list[Shot], coverage: float) -> None:
        self.series = series
        self.shots = shots
        self.black = black_frames(series, coverage)
        self.kinds: NDArray[np.object_] = np.full(len(series.milliseconds), "Content", object)

    def bars_and_black(self) -> None:
        rate = self.series.rate
        for run in runs(closed(self.series.bars, BARS_PAUSE * rate)):
            if run.length >= BARS_SECONDS * rate:
                self.kinds[run.start : run.end] = "ColorBars"
        for run in silent(self.series, self.black):
            self.kinds[run.start : run.end] = "BlackFrames"

    def slates(self) -> None:
        technical = (self.kinds == "ColorBars") | self.black
        for run in slates(self.series, technical):
            self._set("Slate", self._around(run, NEAR_CARD))

    def end_credits(self) -> None:
        for run in end_credits(self.series, self.black):
            self._set("EndCredits", self._around(run, NEAR_CARD))

    def opening_credits(self) -> None:
        run = opening_credits(self.series, self.shots, self.kinds != "Content")
        if run is not None:
            self._set("OpeningCredits", self._around(run, NEAR_TITLE))

    def logos(self) -> None:
        """Shots before the programme, between black."""
        rate = self.series.rate
        allowed = self.black | (self.kinds == "ColorBars") | (self.kinds == "Slate")
        for run in runs(~allowed):
            if not allowed[: run.start].all():
                return
            inside = [each for each in self.series.samples if run.start <= each.frame < run.end]
            plain = sum(each.emblem and len(each.lines) <= LOGO_LINES for each in inside)
            short = LOGO_SECONDS[0] * rate <= run.length <= LOGO_SECONDS[1] * rate
            enclosed = run.end < len(allowed) and self.black[run.end]
            if not (short and enclosed and plain >= max(1, LOGO_SHARE * len(inside))):
                return
            self.kinds[run.start : run.end] = "StudioLogo"
            allowed[run.start : run.end] = True

    def _set(self, kind: Kind, run: Run) -> None:
        """Frames, but for black at their ends."""
        start, end = run.start, run.end
        while start < end and self.black[start]:
            start += 1
        while end > start and self.black[end - 1]:
            end -= 1
        self.kinds[start:end] = kind

    def _around(self, run: Run, near: float) -> Run:
        """The frames of a run of samples: to the next cut, or as far as there is text on black."""
        samples = self.series.samples
        first, last = samples[run.start].frame, samples[run.end - 1].frame
        before = samples[run.start - 1].frame if run.start else -1
        after = samples[run.end].frame if run.end < len(samples) else len(self.kinds)
        margin = round(near * self.series.rate)
        starts = [each.first for each in self.shots]
        ends = [each.last + 1 for each in self.shots]
        start = _nearest(starts, first, before - margin, first)
        end = _nearest(ends, last + 1, last + 1, after + margin)
        return Run(
            self._lit(first, before, -1) if start is None else start,
            self._lit(last, after, 1) + 1 if end is None else end,
        )

    def _lit(self, frame: int, until: int, step: int) -> int:
        """How far from a frame there is something on the black, if it is on black."""
        dark = self.series.dark
        if dark[frame] < np.float32(0.5):
            return frame
        while frame + step != until and 0 <= frame + step < len(dark):
            if dark[frame + step] > 1 - LIT or dark[frame + step] < np.float32(0.5):
                break
            frame += step
        return frame


def find_cues(series: Series, shots: list[Shot], coverage: float) -> list[Cue]:
    """The technical cues of a video: every frame is in one, and two neighbours differ.

    Args:
        series: the video.
        shots: its shots.
        coverage: 0 to 1 of the pixels of a black frame that are black.
    """
    found = _Cues(series, shots, coverage)
    found.bars_and_black()
    found.slates()
    found.end_credits()
    found.logos()
    found.opening_credits()
    return _cues(found.kinds, SCRAP * series.rate)


def _nearest(places: list[int], wanted: int, least: int, most: int) -> int | None:
    inside = [place for place in places if least <= place <= most]
    return min(inside, key=lambda place: abs(place - wanted), default=None)


def _cues(kinds: NDArray[np.object_], scrap: float) -> list[Cue]:
    cues: list[Cue] = []
    names = [*kinds.tolist(), None]
    start = 0
    for frame in range(1, len(names)):
        if names[frame] == names[start]:
            continue
        kind: Kind = names[start]
        between = cues and frame < len(kinds)
        if kind == "Content" and between and frame - start < scrap:
            if cues[-1].kind == "BlackFrames" and names[frame] == "BlackFrames":
                pass
            elif cues[-1].kind == "BlackFrames":
                names[start:frame] = [names[frame]] * (frame - start)
                continue
            else:
                kind = cues[-1].kind
        if cues and cues[-1].kind == kind:
            cues[-1] = Cue(kind, cues[-1].start, frame, CONFIDENCE[kind])
        else:
            cues.append(Cue(kind, start, frame, CONFIDENCE[kind]))
        start = frame
    return cues
