"""Which faces of a collection came from which image, and what became of them; on disk, since there
may be twenty million and the table knows no faces by their image.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import NamedTuple
from uuid import UUID

from sightline.store.faces import StoredFace
from sightline.store.table import chunks

WAITING, NOT_FOUND, SETTLED = range(3)  # its image: not looked at, does not show it, done with
TABLE = "CREATE TABLE faces (face BLOB PRIMARY KEY, image BLOB, state INTEGER) WITHOUT ROWID"
WRITTEN_AT_ONCE = 10_000


class Missing(NamedTuple):
    """A face that is not settled; `looked`, if its image was looked at."""

    face_id: str
    image_id: str
    looked: bool


class FaceRegister:
    """A register of faces in a file of its own, which goes with it; threads may share one."""

    def __init__(self, faces: Iterable[StoredFace]) -> None:
        # "" is a temporary file, which SQLite unlinks as soon as it is open.
        self._database = sqlite3.connect("", check_same_thread=False)
        self._lock = Lock()
        self._database.execute(TABLE)
        rows = ((_packed(face.id), _packed(face.image_id), WAITING) for face in faces)
        for some in chunks(rows, WRITTEN_AT_ONCE):
            self._database.executemany("INSERT OR IGNORE INTO faces VALUES (?, ?, ?)", some)
        self._database.execute("CREATE INDEX images ON faces (image)")

    def waiting(self, image_id: str) -> list[str]:
        """The faces of an image that are not settled, by id."""
        query = "SELECT face FROM faces WHERE image = ? AND state != ? ORDER BY face"
        with self._lock:
            rows = self._database.execute(query, (_packed(image_id), SETTLED)).fetchall()
        return [_unpacked(face) for (face,) in rows]

    def mark(self, face_ids: Iterable[str], state: int) -> None:
        """Sets what became of faces; those that it does not know do not matter."""
        change = "UPDATE faces SET state = ? WHERE face = ?"
        with self._lock:
            self._database.executemany(change, ((state, _packed(each)) for each in face_ids))

    def missing(self) -> Iterator[Missing]:
        """The faces that are not settled, by id; to be read when nothing is marked any more."""
        query = "SELECT face, image, state FROM faces WHERE state != ? ORDER BY face"
        for face, image, state in self._database.execute(query, (SETTLED,)):
            yield Missing(_unpacked(face), _unpacked(image), state == NOT_FOUND)

    def close(self) -> None:
        """Gives the file's space back."""
        self._database.close()


def _packed(id_: str) -> bytes:
    return UUID(id_).bytes


def _unpacked(id_: bytes) -> str:
    return str(UUID(bytes=id_))
