"""Moving house: a collection becomes a file, and the file a collection, with the same faces, users
and answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from sightline.domain import bulk, collections
from sightline.domain.bulk import Tick, every
from sightline.domain.export_file import (
    Header,
    Member,
    end_line,
    face_line,
    header_line,
    member_line,
)
from sightline.domain.export_reading import COLLECTION_ID, Reading
from sightline.errors import InvalidParameterException, ResourceNotFoundException
from sightline.store import faces, log, users
from sightline.store.collections import Collection
from sightline.vision.face import FACE_MODEL_VERSION


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in a file; `changed`, if the collection did while it was read."""

    faces: int
    users: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    Attributes:
        differing: faces that were there already with another image or vector, and stayed so.
        untied: faces of users that the collection does not have, or that are another user's.
    """

    collection: Collection
    differing: int
    untied: int


def own(collection_id: str) -> Collection:
    """A collection that may move; the service's own may not.

    Raises:
        InvalidParameterException: no id of a collection.
        ResourceNotFoundException: there is none.
    """
    check_id(collection_id)
    return collections.need(collection_id)


def check_id(collection_id: str) -> None:
    """Refuses what no collection may be called.

    Raises:
        InvalidParameterException: it is such an id.
    """
    if COLLECTION_ID.fullmatch(collection_id) is None:
        raise InvalidParameterException(f"{collection_id} is no id of a collection")


def export(collection: Collection, write: Callable[[str], object], tick: Tick) -> Exported:
    """Writes a collection line by line; holds a page of it at a time, whatever its size.

    Each face and user is as it was when it was read; only where nobody changed the collection
    meanwhile is that one moment.

    Raises:
        ResourceNotFoundException: the collection was deleted on the way; what was written has no
            last line.
    """
    face_count, user_count = collection.face_count, collection.user_count
    header = Header(collection.id, collection.model, collection.tags, face_count, user_count)
    write(header_line(header))
    face_count = user_count = 0
    for stored in every(faces.page, collection.uid):
        write(face_line(stored))
        face_count += 1
        tick(1)
    for user in every(users.page, collection.uid):
        write(member_line(Member(user.id, user.face_ids)))
        user_count += 1
        tick(1)
    now = collections.need(collection.id)
    if now.uid != collection.uid:
        raise ResourceNotFoundException(f"The collection id: {collection.id} was made anew")
    write(end_line(face_count, user_count))
    return Exported(face_count, user_count, _moment(now) != _moment(collection))


def _moment(collection: Collection) -> tuple[object, ...]:
    return log.heads(collection), collection.face_count, collection.user_count


def check(stream: BinaryIO, tick: Tick) -> Header:
    """Reads a file to its end; its header with the true counts.

    Args:
        tick: is told the bytes of each line.

    Raises:
        BadLine: it is not whole, or a line is not as it must be.
        InvalidParameterException: its vectors are of another face model.
    """
    reading = Reading(stream, tick)
    header = reading.header
    if header.model != FACE_MODEL_VERSION:
        raise InvalidParameterException(
            f"The file has face model version {header.model}, and this service has "
            f"{FACE_MODEL_VERSION}. Where it came from, `sightline collections reembed` makes a "
            f"collection of version {FACE_MODEL_VERSION}, which can be exported."
        )
    face_count = sum(1 for _ in reading.faces())
    user_count = sum(1 for _ in reading.members())
    return Header(header.collection_id, header.model, header.tags, face_count, user_count)


def load(stream: BinaryIO, collection_id: str, tick: Tick) -> Imported:
    """Adds what is in a file that `check` has read to a collection, which is made if need be.

    What is there already stays as it is; so does what the file does not have.

    Args:
        tick: is told how many more faces and users are done.

    Raises:
        BadLine: the file is another one by now.
        InvalidParameterException: no id of a collection, or it has another face model.
        ServiceQuotaExceededException: the collection is full.
        ProvisionedThroughputExceededException: DynamoDB asked to slow down for a minute.
    """
    check_id(collection_id)
    reading = Reading(stream)
    collection = bulk.make(collection_id, reading.header.tags)
    differing = bulk.add_faces(collection, reading.faces(), tick)
    untied = bulk.add_members(collection, reading.members(), tick)
    return Imported(collections.need(collection_id), differing, untied)
