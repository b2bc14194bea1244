"""DetectText: lines and words of a photo, as far as the request's filters let them through.

Filters and the limit of 100 are about words. A line shows the words that are left of it (its text,
box and confidence are theirs), and goes when none is left, so that every word has its line and a
line never shows what was filtered out.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sightline.domain.photos import Limits
from sightline.domain.regions import is_inside, read_regions
from sightline.geometry import Point
from sightline.vision.photo import Photo
from sightline.vision.text import read_text
from sightline.vision.text_lines import Line, Word

LIMITS = Limits()
MODEL_VERSION = "3.0"
MOST_WORDS = 100  # the documented maximum; the first ones in reading order are kept
MIN_CONFIDENCE = 80.0  # the documented default of a WordFilter that is sent


def detect_text(photo: Photo, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of DetectText: lines from top to bottom, then their words.

    Raises:
        InvalidParameterException: a region of interest is none.
    """
    filters = request.get("Filters", {})
    regions = read_regions(filters.get("RegionsOfInterest", []))
    bar = filters.get("WordFilter")
    lines = (
        tuple(
            word
            for word in line.words
            if (bar is None or _passes(word, bar))
            and (not regions or is_inside(word.polygon, regions))
        )
        for line in read_text(photo)
    )
    return {
        "TextDetections": _detections(_first_words(lines)),
        "TextModelVersion": MODEL_VERSION,
    }


def _passes(word: Word, bar: dict[str, float]) -> bool:
    """Whether a word meets a `WordFilter`."""
    box = _bounding_box(word.polygon)
    return (
        word.confidence >= bar.get("MinConfidence", MIN_CONFIDENCE)
        and box["Height"] >= bar.get("MinBoundingBoxHeight", 0)
        and box["Width"] >= bar.get("MinBoundingBoxWidth", 0)
    )


def _first_words(lines: Iterable[tuple[Word, ...]]) -> list[Line]:
    """The lines that have words, up to the maximum of words in all."""
    kept: list[Line] = []
    left = MOST_WORDS
    for words in lines:
        if words[:left]:
            kept.append(Line(words[:left]))
            left -= len(kept[-1].words)
        if not left:
            break
    return kept


def _detections(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines with ids from 0, then all their words with the ids that follow."""
    found: list[dict[str, Any]] = [
        {"Type": "LINE", "Id": number, **_detection(line)} for number, line in enumerate(lines)
    ]
    words = ((number, word) for number, line in enumerate(lines) for word in line.words)
    for number, (parent, word) in enumerate(words, len(lines)):
        found.append({"Type": "WORD", "Id": number, "ParentId": parent, **_detection(word)})
    return found


def _detection(item: Line | Word) -> dict[str, Any]:
    return {
        "DetectedText": item.text,
        "Confidence": item.confidence,
        "Geometry": {
            "BoundingBox": _bounding_box(item.polygon),
            "Polygon": [{"X": point.x, "Y": point.y} for point in item.polygon],
        },
    }


def _bounding_box(polygon: Sequence[Point]) -> dict[str, float]:
    """The upright box around a polygon."""
    left, top = min(point.x for point in polygon), min(point.y for point in polygon)
    right, bottom = max(point.x for point in polygon), max(point.y for point in polygon)
    return {"Width": right - left, "Height": bottom - top, "Left": left, "Top": top}
