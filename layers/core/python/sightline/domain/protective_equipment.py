"""What people in a photo wear for their protection, and who wears all that is required.

Helmets (HEAD_COVER) and masks (FACE_COVER) are told; gloves are not, for want of photos to learn
them from: hands are listed with an empty list, and a summary that requires HAND_COVER finds nobody
with it and nobody without it for certain.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from sightline.domain.face_detail import bounding_box
from sightline.domain.photos import Limits
from sightline.vision.photo import Photo
from sightline.vision.protection import Cover, Part, Person, look_for_equipment

MODEL_VERSION = "1.0"
LIMITS = Limits(least_side=64, most_side=4096, most_bytes=4 * 1024 * 1024)
LEAST_CONFIDENCE = 50.0  # nothing is answered below; a lower MinConfidence acts as this
# Where each type of equipment belongs, and the types that can be seen at all.
WORN_ON = {
    "FACE_COVER": {"FACE"},
    "HEAD_COVER": {"HEAD"},
    "HAND_COVER": {"LEFT_HAND", "RIGHT_HAND"},
}
SEEN_TYPES = frozenset({"FACE_COVER", "HEAD_COVER"})


class Verdict(Enum):
    """Of one person: the three lists of a summary."""

    WITH = "PersonsWithRequiredEquipment"
    WITHOUT = "PersonsWithoutRequiredEquipment"
    INDETERMINATE = "PersonsIndeterminate"


def detect_protective_equipment(photo: Photo, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of DetectProtectiveEquipment for a photo within `LIMITS`."""
    people = look_for_equipment(photo)
    answer: dict[str, Any] = {
        "ProtectiveEquipmentModelVersion": MODEL_VERSION,
        "Persons": [_person(number, person) for number, person in enumerate(people)],
    }
    wanted = request.get("SummarizationAttributes")
    if wanted is not None:
        answer["Summary"] = summary(
            people, wanted["RequiredEquipmentTypes"], wanted["MinConfidence"]
        )
    return answer


def summary(
    people: Iterable[Person], required: Iterable[str], confidence: float
) -> dict[str, list[int]]:
    """The numbers of the people in three lists, each in one of them.

    Args:
        people: in the order of their numbers, which begin at 0.
        required: types of equipment.
        confidence: that every judgement must reach to count, 0 to 100.
    """
    least = max(confidence, LEAST_CONFIDENCE)
    types = set(required)
    lists: dict[str, list[int]] = {verdict.value: [] for verdict in Verdict}
    for number, person in enumerate(people):
        lists[verdict(person, types, least).value].append(number)
    return lists


def verdict(person: Person, required: Iterable[str], least: float) -> Verdict:
    """Without, if any required type is certainly not worn; else indeterminate, if any is uncertain.

    A person whose own confidence is too low is indeterminate whatever is seen.
    """
    if person.confidence < least:
        return Verdict.INDETERMINATE
    found = {_type_verdict(person, each, least) for each in required}
    for each in (Verdict.WITHOUT, Verdict.INDETERMINATE):
        if each in found:
            return each
    return Verdict.WITH


def _type_verdict(person: Person, kind: str, least: float) -> Verdict:
    """Of one type: it must cover each part that it belongs on and that is seen."""
    parts = [part for part in person.parts if part.name in WORN_ON[kind]]
    if not parts or kind not in SEEN_TYPES:
        return Verdict.INDETERMINATE
    found = {_part_verdict(part, kind, least) for part in parts}
    for each in (Verdict.WITHOUT, Verdict.INDETERMINATE):
        if each in found:
            return each
    return Verdict.WITH


def _part_verdict(part: Part, kind: str, least: float) -> Verdict:
    if part.confidence < least:
        return Verdict.INDETERMINATE
    worn = [cover for cover in part.covers if cover.type == kind]
    if not worn:
        return Verdict.WITHOUT
    best = max(worn, key=lambda cover: (cover.covers.value, cover.confidence))
    if min(best.confidence, best.covers.confidence) < least:
        return Verdict.INDETERMINATE
    return Verdict.WITH if best.covers.value else Verdict.WITHOUT


def _person(number: int, person: Person) -> dict[str, Any]:
    return {
        "Id": number,
        "BoundingBox": bounding_box(person.box),
        "Confidence": person.confidence,
        "BodyParts": [
            {
                "Name": part.name,
                "Confidence": part.confidence,
                "EquipmentDetections": [_cover(cover) for cover in part.covers],
            }
            for part in person.parts
        ],
    }


def _cover(cover: Cover) -> dict[str, Any]:
    covers = {"Value": cover.covers.value, "Confidence": cover.covers.confidence}
    return {
        "BoundingBox": bounding_box(cover.box),
        "Confidence": cover.confidence,
        "Type": cover.type,
        "CoversBodyPart": covers,
    }
