"""The operator's gallery of celebrities: how people get into it, and out again.

A person is a user of the gallery's collection, tied to one face for each photo. Every step writes
the same when it is done again, so an import that was cut short, or a folder that has grown, is
simply imported once more.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from unicodedata import normalize
from uuid import NAMESPACE_OID, UUID, uuid5

from sightline.domain import users as gallery_users
from sightline.domain.associations import associate
from sightline.domain.celebrity_info import GALLERY, celebrity_id
from sightline.domain.photos import fitting
from sightline.domain.quality import Size, sift
from sightline.domain.similarity import similarity
from sightline.domain.vectors import cosine, mean
from sightline.errors import (
    ConflictException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
    ServiceError,
)
from sightline.store import celebrities, collections, faces, log, table, users
from sightline.store.celebrities import Celebrity
from sightline.store.collections import Collection
from sightline.store.faces import StoredFace
from sightline.vision.face import FACE_MODEL_VERSION, Face
from sightline.vision.faces import face_analyzer
from sightline.vision.photo import decode

# A photo of several people is of the one whose face is this many times as large as any other.
LARGER = 4
# Of similarity between a face and the others of its person: the default of AssociateFaces.
ALIKE = 75.0
PAGE = 1000  # faces read at once
SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")  # the service's links have none
UNTOLD = "Unlisted"  # the service's gender of a person of whom none is known


@dataclass(frozen=True, slots=True)
class Person:
    """Who is to be imported, and photos: each a name by which the operator knows it, and what
    reads its file.
    """

    name: str
    photos: Iterable[tuple[str, Callable[[], bytes]]]
    urls: tuple[str, ...] = ()
    gender: str = UNTOLD


@dataclass(slots=True)
class Enrolment:
    """What became of a person's photos; `skipped` has the name of each and the reason."""

    celebrity: Celebrity
    added: int = 0
    present: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Look:
    """A photo's face, ready to be stored."""

    photo: str
    face: StoredFace


class _Unfit(Exception):
    """Why a photo cannot stand for its person."""


def enrol(person: Person) -> Enrolment:
    """Adds a person to the gallery, or photos to a person who is there.

    Raises:
        ConflictException: the person's id belongs to another name, or the gallery's vectors are of
            another face model.
        ServiceQuotaExceededException: the gallery is full.
    """
    urls = tuple(SCHEME.sub("", url) for url in person.urls)
    name = normalize("NFC", person.name)
    celebrity = Celebrity(celebrity_id(name), name, urls, person.gender)
    other = celebrities.get([celebrity.id]).get(celebrity.id)
    if other is not None and other.name != celebrity.name:
        raise ConflictException(f"{name} has the id of {other.name}; change one's name")
    collection = _gallery()
    celebrities.put(celebrity)
    with suppress(ConflictException):  # there already
        gallery_users.create(GALLERY, celebrity.id, gallery_users.call("CreateUser", {}))
    enrolment = Enrolment(celebrity)
    tied = gallery_users.find_user(collection, celebrity.id).face_ids
    there = [face.vector for face in faces.get(collection.uid, tied).values()]
    looks = _alike(there, _looks(collection, person, tied, enrolment), enrolment)
    room = users.FACES - len(tied)
    enrolment.skipped += [(each.photo, f"beyond {users.FACES} faces") for each in looks[room:]]
    new = [each.face for each in looks[:room]]
    if new:
        faces.add(collection, new)
        call = gallery_users.call("AssociateFaces", {})
        associate(GALLERY, celebrity.id, [face.id for face in new], threshold=0, call=call)
    enrolment.added = len(new)
    return enrolment


def remove(name_or_id: str) -> Celebrity:
    """Removes a person with all faces and vectors; done again, it finishes what was cut short.

    Raises:
        ResourceNotFoundException: there is no such person.
    """
    ids = [name_or_id, celebrity_id(name_or_id)]
    found = celebrities.get(ids)
    celebrity = next((found[each] for each in ids if each in found), None)
    if celebrity is None:
        raise ResourceNotFoundException(f"There is no celebrity with the name or id {name_or_id}")
    collection = collections.need(GALLERY)
    with suppress(ResourceNotFoundException):  # gone already
        gallery_users.delete(GALLERY, celebrity.id, gallery_users.call("DeleteUser", {}))
    for some in table.chunks(_faces_of(collection, celebrity), PAGE):
        faces.delete(GALLERY, some)
    log.forget_every(collection.uid, celebrity.id)
    celebrities.delete(celebrity.id)
    return celebrity


