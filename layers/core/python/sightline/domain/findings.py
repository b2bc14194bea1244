"""What operations answered becomes findings that photos can be looked up by, page by page."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from sightline.domain.pages import Page
from sightline.errors import InvalidParameterException
from sightline.store import findings
from sightline.store.findings import Entry, Finding

FAILED = "failed"  # the kind of what went wrong; it has no name
# Operation: the kind of its findings, the list in its answer, and name and confidence in an entry.
SOURCES = {
    "DetectLabels": ("label", "Labels", "Name", "Confidence"),
    "DetectText": ("text", "TextDetections", "DetectedText", "Confidence"),
    "DetectModerationLabels": ("moderation", "ModerationLabels", "Name", "Confidence"),
    "RecognizeCelebrities": ("celebrity", "CelebrityFaces", "Name", "MatchConfidence"),
}
KINDS = (*(kind for kind, *_ in SOURCES.values()), FAILED)
LONGEST = 256  # characters of what is shown
EXAMINED = 1000  # entries that a page looks at where most do not fit; it may be short then


class Wanted(NamedTuple):
    """Photos that show something, maybe only those of a bucket or under a prefix of their key."""

    kind: str
    name: str | None = None
    bucket: str | None = None
    prefix: str = ""

    def takes(self, entry: Entry) -> bool:
        """Whether the entry is of a photo that is meant."""
        return (self.bucket is None or entry.bucket == self.bucket) and entry.key.startswith(
            self.prefix
        )


def findings_of(answers: dict[str, dict[str, Any]]) -> tuple[Finding, ...]:
    """What answers say is on the photo, each name once with its highest confidence."""
    best: dict[tuple[str, str], Finding] = {}
    for found in _all(answers):
        seen = best.setdefault((found.kind, found.name), found)
        if found.confidence > seen.confidence:
            best[found.kind, found.name] = found
    return tuple(best.values())


def failure(code: str, words: str) -> Finding:
    """The finding that a photo could not be looked at, or not in every way that was asked for."""
    return Finding(FAILED, "", f"{code}: {words}"[:LONGEST], 100.0)


def _all(answers: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    for operation, (kind, list_name, name, confidence) in SOURCES.items():
        for entry in answers.get(operation, {}).get(list_name, []):
            if entry.get("Type") == "LINE":  # text: its words are entries of their own
                continue
            shown = entry[name][:LONGEST]
            yield Finding(kind, findings.same_name(shown), shown, float(entry[confidence]))


def find(wanted: Wanted, after: str, size: int) -> Page[Entry]:
    """Photos by descending confidence, those after a sort key.

    A page may have fewer than `size` photos, or none, and more may follow it all the same.

    Raises:
        InvalidParameterException: a name where the kind has none, or none where it has some.
    """
    if (wanted.kind == FAILED) != (wanted.name is None):
        raise InvalidParameterException(
            f"Findings of the kind {wanted.kind} "
            + ("have no name." if wanted.name is not None else "are looked up by a name.")
        )
    most = size if wanted.bucket is None and not wanted.prefix else max(size, EXAMINED)
    name = findings.same_name(wanted.name or "")
    seen = list(islice(findings.entries(wanted.kind, name, after, most + 1), most + 1))
    found: list[Entry] = []
    for place, (_, entry) in enumerate(seen[:most], start=1):
        if wanted.takes(entry):
            found.append(entry)
        if len(found) == size or place == most:
            return Page(found, seen[place - 1][0] if len(seen) > place else None)
    return Page(found, None)


def photo(entry: Entry) -> dict[str, Any]:
    """A photo that was found, as `FoundPhoto`; one whose results could not be written has none."""
    return {
        "Bucket": entry.bucket,
        "Key": entry.key,
        "Name": entry.shown,
        "Confidence": entry.confidence,
        "EventTime": entry.time,
        "Result": {"Bucket": entry.bucket, "Name": entry.result} if entry.result else None,
    }
