"""What faces say of the people in a photo: whose they are, of which age and sex these look, whether
they smile, and what they wear in the face.
"""

import math
from collections.abc import Iterator, Sequence

from sightline.domain.sightings import Instance, Sighting
from sightline.geometry import BoundingBox
from sightline.vision.attributes import AttributeReader, Attributes
from sightline.vision.belief import LEAST_BODY, lonely, on_top, supported
from sightline.vision.face import AgeRange, Face, Judged
from sightline.vision.objects import FoundObject
from sightline.vision.photo import Photo
from sightline.vision.session import open_session

PERSON = "person"  # COCO's name of the class
# Each face that is read takes four more networks: of a crowd, those in front stand for all.
MOST_READ = 10
ASKED = frozenset({"AGE_RANGE", "GENDER", "SMILE", "EYEGLASSES", "SUNGLASSES", "BEARD", "MUSTACHE"})
# Labels of what a face shows, and the field of `Attributes` that says so.
SHOWN = {
    "Smile": "smile",
    "Glasses": "eyeglasses",
    "Sunglasses": "sunglasses",
    "Beard": "beard",
    "Mustache": "mustache",
}
# What looks like an animal or a fruit around a face of this confidence is the head of a person: a
# box that has half of the face, which takes this share of it, or that lies mostly in the face. Of
# 581 portraits of UTKFace cut close to the head 73 were told to show an animal; now none is, and of
# the 123 of 370 photos of animals where the object network finds one it still does in 121.
HUMAN_FACE = 80.0
LEAST_OF_FACE = 0.5
LEAST_OF_BOX = 0.15
# Logistic regression of being 18 or older on the middle of the age range, 581 UTKFace photos.
ADULT_PER_YEAR, ADULT_MIDDLE = 0.38, 19.5


def owners(faces: Sequence[Face], objects: Sequence[FoundObject]) -> dict[int, int]:
    """Which of `objects` (best first) each of `faces` belongs to, both by place in their list.

    A person has one face; a face without a person's box is left out.
    """
    found: dict[int, int] = {}
    free = [
        place
        for place, each in enumerate(objects)
        if each.name == PERSON and each.confidence >= LEAST_BODY
    ]
    for place, face in enumerate(faces):
        mine = (body for body in free if on_top(face.box, objects[body].box))
        body = next(mine, None)
        if body is not None:
            free.remove(body)
            found[place] = body
    return found


def is_head(thing: BoundingBox, faces: Sequence[Face]) -> bool:
    """Whether a box, of what looks like an animal or food, is that of a person's head."""
    return any(
        face.confidence >= HUMAN_FACE
        and (
            shared >= max(LEAST_OF_FACE * face.box.area, LEAST_OF_BOX * thing.area)
            or shared >= LEAST_OF_FACE * thing.area
        )
        for face, shared in ((each, thing.shared(each.box)) for each in faces)
    )


def believed(confidence: float, face: Face) -> float:
    """The confidence (0 to 100) of a person's box, now that a face is known to be on top of it."""
    return supported(confidence, face.confidence)


def of_faces(
    photo: Photo, faces: Sequence[Face], boxes: Sequence[BoundingBox | None]
) -> Iterator[Sighting]:
    """The sightings of a photo's faces, largest first; `boxes` are those of their persons.

    The box of Adult, Man and so on is the person's, that of Face its own.
    """
    reader = AttributeReader(open_session)
    for place, (face, box) in enumerate(zip(faces, boxes, strict=True)):
        certain = face.confidence
        if box is None:
            certain = lonely(certain)
        yield Sighting("Person", certain)
        yield Sighting("Face", certain, Instance(face.box, certain))
        if face.located is not None and place < MOST_READ:
            yield from _described(certain, reader.read(photo, face.located, ASKED), box)


def _described(certain: float, read: Attributes, box: BoundingBox | None) -> Iterator[Sighting]:
    """Every confidence is that of the face times that of what it shows."""

    def seen(label: str, chance: float) -> Sighting:
        confidence = certain * chance
        return Sighting(label, confidence, Instance(box, confidence) if box else None)

    if read.age_range is not None and read.gender is not None:
        male, adult = read.gender.value == "Male", adult_chance(read.age_range)
        sex = read.gender.confidence / 100
        yield seen("Male" if male else "Female", sex)
        yield seen("Adult", adult)
        yield seen("Man" if male else "Woman", sex * adult)
        yield seen("Child", 1 - adult)
        yield seen("Boy" if male else "Girl", sex * (1 - adult))
    for label, field in SHOWN.items():
        judged: Judged | None = getattr(read, field)
        if judged is not None and judged.value:
            yield Sighting(label, certain * judged.confidence / 100)


def adult_chance(age: AgeRange) -> float:
    """The probability, 0 to 1, that a face of that age range is an adult's."""
    return 1 / (1 + math.exp(-ADULT_PER_YEAR * ((age.low + age.high) / 2 - ADULT_MIDDLE)))