def everyone() -> Iterator[tuple[Celebrity, int]]:
    """All people of the gallery with the number of their faces, by id."""
    for some in table.chunks(celebrities.every(), table.READ_AT_ONCE):
        collection = collections.need(GALLERY)
        found = users.get(collection.uid, [each.id for each in some])
        for each in some:
            yield each, len(found[each.id].face_ids) if each.id in found else 0


def _gallery() -> Collection:
    """The gallery's collection, made if it is not there; an empty one of an old model gives way.

    Raises:
        ConflictException: it has people whose vectors are of another face model.
    """
    held, _ = collections.read(GALLERY)
    if held is not None and held.model != FACE_MODEL_VERSION:
        if held.user_count:
            raise ConflictException(
                f"The gallery has face model version {held.model}, and this service has "
                f"{FACE_MODEL_VERSION}. Remove all people and import them again."
            )
        collections.delete(GALLERY)
        held = None
    if held is None:
        with suppress(ResourceAlreadyExistsException):
            collections.create(GALLERY, FACE_MODEL_VERSION, {})
    return collections.need(GALLERY)


def _faces_of(collection: Collection, celebrity: Celebrity) -> Iterator[str]:
    """Ids of a person's faces, also of those that an import stored and did not come to tie."""
    after = None
    while page := faces.page(collection.uid, after, PAGE):
        yield from (key for key, face in page if face.external_id == celebrity.id)
        after, _ = page[-1]


def _looks(
    collection: Collection, person: Person, tied: Sequence[str], enrolment: Enrolment
) -> list[_Look]:
    """The faces of new photos; counts and skips the others in `enrolment`."""
    looks: dict[str, _Look] = {}
    for name, read in person.photos:
        try:
            data = read()
        except OSError as error:
            enrolment.skipped.append((name, error.strerror or "cannot be read"))
            continue
        digest = sha256(data).hexdigest()
        face_id = str(uuid5(UUID(collection.uid), f"{enrolment.celebrity.id}/{digest}"))
        if face_id in tied or face_id in looks:
            enrolment.present += 1
            continue
        try:
            face, vector = _subject(data)
        except _Unfit as reason:
            enrolment.skipped.append((name, str(reason)))
            continue
        looks[face_id] = _Look(
            name,
            StoredFace(
                id=face_id,
                image_id=str(uuid5(NAMESPACE_OID, digest)),
                external_id=enrolment.celebrity.id,
                box=face.box,
                confidence=face.confidence,
                model=collection.model,
                vector=vector,
            ),
        )
    return list(looks.values())


def _subject(data: bytes) -> tuple[Face, bytes]:
    """The face that a photo is of, and its packed vector.

    Raises:
        _Unfit: there is none, or it cannot be told which.
    """
    try:
        photo = fitting(decode(data))
    except ServiceError as error:
        raise _Unfit(error.message) from error
    seen = face_analyzer().analyze(photo)
    good, poor = sift(seen, Size(photo.width, photo.height), "AUTO")
    if not good:
        raise _Unfit(", ".join(poor[0].reasons) if poor else "no face")
    first, *others = sorted(good, key=lambda face: -face.box.area)
    if others and first.box.area < LARGER * others[0].box.area:
        raise _Unfit(f"{len(good)} faces, none much larger than the others")
    (vector,) = face_analyzer().embed(photo, [first]).astype("<f4")
    return first, vector.tobytes()


def _alike(there: list[bytes], looks: list[_Look], enrolment: Enrolment) -> list[_Look]:
    """The faces that resemble the person's others; the least alike go first, one at a time."""
    kept = list(looks)
    while kept and len(there) + len(kept) > 1:
        likeness = [_likeness(there, kept, place) for place in range(len(kept))]
        worst = min(range(len(kept)), key=lambda place: (likeness[place], -place))
        if likeness[worst] >= ALIKE:
            break
        enrolment.skipped.append((kept.pop(worst).photo, "unlike the person's other photos"))
    return kept


def _likeness(there: list[bytes], looks: list[_Look], place: int) -> float:
    others = [each.face.vector for each in looks[:place] + looks[place + 1 :]]
    return similarity(cosine(looks[place].face.vector, mean(there + others) or b""))
