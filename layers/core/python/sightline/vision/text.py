"""What is written in a photo, as lines and words: detector and recogniser together."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count

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
READ_AHEAD = 6  # lines, more than a row on most pages has
SHORT_MIN_SCORES = {False: {0: 1.0, 1: 0.95, 2: 0.8}, True: {0: 0.95, 1: 0.8, 2: 0.7}}


class Lines(Iterable[Line]):
    """Lines that are read as far as somebody looks, once."""

    def __init__(self, unread: Iterator[Line]) -> None:
        self._read: list[Line] = []
        self._unread = unread

    def __iter__(self) -> Iterator[Line]:
        for place in count():
            if place == len(self._read):
                line = next(self._unread, None)
                if line is None:
                    return
                self._read.append(line)
            yield self._read[place]


def read_text(photo: Photo) -> Iterable[Line]:
    """All lines of a photo, top to bottom and left to right; who stops early waits for fewer."""
    return photo.once("text", lambda: Lines(TextReader().read(photo)))


def glance_text(photo: Photo) -> list[Line]:
    """The (at most eight) largest lines of a photo in a fraction of the time; small print is not
    seen."""
    return photo.once(
        "text at a glance", lambda: list(TextReader().read(photo, GLANCE_AREA, GLANCE_LINES))
    )


class TextReader:
    """Photo in, lines out.

    It holds nothing but the way to its sessions, each of which is opened at its first use.
    """

    def __init__(self, session: Callable[[str], Session] = open_session) -> None:
        self._session = session

    def read(self, photo: Photo, area: int = AREA, most: int | None = None) -> Iterator[Line]:
        """The lines of a photo in reading order, each read a little before it is its turn.

        Args:
            photo: from `photo.decode`.
            area: pixels of the detector's input, about.
            most: how many lines are read, the largest ones; None for all.
        """
        cores = TextDetector(self._session("text_detector")).detect(photo.pixels, area)
        largest = np.argsort(-cores.rectangles[:, 3:].prod(1), kind="stable")[:most]
        rectangles = oriented(cores.rectangles)[largest]
        page = len(rectangles) >= PAGE_LINES
        height, width = photo.pixels.shape[:2]
        told: set[int] = set()
        known: dict[int, ReadRectangle | None] = {}  # None for what is no text
        for index, each in self._read(photo.pixels, rectangles, known):
            believed = believable(each.reading, float(cores.scores[largest[index]]), page)
            known[index] = each if believed else None
            order = _order(rectangles, known)
            unread = next((at for at, one in enumerate(order) if one not in known), None)
            # What turns out to be no text may change the order of what stands beside it.
            for one in order[: None if unread is None else max(unread - READ_AHEAD, 0)]:
                read = known[one]
                if one not in told and read is not None:
                    told.add(one)
                    yield from read.lines(width, height)

    def _read(
        self,
        pixels: NDArray[np.uint8],
        rectangles: NDArray[np.float64],
        known: Mapping[int, ReadRectangle | None],
    ) -> Iterator[tuple[int, ReadRectangle]]:
        """What stands in each rectangle (n, 5) of the photo's array: first in the steep ones, then
        in reading order as `known` has it."""
        cutter = LineCutter(pixels)
        ways = [_ways(each) for each in rectangles]
        crops = [cutter.cut(grown(way, CROP)) for each in ways for way in each]
        recognizer = TextRecognizer(self._session("text_recognizer"), crops)
        first = np.cumsum([0, *(len(each) for each in ways)])

        def read(index: int) -> list[ReadRectangle]:
            return [
                ReadRectangle(way, crops[at], recognizer.read(at))
                for at, way in enumerate(ways[index], first[index])
            ]

        steep = [index for index, each in enumerate(ways) if len(each) > 1]
        yield from zip(steep, _chosen([read(index) for index in steep]), strict=True)
        while len(known) < len(ways):
            index = next(each for each in _order(rectangles, known) if each not in known)
            yield index, read(index)[0]


def _order(rectangles: NDArray[np.float64], known: Mapping[int, ReadRectangle | None]) -> list[int]:
    """The reading order of the rectangles (n, 5), by their places, without those known for none."""
    places = [
        (index, rectangle if read is None else read.rectangle)
        for index, rectangle in enumerate(rectangles)
        if (read := known.get(index)) is not None or index not in known
    ]
    order = reading_order(np.array([each for _, each in places]).reshape(-1, 5))
    return [places[at][0] for at in order]


def _ways(rectangle: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """A rectangle (5,); where it may run down or up, down first and then up."""
    if abs(rectangle[2]) <= STEEP:
        return [rectangle]
    down, up = rectangle.copy(), rectangle.copy()
    down[2] %= math.pi
    up[2] = down[2] - math.pi
    return [down, up]


def _chosen(read: Sequence[Sequence[ReadRectangle]]) -> list[ReadRectangle]:
    """Of each line that was read both ways the likelier one, with the others in mind."""
    evidence = [
        sum(each[way].reading.score * len(each[way].reading.text) for each in read)
        for way in (0, 1)
    ]
    usual = int(evidence[1] > evidence[0])
    return [
        max(each, key=lambda one: one.reading.score + USUAL_WAY * (one is each[usual]))
        for each in read
    ]


def believable(reading: Reading, detected: float, page: bool) -> bool:
    """Whether a reading is text, by its own score and the detector's, and by where it stands."""
    legible = sum(character.isalnum() for character in reading.text)
    least = SHORT_MIN_SCORES[page].get(legible, MIN_SCORE)
    if detected < SURE:
        least = max(least, UNSURE_MIN_SCORE)
    return reading.score >= least
