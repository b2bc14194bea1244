"""What a step of the vision says of a photo, in the words of the vocabulary: the evidence that
DetectLabels makes its labels of.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sightline.domain.vocabulary import ancestors
from sightline.geometry import BoundingBox
from sightline.vision.belief import reconsidered
from sightline.vision.text_lines import Line

# The odds that a thing is in a photo at all are those of its best box times this: logistic
# regression on the same photos and the same scores as the boxes' (`vision.objects.certainty`). In
# five folds by photo, labels told with 50 to 60 % (70 to 80 %, more than 90 %) were right in 58 %
# (71 %, 97 %).
THERE_FACTOR = 3.9
PLACES = ("Indoors", "Outdoors")
DOCUMENT, RECEIPT = "Document", "Receipt"
# A pattern on a wall may be read as a letter or two; what people mean by text is at least a word.
LEAST_CHARACTERS = 3
NUMBER = "Number"
DIGITS = re.compile(r"\d[\d.,:/-]*")


@dataclass(frozen=True, slots=True)
class Instance:
    """A box, and the confidence, 0 to 100, that it is right."""

    box: BoundingBox
    confidence: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """A reason to give a label.

    Attributes:
        label: a name of the vocabulary.
        confidence: 0 to 100, that it is in the photo at all.
        instance: where, and with which confidence in the box, if that is known.
    """

    label: str
    confidence: float
    instance: Instance | None = None


def of_object(label: str, box: BoundingBox, confidence: float) -> Sighting:
    """A thing whose box is right with this confidence."""
    return Sighting(label, reconsidered(confidence, THERE_FACTOR), Instance(box, confidence))


def of_scenes(scenes: Mapping[str, float], has_number: bool = False) -> Iterator[Sighting]:
    """The labels of a photo as a whole, given with their confidence.

    A photo was taken in one place: of labels that are a kind of Indoors and others that are a kind
    of Outdoors, the less certain side is left out, and both where the photo is of a document. What
    looks like a receipt but has no number is a document; of 49 receipts 42 have one that a glance
    can read.
    """
    if any(_is(name, DOCUMENT) for name in scenes):
        scenes = {
            DOCUMENT if name == RECEIPT and not has_number else name: confidence
            for name, confidence in scenes.items()
            if not any(_is(name, place) for place in PLACES)
        }
    best = {
        place: max((scenes[name] for name in scenes if _is(name, place)), default=0.0)
        for place in PLACES
    }
    unlikely = min(PLACES, key=best.__getitem__)
    for name, confidence in scenes.items():
        if not _is(name, unlikely):
            yield Sighting(name, confidence)


def _is(name: str, kind: str) -> bool:
    return name == kind or kind in ancestors(name)


def of_text(lines: Sequence[Line]) -> Iterator[Sighting]:
    """Text, and Number where a word of it is one."""
    for line in lines:
        if sum(character.isalnum() for character in line.text) < LEAST_CHARACTERS:
            continue
        yield Sighting("Text", line.confidence)
        for word in line.words:
            if DIGITS.fullmatch(word.text):
                yield Sighting(NUMBER, word.confidence)
