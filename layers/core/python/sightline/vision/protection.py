"""Who wears what: the people of a photo, the parts of their bodies, and the covers on them."""

from dataclasses import dataclass

import numpy as np

from sightline.geometry import BoundingBox
from sightline.vision.equipment import EquipmentReader
from sightline.vision.face import Judged
from sightline.vision.locator import Located
from sightline.vision.people import Box, SeenPerson, find_people
from sightline.vision.photo import Photo
from sightline.vision.session import open_session

# Of a head's height: a helmet ends above the brows.
HELMET_HEIGHT = 0.55
# Points of the face mesh around what a mask covers: the nose's bridge, the jaw's sides, the chin.
MASKED = [197, 132, 361, 58, 288, 152]


@dataclass(frozen=True, slots=True)
class Cover:
    """A piece of equipment.

    Attributes:
        type: the service model's `ProtectiveEquipmentType`.
        box: in ratios of the photo.
        confidence: of being such a piece, 50 to 100.
        covers: whether it covers the part that it is on.
    """

    type: str
    box: BoundingBox
    confidence: float
    covers: Judged


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a body; `name` is the service model's `BodyPart`, confidence 50 to 100."""

    name: str
    confidence: float
    covers: tuple[Cover, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A person: box in ratios of the photo, confidence 50 to 100, the parts that are seen."""

    box: BoundingBox
    confidence: float
    parts: tuple[Part, ...]


def look_for_equipment(photo: Photo) -> list[Person]:
    """The (at most 15) people of a photo, largest box first."""
    reader = EquipmentReader(open_session)
    return [_person(photo, each, reader) for each in find_people(photo)]


def _person(photo: Photo, seen: SeenPerson, reader: EquipmentReader) -> Person:
    parts = []
    if seen.face is not None and seen.face.located is not None:
        # The heads of masks and helmets say yes or no of what is certainly a face or a head: what
        # is worn below the chin or held in a hand is not seen at all, so what is seen covers.
        chance = reader.mask(photo, seen.face.located)
        box = mask_around(seen.face.located)
        parts.append(Part("FACE", seen.face.confidence, _covers("FACE_COVER", box, chance, photo)))
    if seen.head is not None:
        chance = reader.helmet(photo.pixels, seen.head.box)
        box = seen.head.box.copy()
        box[3] = box[1] + HELMET_HEIGHT * (box[3] - box[1])
        covers = _covers("HEAD_COVER", box, chance, photo)
        parts.append(Part("HEAD", seen.head.confidence, covers))
    for name, hand in (("LEFT_HAND", seen.left_hand), ("RIGHT_HAND", seen.right_hand)):
        if hand is not None:
            parts.append(Part(name, hand.confidence))
    return Person(ratios(seen.box, photo), seen.confidence, tuple(parts))


def mask_around(face: Located) -> Box:
    """(4,) where a mask would be. In profile it stands out before the mesh, which lies flat on the
    face, as far as the detector's box reaches.
    """
    points = face.mesh.points[MASKED, :2]
    (left, top), (right, bottom) = points.min(0), points.max(0)
    box: Box = np.array([left, top, right, bottom], np.float32)
    box[0] = min(left, face.box[0])
    box[2:] = np.maximum(box[2:], face.box[2:])
    return box


def _covers(kind: str, box: Box, chance: float, photo: Photo) -> tuple[Cover, ...]:
    if chance < 0.5:
        return ()
    return (Cover(kind, ratios(box, photo), 100 * chance, Judged(True, 100 * chance)),)


def ratios(box: Box, photo: Photo) -> BoundingBox:
    """The part of a box (4,) in pixels of the photo's array that lies inside, as ratios."""
    height, width = photo.pixels.shape[:2]
    left, top, right, bottom = (box / np.array([width, height, width, height])).clip(0, 1).tolist()
    return BoundingBox(left, top, right - left, bottom - top)
