"""A collection is embedded anew with the current face model, from the images it was made of.

Each image is fetched once more and known by the hash of its bytes; its faces are found in it by
their boxes, and keep all but their vectors. A face that the new collection has is done with, so a
run that was cut short, or had not all images, is simply run once more.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from sightline.domain import bulk
from sightline.domain.bulk import Tick, every
from sightline.domain.export_file import Member
from sightline.domain.face_register import NOT_FOUND, SETTLED, FaceRegister, Missing
from sightline.domain.indexing import image_id
from sightline.domain.moving import check_id
from sightline.domain.photos import fitting
from sightline.errors import InvalidParameterException, ServiceError
from sightline.store import faces, images, users
from sightline.store.collections import Collection
from sightline.store.faces import NOWHERE, StoredFace
from sightline.vision.face import Face
from sightline.vision.faces import face_analyzer
from sightline.vision.photo import Photo, decode

# Intersection over union from which on two boxes are of one face, PASCAL VOC's bar: two people's
# faces hardly overlap, and what two detectors say of one face does so by more than that.
SAME = 0.5


class Place(NamedTuple):
    """Where an image is in S3."""

    bucket: str
    key: str


class Skipped(NamedTuple):
    """An image that could not be looked at, and why."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Reembedding:
    """The way of a collection's faces and users to one of the current face model."""

    source: Collection
    target: Collection
    _register: FaceRegister

    def renew(self, places: Iterable[Place], tick: Tick) -> Iterator[Skipped]:
        """Looks at images; gives those that it could not look at.

        Args:
            tick: is told of each image.

        Raises:
            ResourceNotFoundException: the new collection is gone.
            ServiceQuotaExceededException: it is full.
            ProvisionedThroughputExceededException: DynamoDB asked to slow down for a minute.
        """
        for skipped in bulk.each(self._look, places):
            tick(1)
            if skipped is not None:
                yield skipped

    def carry_users(self, tick: Tick) -> int:
        """Makes the users, and ties them to those of their faces that have a new vector; how many
        faces could not be tied.

        Args:
            tick: is told how many more users are done.

        Raises:
            As `bulk.add_members`.
        """
        found = every(users.page, self.source.uid)
        members = (Member(user.id, user.face_ids) for user in found)
        return bulk.add_members(self.target, members, tick)

    def missing(self) -> Iterator[Missing]:
        """The faces that have no new vector, by id."""
        return self._register.missing()

    def _look(self, place: Place) -> Skipped | None:
        try:
            data = images.read(place.bucket, place.key, None)
            image = image_id(data)
            waiting = self._register.waiting(image)
            if not waiting:
                return None
            photo = fitting(decode(data))
        except ServiceError as error:
            return Skipped(place, error.message)
        there = faces.get(self.source.uid, waiting)
        self._register.mark(waiting, NOT_FOUND)
        self._register.mark((each for each in waiting if each not in there), SETTLED)  # deleted
        found = _embedded(photo, list(there.values()), self.target.model)
        if found:
            bulk.patiently(partial(faces.add, self.target, found))
            self._register.mark((face.id for face in found), SETTLED)
        return None


@contextmanager
def reembedding(source: Collection, target_id: str, tick: Tick) -> Iterator[Reembedding]:
    """Prepares to embed a collection anew into another, which is made if need be.

    Args:
        tick: is told how many more faces of both were read.

    Raises:
        InvalidParameterException: the other is the same one, has not the current face model, or
            has an id that no collection may have.
        ServiceQuotaExceededException: there are too many tags.
    """
    check_id(target_id)
    if source.id == target_id:
        raise InvalidParameterException("The new collection must have another id than the old one.")
    target = bulk.make(target_id, source.tags)

    def listed(collection: Collection) -> Iterator[StoredFace]:
        for face in every(faces.page, collection.uid):
            tick(1)
            yield face

    with closing(FaceRegister(listed(source))) as register:
        register.mark((face.id for face in listed(target)), SETTLED)
        yield Reembedding(source, target, register)


def _embedded(photo: Photo, stored: Sequence[StoredFace], model: str) -> list[StoredFace]:
    """Those of an image's faces that are found in it, with new vectors."""
    seen = face_analyzer().analyze(photo)
    pairs = matched(stored, seen)
    if not pairs:
        return []
    places = sorted({place for _, place in pairs})
    vectors = face_analyzer().embed(photo, [seen[place] for place in places]).astype("<f4")
    packed = dict(zip(places, (vector.tobytes() for vector in vectors), strict=True))
    return [
        replace(face, model=model, vector=packed[place], user_id=None, place=NOWHERE)
        for face, place in pairs
    ]


def matched(stored: Sequence[StoredFace], seen: Sequence[Face]) -> list[tuple[StoredFace, int]]:
    """Stored faces, each with the place of the one in `seen` that it is; best overlaps first.

    Faces with one ExternalImageId are as many people. An image that was indexed under several has
    the same people in each of them.
    """
    overlaps = sorted(
        (
            (face.box.overlap(one.box), place, face)
            for face in stored
            for place, one in enumerate(seen)
        ),
        key=lambda overlap: (-overlap[0], overlap[1], overlap[2].id),
    )
    pairs: dict[str, tuple[StoredFace, int]] = {}
    taken: set[tuple[str | None, int]] = set()
    for overlap, place, face in overlaps:
        if overlap >= SAME and face.id not in pairs and (face.external_id, place) not in taken:
            pairs[face.id] = face, place
            taken.add((face.external_id, place))
    return list(pairs.values())
