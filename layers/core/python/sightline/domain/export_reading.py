"""An exported collection is read again: nothing of it is believed, and no error repeats what a
line holds, for these are people's faces.
"""

import json
import math
import re
from array import array
from base64 import b64decode
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, BinaryIO, NoReturn, TypeVar

import numpy as np

from sightline.domain.export_file import FORMAT, FORMAT_VERSION, Header, Member
from sightline.domain.vectors import PACKED
from sightline.geometry import BoundingBox
from sightline.store import users
from sightline.store.faces import StoredFace

LONGEST = 2**20  # bytes of a line; that of a user with 100 faces has 4 kB
UNIT = 1e-3  # how far from 1 a vector's length may be; rounding to float32 moves it by 1e-7
BEYOND = 1.0  # of the image's size: how far a box may reach past an edge
KINDS = ("Collection", "Face", "User", "End")

# The service model's patterns, and what a face model's version looks like.
COLLECTION_ID = re.compile(r"[a-zA-Z0-9_.\-]{1,255}")
USER_ID = re.compile(r"[a-zA-Z0-9_.\-:]{1,128}")
EXTERNAL_ID = re.compile(r"[a-zA-Z0-9_.\-:]{1,255}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MODEL = re.compile(r"\d{1,4}\.\d{1,4}", re.ASCII)

Told = dict[str, Any]
Parsed = TypeVar("Parsed")


class BadLine(ValueError):
    """Which line of a file is wrong, and what is wrong with it."""


class _Bad(Exception):
    """What is wrong with a line."""


class Reading:
    """Reads a file once from its beginning: `header`, then all of `faces`, then all of `members`.

    Each raises `BadLine` at the first line that is not as it must be.
    """

    def __init__(self, stream: BinaryIO, tick: Callable[[int], object] = lambda _: None) -> None:
        """`tick` is told the bytes of each line."""
        stream.seek(0)
        self._stream, self._tick = stream, tick
        self._number = self._faces = self._users = 0
        self._next: tuple[str, Told] | None = None
        self.header = self._take("Collection", _header)

    def faces(self) -> Iterator[StoredFace]:
        """Every face."""
        last = ""
        while self._look()[0] == "Face":
            found = self._take("Face", lambda told: _face(told, self.header.model))
            if found.id <= last:
                self._refuse("FaceId is not greater than that of the line before")
            last = found.id
            self._faces += 1
            yield found

    def members(self) -> Iterator[Member]:
        """Every user; at their end also whether the file is whole."""
        digests = array("Q")  # of 10 million users 80 MB
        while self._look()[0] == "User":
            member = self._take("User", _member)
            digests.append(int.from_bytes(sha256(member.user_id.encode()).digest()[:8]))
            self._users += 1
            yield member
        repeated = _repeated(digests)
        if repeated is not None:
            self._number = 1 + self._faces + repeated  # after the header
            self._refuse("UserId was there before")
        self._finish()

    def _finish(self) -> None:
        counts = self._take("End", _counts)
        if counts != (self._faces, self._users):
            self._refuse(
                f"there should be {counts[0]} faces and {counts[1]} users, "
                f"and there are {self._faces} and {self._users}"
            )
        if self._stream.read(1):
            self._number += 1
            self._refuse("it comes after the End")

    def _take(self, kind: str, parse: Callable[[Told], Parsed]) -> Parsed:
        found, told = self._look()
        if found != kind:
            self._refuse(f"{found} stands where {kind} should")
        self._next = None
        try:
            return parse(told)
        except _Bad as reason:
            self._refuse(str(reason))

    def _look(self) -> tuple[str, Told]:
        """Kind and contents of the line that comes next."""
        if self._next is None:
            raw = self._stream.readline(LONGEST)
            self._number += 1
            self._tick(len(raw))
            try:
                self._next = _parsed(raw)
            except _Bad as reason:
                self._refuse(str(reason))
        return self._next

    def _refuse(self, reason: str) -> NoReturn:
        raise BadLine(f"Line {self._number}: {reason}") from None


def _repeated(digests: "array[int]") -> int | None:
    """Place, from 1, of the first one that was there before."""
    values = np.asarray(digests)
    order = np.argsort(values, kind="stable")
    again = order[1:][values[order][1:] == values[order][:-1]]
    return int(again.min()) + 1 if again.size else None


def _parsed(raw: bytes) -> tuple[str, Told]:
    if not raw:
        raise _Bad("the file is cut short, for its last line is not an End")
    if not raw.endswith(b"\n"):
        raise _Bad("it is cut short" if len(raw) < LONGEST else f"it is over {LONGEST} bytes long")
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        raise _Bad("it is not JSON") from None
    if isinstance(line, dict) and len(line) == 1:
        ((kind, told),) = line.items()
        if kind in KINDS and isinstance(told, dict):
            return kind, told
    raise _Bad(f"it is not an object with one of {', '.join(KINDS)}")


def _header(told: Told) -> Header:
    if told.get("Format") != FORMAT:
        raise _Bad(f"Format is not {FORMAT}")
    if told.get("FormatVersion") != FORMAT_VERSION:
        raise _Bad(f"FormatVersion is not {FORMAT_VERSION}")
    tags = told.get("Tags")
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise _Bad("Tags is not an object of texts")
    collection_id = _text(told, "CollectionId", COLLECTION_ID)
    return Header(collection_id, _text(told, "FaceModelVersion", MODEL), tags, *_counts(told))


def _counts(told: Told) -> tuple[int, int]:
    return _count(told, "FaceCount"), _count(told, "UserCount")


def _face(told: Told, model: str) -> StoredFace:
    if "UserId" in told:
        _text(told, "UserId", USER_ID)
    return StoredFace(
        id=_text(told, "FaceId", UUID),
        image_id=_text(told, "ImageId", UUID),
        external_id=(
            _text(told, "ExternalImageId", EXTERNAL_ID) if "ExternalImageId" in told else None
        ),
        box=_box(told.get("BoundingBox")),
        confidence=_number(told, "Confidence", 0, 100),
        model=model,
        vector=_vector(told.get("Vector")),
    )


def _member(told: Told) -> Member:
    face_ids = told.get("FaceIds")
    if not isinstance(face_ids, list) or not all(_matches(each, UUID) for each in face_ids):
        raise _Bad("FaceIds is not a list of face ids")
    if len(set(face_ids)) < len(face_ids):
        raise _Bad("FaceIds has one twice")
    if len(face_ids) > users.FACES:
        raise _Bad(f"FaceIds has more than {users.FACES}")
    return Member(_text(told, "UserId", USER_ID), tuple(face_ids))


def _box(told: Any) -> BoundingBox:
    if not isinstance(told, dict):
        raise _Bad("BoundingBox is not an object")
    left, top = (_number(told, name, -BEYOND, 1 + BEYOND) for name in ("Left", "Top"))
    width, height = (_number(told, name, 0, 1 + 2 * BEYOND) for name in ("Width", "Height"))
    if min(width, height) == 0 or max(left + width, top + height) > 1 + BEYOND:
        raise _Bad("BoundingBox is empty, or reaches too far past the image")
    return BoundingBox(left, top, width, height)


def _vector(told: Any) -> bytes:
    try:
        packed = b64decode(told, validate=True)
    except (TypeError, ValueError):
        raise _Bad("Vector is not base64") from None
    if len(packed) != PACKED.size:
        raise _Bad(f"Vector has {len(packed)} bytes, not {PACKED.size}")
    if not abs(math.hypot(*PACKED.unpack(packed)) - 1) <= UNIT:  # nor is any comparison with NaN
        raise _Bad("Vector is not of unit length")
    return packed


def _text(told: Told, name: str, pattern: re.Pattern[str]) -> str:
    value = told.get(name)
    if not _matches(value, pattern):
        raise _Bad(f"{name} is not {pattern.pattern}")
    return str(value)


def _matches(value: Any, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _number(told: Told, name: str, least: float, most: float) -> float:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _Bad(f"{name} is not a number from {least:g} to {most:g}")
    return float(value)


def _count(told: Told, name: str) -> int:
    value = told.get(name)
    if type(value) is not int or value < 0:
        raise _Bad(f"{name} is not a count")
    return value
