"""How often attributes are right, through the whole of DetectFaces; a face that is not found
counts as wrong. Only the eye step is measured on its own: its set shows no faces.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks import data
from benchmarks.data import Person
from benchmarks.results import Row, at_least, at_most
from sightline.vision.attributes import eyes_open
from sightline.vision.eyes import EyeReader
from sightline.vision.face import Face, Judged
from sightline.vision.faces import face_analyzer
from sightline.vision.session import open_session

ADULT = 18
SHORT = 20  # photos of each set
WORN = ("eyeglasses", "beard", "mustache")
Sample = TypeVar("Sample")


def rows(short: bool) -> list[Row]:
    """The section's figures."""

    def some(every: list[Sample]) -> list[Sample]:
        return every[:: max(1, len(every) // SHORT)] if short else every

    return [
        *_people(some(data.people())),
        at_least("smile, smiles/", 0.88, _right(some(data.smiles()), "SMILE", "smile")),
        _by_eye("smile", some(data.judged_by_eye("smile")), "SMILE", "smile"),
        _by_eye("mouth_open", some(data.judged_by_eye("mouth_open")), "MOUTH_OPEN", "mouth_open"),
        at_least("eyes open or closed", 0.9, _eyes(some(data.eyes()))),
        at_least("emotion, FER2013, 7 classes", 0.62, _emotions(some(data.emotions()))),
        *(_worn(name, some(data.judged_by_eye(name))) for name in WORN),
        at_least("face occluded, masks", 0.9, _occluded(some(data.masks() + data.mask_photos()))),
    ]


def largest(path: Path, *attributes: str) -> Face | None:
    """The largest face of a photo with these attributes."""
    faces = face_analyzer().analyze(data.presented(path), frozenset(attributes))
    return faces[0] if faces else None


def _people(people: Sequence[Person]) -> list[Row]:
    errors, within, genders = [], [], []
    for person in people:
        face = largest(person.path, "AGE_RANGE", "GENDER")
        if face is None or face.age_range is None or face.gender is None:
            genders.append(False)
            continue
        low, high = face.age_range.low, face.age_range.high
        errors.append(abs((low + high) / 2 - person.age))
        within.append(low <= person.age <= high)
        if person.age >= ADULT:
            genders.append((face.gender.value == "Male") == person.male)
    missed = len(people) - len(errors)
    covered = f"{np.mean(within):.1%} ({missed} faces not found)"
    return [
        at_least("gender, UTKFace adults", 0.93, float(np.mean(genders))),
        at_most("age, UTKFace, mean absolute error", 6, float(np.mean(errors)), " years"),
        Row("age within the range given", "–", covered, None),
    ]


def _right(rows: Sequence[tuple[Path, bool]], attribute: str, field: str) -> float:
    return float(np.mean([_value(path, attribute, field) is value for path, value in rows]))


def _value(path: Path, attribute: str, field: str) -> bool | None:
    face = largest(path, attribute)
    judged: Judged | None = getattr(face, field) if face else None
    return judged.value if judged else None


def _by_eye(column: str, rows: Sequence[tuple[Path, bool]], attribute: str, field: str) -> Row:
    share = _right(rows, attribute, field)
    return Row(f"{column.replace('_', ' ')}, {len(rows)} UTKFace photos", "–", f"{share:.1%}", None)


def _eyes(rows: Sequence[tuple[Path, bool]]) -> float:
    reader = EyeReader(open_session("iris"))
    judged = [eyes_open(reader.read(data.eye_crop(path)[None])) for path, _ in rows]
    right = [each.value is value for each, (_, value) in zip(judged, rows, strict=True)]
    return float(np.mean(right))


def _emotions(rows: Sequence[tuple[Path, str]]) -> float:
    right = []
    for path, name in rows:
        face = largest(path, "EMOTIONS")
        right.append(face is not None and face.emotions[0].type == name)
    return float(np.mean(right))


def _worn(name: str, rows: Sequence[tuple[Path, bool]]) -> Row:
    metric = f"{name}, {len(rows)} UTKFace photos, balanced accuracy"
    return at_least(metric, 0.9, _balanced(rows, name.upper(), name))


def _occluded(rows: Sequence[tuple[Path, bool]]) -> float:
    return _balanced(rows, "FACE_OCCLUDED", "face_occluded")


def _balanced(rows: Sequence[tuple[Path, bool]], attribute: str, field: str) -> float:
    """The mean of how often a yes is right and how often a no is."""
    found = [(value, _value(path, attribute, field) is value) for path, value in rows]
    shares = [np.mean([right for value, right in found if value is kind]) for kind in (True, False)]
    return float(np.mean(shares))
