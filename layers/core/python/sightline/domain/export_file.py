"""The file in which a collection moves house: JSON Lines, an object a line, in this order.

    {"Collection": {"Format": "sightline-collection", "FormatVersion": 1, "CollectionId": …,
                    "FaceModelVersion": …, "Tags": {…}, "FaceCount": …, "UserCount": …}}
    {"Face": {"FaceId": …, "BoundingBox": {…}, "ImageId": …, "ExternalImageId": …,
              "Confidence": …, "UserId": …, "Vector": …}}      faces by ascending FaceId
    {"User": {"UserId": …, "FaceIds": […]}}                    oldest face first
    {"End": {"FaceCount": …, "UserCount": …}}                  how many lines of each there are

A vector is the base64 of 128 float32, little endian, of unit length. ExternalImageId and UserId
are left out where there is none; who is tied to whom is read from the users' lines. The first
line's counts are those of the export's beginning.
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, NamedTuple

from sightline.domain.faces import face
from sightline.store.faces import StoredFace

FORMAT, FORMAT_VERSION = "sightline-collection", 1


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says of the collection."""

    collection_id: str
    model: str
    tags: dict[str, str]
    faces: int
    users: int


class Member(NamedTuple):
    """A user with its faces, oldest first."""

    user_id: str
    face_ids: tuple[str, ...]


def header_line(header: Header) -> str:
    """The first line."""
    told = {
        "Format": FORMAT,
        "FormatVersion": FORMAT_VERSION,
        "CollectionId": header.collection_id,
        "FaceModelVersion": header.model,
        "Tags": header.tags,
    }
    return _line("Collection", told | _counts(header.faces, header.users))


def face_line(stored: StoredFace) -> str:
    """The line of a face."""
    told = {name: value for name, value in face(stored).items() if value is not None}
    del told["IndexFacesModelVersion"]  # the collection's
    return _line("Face", told | {"Vector": b64encode(stored.vector).decode()})


def member_line(member: Member) -> str:
    """The line of a user."""
    return _line("User", {"UserId": member.user_id, "FaceIds": member.face_ids})


def end_line(faces: int, users: int) -> str:
    """The last line."""
    return _line("End", _counts(faces, users))


def _counts(faces: int, users: int) -> dict[str, int]:
    return {"FaceCount": faces, "UserCount": users}


def _line(kind: str, told: dict[str, Any]) -> str:
    return json.dumps({kind: told}, separators=(",", ":")) + "\n"
