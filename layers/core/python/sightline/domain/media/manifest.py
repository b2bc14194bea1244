"""The lines of a manifest of images, cut into batches, and what is wrong with one of them."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sightline.store.media_files import Unusable

MOST_LINES = 10_000  # images of a job; the service's limit
BATCH = 25  # lines; with the largest photos a few minutes, and Lambda stops a function after 15
BOM = b"\xef\xbb\xbf"
# The model's pattern of S3Bucket; no ARN, which would lead away from what the role was given.
SOURCE = re.compile(r"s3://(?P<bucket>[0-9A-Za-z._-]{3,255})/(?P<key>.{1,1024})", re.DOTALL)
LONGEST_SOURCE = 2048  # characters of a source-ref that are repeated in an error


class BadLine(Exception):
    """A line that stands for no image, or for one that cannot be analysed."""

    def __init__(self, code: str, message: str, source: str | None = None) -> None:
        self.code, self.message, self.source = code, message, source
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank; the first line of a manifest has number 1."""

    number: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """The image that a line stands for."""

    ref: str  # as the line has it
    bucket: str
    key: str


def checked(lines: Iterable[bytes]) -> list[Line]:
    """The lines of a manifest without the blank ones.

    Raises:
        Unusable: there is none, there are over 10,000, or not one of them names an image.
    """
    numbered = (Line(number, line.strip()) for number, line in enumerate(_unmarked(lines), 1))
    found = list(islice((line for line in numbered if line.content), MOST_LINES + 1))
    if not found:
        raise Unusable("INVALID_MANIFEST", "The manifest has no lines.")
    if len(found) > MOST_LINES:
        raise Unusable("INVALID_MANIFEST", f"The manifest has over {MOST_LINES} lines.")
    if not any(_names_an_image(line) for line in found):
        words = 'Not one line of the manifest is a JSON object with a "source-ref" in S3.'
        raise Unusable("INVALID_MANIFEST", words)
    return found


def source_of(content: bytes) -> Source:
    """The image that a line stands for.

    Raises:
        BadLine: the line is not as the service documents it.
    """
    try:
        document: Any = json.loads(content)
    except (ValueError, RecursionError):
        raise BadLine("INVALID_JSON_LINE", "The line is not valid JSON.") from None
    if not isinstance(document, dict):
        raise BadLine("INVALID_JSON_LINE", "The line is not a JSON object.")
    ref = document.get("source-ref")
    if ref is None:
        raise BadLine("MISSING_SOURCE_REF", "The line has no source-ref.")
    words = "The source-ref is not of the form s3://bucket/key."
    if not isinstance(ref, str):
        raise BadLine("INVALID_SOURCE_REF", words)
    try:
        ref.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell and UTF-8 cannot
        raise BadLine("INVALID_SOURCE_REF", "The source-ref is not valid Unicode.") from None
    found = SOURCE.fullmatch(ref)
    if found is None:
        raise BadLine("INVALID_SOURCE_REF", words, ref[:LONGEST_SOURCE])
    return Source(ref, found["bucket"], found["key"])


def _unmarked(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines without the mark that some editors put before the first."""
    for place, line in enumerate(lines):
        yield line if place else line.removeprefix(BOM)


def _names_an_image(line: Line) -> bool:
    try:
        source_of(line.content)
    except BadLine:
        return False
    return True
