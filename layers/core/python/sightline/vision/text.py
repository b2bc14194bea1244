"""What is written in a photo, as lines and words: detector and recogniser together."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.vision.photo import Photo
from sightline.vision.session import Session, open_session
from sightline.vision.text_crops import CROP, LineCutter, grown, oriented
from sightline.vision.text_detector import SURE, TextDetector
from sightline.vision.text_lines import Line, ReadRectangle
from sightline.vision.text_order import reading_order
from sightline.vision.text_recognizer import Reading, TextRecognizer

# Pixels of the detector's input: a photo of 1280 × 720 is enlarged by a seventh, one of 2
# megapixels reduced by a quarter.
AREA = 1_200_000
GLANCE_AREA = 300_000
GLANCE_LINES = 8
# A line as steep as this may run up or down: it is read both ways, and the likelier one counts. The
# way that most of the photo's steep text runs is ahead by this much: "06" reads well either way.
STEEP = math.radians(75)
USUAL_WAY = 0.25
# What the mean probability of a line's characters must reach.
MIN_SCORE = 0.6
UNSURE_MIN_SCORE = 0.85  # the same where the detector's score is under `SURE`
# The same for lines of few letters and digits, by their number: in a street any window or fence may
# look like one, on a page (a photo with this many lines) they are amounts and item numbers.
PAGE_LINES = 20
SHORT_MIN_SCORES = {False: {0: 1.0, 1: 0.95, 2: 0.8}, True: {0: 0.95, 1: 0.8, 2: 0.7}}


def read_text(photo: Photo) -> list[Line]:
    """All lines of a photo, top to bottom and left to right."""
    return photo.once("text", lambda: TextReader().read(photo))


def glance_text(photo: Photo) -> list[Line]:
    """The (at most eight) largest lines of a photo in a fraction of the time; small print is not
    seen."""
    return photo.once(
        "text at a glance", lambda: TextReader().read(photo, GLANCE_AREA, GLANCE_LINES)
    )


class TextReader:
    """Photo in, lines out.

    It holds nothing but the way to its sessions, each of which is opened at its first use.
    """

    def __init__(self, session: Callable[[str], Session] = open_session) -> None:
        self._session = session

    def read(self, photo: Photo, area: int = AREA, most: int | None = None) -> list[Line]:
        """The lines of a photo in reading order.

        Args:
            photo: from `photo.decode`.
            area: pixels of the detector's input, about.
            most: how many lines are read, the largest ones; None for all.
        """
        cores = TextDetector(self._session("text_detector")).detect(photo.pixels, area)
        largest = np.argsort(-cores.rectangles[:, 3:].prod(1), kind="stable")[:most]
        read = self._read(photo.pixels, oriented(cores.rectangles)[largest])
        page = len(read) >= PAGE_LINES
        found = [
            each
            for each, score in zip(read, cores.scores[largest], strict=True)
            if believable(each.reading, float(score), page)
        ]
        height, width = photo.pixels.shape[:2]
        order = reading_order(np.array([each.rectangle for each in found]).reshape(-1, 5))
        return [line for index in order for line in found[index].lines(width, height)]

    def _read(
        self, pixels: NDArray[np.uint8], rectangles: NDArray[np.float64]
    ) -> list[ReadRectangle]:
        """What stands in each rectangle (n, 5) of the photo's array."""
        cutter = LineCutter(pixels)
        ways = [_ways(each) for each in rectangles]
        crops = [cutter.cut(grown(way, CROP)) for each in ways for way in each]
        readings = TextRecognizer(self._session("text_recognizer")).read(crops)
        read = map(ReadRectangle, (way for each in ways for way in each), crops, readings)
        return _chosen([[next(read) for _ in each] for each in ways])


def _ways(rectangle: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """A rectangle (5,); where it may run down or up, down first and then up."""
    if abs(rectangle[2]) <= STEEP:
        return [rectangle]
    down, up = rectangle.copy(), rectangle.copy()
    down[2] %= math.pi
    up[2] = down[2] - math.pi
    return [down, up]


def _chosen(read: Sequence[Sequence[ReadRectangle]]) -> list[ReadRectangle]:
    """Of what was read both ways the likelier one, with the photo's other steep lines in mind."""
    evidence = [
        sum(each[way].reading.score * len(each[way].reading.text) for each in read if len(each) > 1)
        for way in (0, 1)
    ]
    usual = int(evidence[1] > evidence[0])
    return [
        max(each, key=lambda one: one.reading.score + USUAL_WAY * (one is each[usual]))
        if len(each) > 1
        else each[0]
        for each in read
    ]


def believable(reading: Reading, detected: float, page: bool) -> bool:
    """Whether a reading is text, by its own score and the detector's, and by where it stands."""
    legible = sum(character.isalnum() for character in reading.text)
    least = SHORT_MIN_SCORES[page].get(legible, MIN_SCORE)
    if detected < SURE:
        least = max(least, UNSURE_MIN_SCORE)
    return reading.score >= least
