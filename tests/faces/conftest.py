"""Collections are tested with people whose faces are vectors: the flow is the point here.

A photo made by `Studio` is one plain colour, by which the studio's analyzer knows who is on it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sightline.domain import indexing, searched_face
from sightline.domain.similarity import cosine_at
from sightline.geometry import BoundingBox, Point
from sightline.vision.face import Face, Pose, Quality
from sightline.vision.photo import Photo
from tests.dynalite import dynalite, on_dynalite

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

__all__ = ["dynalite"]

SIDE = 200  # pixels of a studio photo
PLAIN = Face(
    BoundingBox(0.25, 0.25, 0.5, 0.5),
    confidence=99.0,
    landmarks={
        name: Point(0.5, 0.5) for name in ("eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose")
    },
    pose=Pose(0.0, 0.0, 0.0),
    quality=Quality(brightness=80.0, sharpness=90.0),
)


@dataclass(frozen=True)
class Person:
    """Someone with a face vector, as seen on one photo."""

    vector: NDArray[np.float32]
    face: Face = PLAIN

    def seen(self, **differences: Any) -> "Person":
        return Person(self.vector, replace(self.face, **differences))

    def like(self, similarity: float) -> "Person":
        """Someone whose similarity with this person is about that."""
        other = np.zeros_like(self.vector)
        other[int(np.argmin(np.abs(self.vector)))] = 1.0
        other -= self.vector * float(other @ self.vector)
        other /= np.linalg.norm(other)
        cosine = cosine_at(similarity)
        return Person((self.vector * cosine + other * (1 - cosine**2) ** 0.5).astype(np.float32))


def person(number: int) -> Person:
    """One of any number of people, no two alike."""
    vector = np.random.default_rng(number).normal(size=128)
    return Person((vector / np.linalg.norm(vector)).astype(np.float32))


class Studio:
    """Takes photos, and plays the analyzer that knows everyone on them."""

    def __init__(self) -> None:
        self._on: list[Sequence[Person]] = []
        self.asked: list[frozenset[str]] = []  # attributes, of each photo that was analysed

    def photo(self, *people: Person) -> bytes:
        """A PNG with those people on it, the first the largest where all have the plain box."""
        number = len(self._on)
        self._on.append(
            [
                one.seen(box=BoundingBox(place / 250, 0.25, 0.5 - place / 250, 0.5))
                if one.face.box == PLAIN.box
                else one
                for place, one in enumerate(people)
            ]
        )
        colour = (number >> 16, number >> 8 & 255, number & 255)
        file = BytesIO()
        Image.new("RGB", (SIDE, SIDE), colour).save(file, "PNG")
        return file.getvalue()

    def analyze(self, photo: Photo, attributes: frozenset[str] = frozenset()) -> list[Face]:
        self.asked.append(attributes)
        return [one.face for one in self._people(photo)]

    def embed(self, photo: Photo, faces: Sequence[Face]) -> NDArray[np.float32]:
        people = self._people(photo)
        vectors = [next(one.vector for one in people if one.face is face) for face in faces]
        return np.stack(vectors)

    def _people(self, photo: Photo) -> Sequence[Person]:
        red, green, blue = (int(value) for value in photo.pixels[0, 0])
        return self._on[red << 16 | green << 8 | blue]


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Studio:
    """The studio, in place of the models."""
    made = Studio()
    for module in (indexing, searched_face):
        monkeypatch.setattr(module, "face_analyzer", lambda: made)
    return made


@dataclass(frozen=True)
class Album:
    """A collection `people` and short ways to fill it."""

    client: Any  # a RekognitionClient; a test may send what its types forbid
    studio: Studio

    def index(self, *people: Person, **parameters: Any) -> list[str]:
        """Ids of the faces of a new photo, in the order of the answer."""
        answer = self.client.index_faces(
            CollectionId="people", Image={"Bytes": self.studio.photo(*people)}, **parameters
        )
        return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]

    def search(self, face_id: str, **parameters: Any) -> list[str]:
        """Ids of the faces like one, most similar first."""
        answer = self.client.search_faces(CollectionId="people", FaceId=face_id, **parameters)
        return [match["Face"]["FaceId"] for match in answer["FaceMatches"]]

    def user(self, user_id: str, *face_ids: str) -> None:
        """Makes a user with those faces."""
        self.client.create_user(CollectionId="people", UserId=user_id)
        if face_ids:
            self.client.associate_faces(
                CollectionId="people", UserId=user_id, FaceIds=list(face_ids), UserMatchThreshold=0
            )

    def faces(self, **parameters: Any) -> list[str]:
        """Ids of all listed faces."""
        pages = self.client.get_paginator("list_faces").paginate(
            CollectionId="people", **parameters
        )
        return [face["FaceId"] for page in pages for face in page["Faces"]]

    def users(self) -> dict[str, str]:
        """Status of all listed users by id."""
        pages = self.client.get_paginator("list_users").paginate(CollectionId="people")
        return {user["UserId"]: user["UserStatus"] for page in pages for user in page["Users"]}

    def counts(self) -> tuple[int, int]:
        """Faces and users, as described."""
        described = self.client.describe_collection(CollectionId="people")
        return described["FaceCount"], described["UserCount"]


@pytest.fixture
def state(
    request: pytest.FixtureRequest, account: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The account's own table, or with the parameter `dynalite` one in dynalite."""
    if getattr(request, "param", "moto") == "moto":
        yield
    else:
        with on_dynalite(request.getfixturevalue("dynalite"), monkeypatch):
            yield


@pytest.fixture
def album(state: None, rekognition: "RekognitionClient", studio: Studio) -> Album:
    """A new collection `people`."""
    rekognition.create_collection(CollectionId="people")
    return Album(rekognition, studio)
