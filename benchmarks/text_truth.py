"""Photos whose text is known, and how what was read of them is scored."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from benchmarks.data import DATA
from sightline.domain.regions import Polygon, area, shared_area
from sightline.geometry import Point

MATCH = 0.5  # intersection over union, as in ICDAR's protocols

# The street photos at hand come with places alone. These are the set's own words for them where it
# publishes them (photos 1, 2, 6 to 9; "Genaxis Theatre" is one place there), else what one reads
# in the photo (3, 10).
STREET_WORDS = {
    "img_1": ["Genaxis Theatre", "[06]", "62-03", "Carpark"],
    "img_2": ["EXIT", "I2R"],
    "img_3": ["fusionopolis", "fusionopolis"],
    "img_6": ["Reserve", "CAUTION"],
    "img_7": ["citi", "smrt"],
    "img_8": ["WHY", "PAY", "FOR", "NOTHING?"],
    "img_9": ["EXIT", "STAGE"],
    "img_10": ["HarbourFront", "CC22", "Buona"],
}


@dataclass(frozen=True, slots=True)
class Written:
    """A word or a line and its place in pixels; no text where nobody can read it."""

    place: Polygon
    text: str | None


def street_photos() -> list[tuple[Path, list[Written]]]:
    """ICDAR-2015 photos and their words."""
    folder = DATA / "mmocr_toy" / "det_toy_dataset"
    rows = json.loads((folder / "textdet_test.json").read_text())["data_list"]
    found = []
    for row in rows:
        path = folder / "imgs" / row["img_path"].removeprefix("imgs/")
        words = iter(STREET_WORDS.get(path.stem, []))
        found.append(
            (
                path,
                [
                    Written(_points(item["polygon"]), None if item["ignore"] else next(words, None))
                    for item in row["instances"]
                ],
            )
        )
    return found


def receipts() -> list[tuple[Path, list[Written]]]:
    """SROIE's receipts and their lines."""
    found = []
    for path in sorted((DATA / "sroie" / "img").glob("*.jpg")):
        table = DATA / "sroie" / "box" / f"{path.stem}.csv"
        rows = [line.split(",", 8) for line in table.read_text("utf-8").splitlines()]
        lines = [Written(_points(row[:8]), row[8]) for row in rows if len(row) == 9]
        found.append((path, lines))
    return found


def _points(values: Sequence[float | str]) -> Polygon:
    numbers = [float(value) for value in values]
    return [Point(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]


def overlap(one: Polygon, other: Polygon) -> float:
    """Intersection over union of two convex polygons."""
    if _apart(one, other):
        return 0.0
    shared = shared_area(one, other)
    return shared / max(area(one) + area(other) - shared, 1e-9)


def _apart(one: Polygon, other: Polygon) -> bool:
    return any(
        max(point[axis] for point in first) <= min(point[axis] for point in second)
        for axis in (0, 1)
        for first, second in ((one, other), (other, one))
    )


@dataclass(slots=True)
class WordScore:
    """End to end, over any number of photos (ICDAR 2015, task 4.4, without a lexicon)."""

    hits: int = 0
    found: int = 0
    known: int = 0

    def add(self, found: Sequence[Written], truth: Sequence[Written]) -> None:
        """One photo. What lies for more than half in a place that nobody can read is left out."""
        illegible = [each.place for each in truth if each.text is None]
        counted = [
            each
            for each in found
            if not any(
                shared_area(each.place, place) > MATCH * area(each.place) for place in illegible
            )
        ]
        left = list(counted)
        for known in (each for each in truth if each.text is not None):
            hit = next((each for each in left if _is(each, known)), None)
            if hit:
                left.remove(hit)
                self.hits += 1
            self.known += 1
        self.found += len(counted)

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(self.found + self.known, 1)


def _is(found: Written, known: Written) -> bool:
    same = (found.text or "").casefold() == (known.text or "").casefold()
    return same and overlap(found.place, known.place) >= MATCH


@dataclass(slots=True)
class LineScore:
    """Lines found, and their characters, over any number of photos; case does not matter."""

    matched: int = 0
    known: int = 0
    characters: int = 0
    mistakes: int = 0

    def add(self, found: Sequence[Written], truth: Sequence[Written]) -> None:
        """One photo; the pairs that overlap most are matched first."""
        for one, other in _matches(found, truth):
            self.matched += 1
            text, known = (each.text or "" for each in (one, other))
            self.characters += len(known)
            self.mistakes += distance(text.casefold(), known.casefold())
        self.known += len(truth)

    @property
    def recall(self) -> float:
        return self.matched / max(self.known, 1)

    @property
    def accuracy(self) -> float:
        return 1 - self.mistakes / max(self.characters, 1)


def _matches(
    found: Sequence[Written], truth: Sequence[Written]
) -> Iterator[tuple[Written, Written]]:
    pairs = [
        (overlap(found[i].place, truth[j].place), i, j)
        for i, j in product(range(len(found)), range(len(truth)))
    ]
    taken: set[tuple[str, int]] = set()
    for share, i, j in sorted(pairs, reverse=True):
        if share >= MATCH and not {("found", i), ("truth", j)} & taken:
            taken |= {("found", i), ("truth", j)}
            yield found[i], truth[j]


def distance(one: str, other: str) -> int:
    """How many characters to insert, drop or change (Levenshtein, 1966)."""
    row = list(range(len(other) + 1))
    for i, first in enumerate(one, 1):
        above, row = row, [i]
        for j, second in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (first != second)))
    return row[-1]
