"""How well and how fast text is read, beside `rapidocr`, which runs the same networks."""

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks import data
from benchmarks.results import Row, at_least, at_most
from benchmarks.text_truth import LineScore, WordScore, Written, receipts, street_photos
from sightline.geometry import Point
from sightline.vision.photo import decode
from sightline.vision.text import read_text
from sightline.vision.text_lines import Line, Word

LARGE = (1920, 1080)  # 2 megapixels: a street photo enlarged, for there is none of this size
TIMED_PHOTOS, ROUNDS = 3, 5
SHORT_RECEIPTS = 2


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    from rapidocr import RapidOCR  # noqa: PLC0415  it brings OpenCV and takes a second

    other = RapidOCR(params={"Global.log_level": "critical"})
    streets = street_photos()
    ours, theirs = words(streets), other_words(other, streets)
    lines = LineScore()
    for path, truth in receipts()[: SHORT_RECEIPTS if short else None]:
        lines.add(_read(path)[0], truth)
    ratio, seconds = timed(other, [path for path, _ in streets], 1 if short else ROUNDS)
    return [
        at_least(f"street photos ({ours.known} words), word F1 end to end", 0.7, ours.f1),
        at_least("the same, beside rapidocr's with its defaults", theirs.f1, ours.f1),
        at_least(f"receipts ({lines.known} lines), line recall", 0.9, lines.recall),
        at_least("receipts, character accuracy of matched lines", 0.95, lines.accuracy),
        at_most("DetectText, 2-megapixel street photo: time ÷ rapidocr's", 0.6, ratio, "×"),
        Row("the same in milliseconds", "–", f"{1000 * seconds:.0f}", None),
    ]


def words(photos: Sequence[tuple[Path, list[Written]]]) -> WordScore:
    """The service's words."""
    score = WordScore()
    for path, truth in photos:
        score.add(_read(path)[1], truth)
    return score


def _read(path: Path) -> tuple[list[Written], list[Written]]:
    """Lines and words of a file, as the service sees them."""
    photo = data.photo(path)

    def written(item: Line | Word) -> Written:
        place = [Point(x * photo.width, y * photo.height) for x, y in item.polygon]
        return Written(place, item.text)

    lines = list(read_text(photo))
    return (
        [written(line) for line in lines],
        [written(word) for line in lines for word in line.words],
    )


def other_words(other: Any, photos: Sequence[tuple[Path, list[Written]]]) -> WordScore:
    """rapidocr's words, or its lines taken for words, whichever score better."""
    by_line, by_word = WordScore(), WordScore()
    for path, truth in photos:
        seen = other(path.read_bytes(), return_word_box=True)
        lines, parts = [], []
        if seen.txts is not None:
            lines = [_written(*line) for line in zip(seen.boxes, seen.txts, strict=True)]
            parts = [_written(place, text) for line in seen.word_results for text, _, place in line]
        by_line.add(lines, truth)
        by_word.add(parts, truth)
    return max(by_line, by_word, key=lambda score: score.f1)


def _written(place: Sequence[Sequence[float]], text: str) -> Written:
    return Written([Point(float(x), float(y)) for x, y in place], text)


def timed(other: Any, paths: Sequence[Path], rounds: int) -> tuple[float, float]:
    """The service's time for a large photo over rapidocr's, and in seconds.

    Medians over street photos, read by both in turn, so that what else the machine does falls on
    both.
    """
    ours, theirs = [], []
    for photo in [enlarged(path) for path in paths[:TIMED_PHOTOS]]:
        ways = partial(_serve, photo), partial(other, photo)
        for way in ways:
            way()  # opens sessions, fills arenas
        for _ in range(rounds):
            ours.append(_seconds(ways[0]))
            theirs.append(_seconds(ways[1]))
    return statistics.median(ours) / statistics.median(theirs), statistics.median(ours)


def _serve(photo: bytes) -> list[Line]:
    return list(read_text(decode(photo)))


def enlarged(path: Path) -> bytes:
    """A photo as a JPEG file of 2 megapixels."""
    file = BytesIO()
    image = Image.open(path).convert("RGB").resize(LARGE, Image.Resampling.LANCZOS)
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
