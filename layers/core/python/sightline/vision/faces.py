"""Everything that the service says about faces: runs the steps that a request needs, once each."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import BoundingBox, Point
from sightline.vision.attributes import AttributeReader, Attributes
from sightline.vision.detector import FaceDetector
from sightline.vision.embedder import LENGTH, FaceEmbedder
from sightline.vision.face import ALL_ATTRIBUTES, Face
from sightline.vision.features import FaceDescriber
from sightline.vision.landmarks import DEFAULT_LANDMARKS, MESH_POINTS, named_points
from sightline.vision.locator import FaceLocator, Located
from sightline.vision.mesh import FaceMesher
from sightline.vision.photo import Photo
from sightline.vision.pose import head_pose
from sightline.vision.quality import face_quality
from sightline.vision.session import Session, open_session

MOST_FACES = 100  # the service's documented maximum per image


class FaceAnalyzer:
    """Finds, describes and embeds faces.

    It holds nothing but the way to its sessions, each of which is opened at its first use; threads
    may share one analyzer.
    """

    def __init__(self, session: Callable[[str], Session] = open_session) -> None:
        self._session = session

    def analyze(self, photo: Photo, attributes: frozenset[str] = frozenset()) -> list[Face]:
        """The (at most 100 largest) faces of a photo, largest box first.

        Args:
            photo: from `photo.decode`.
            attributes: names of the service model's `Attribute`, ALL already spelt out; the
                default set (box, confidence, 5 landmarks, pose, quality) is always there. With
                all of them come all 30 landmarks.
        """
        names = list(MESH_POINTS) if attributes >= ALL_ATTRIBUTES else list(DEFAULT_LANDMARKS)
        reader = AttributeReader(self._session)
        return [
            described(each, photo, names, reader.read(photo, each, attributes))
            for each in photo.once("faces", lambda: self._locate(photo.pixels))
        ]

    def _locate(self, pixels: NDArray[np.uint8]) -> list[Located]:
        detector = FaceDetector(self._session("face_detector"))
        locator = FaceLocator(detector, FaceMesher(self._session("face_mesh")))
        return locator.locate(pixels, MOST_FACES)

    def embed(self, photo: Photo, faces: Sequence[Face]) -> NDArray[np.float32]:
        """(n, 128) unit vectors of faces that `analyze` found in the same photo.

        Raises:
            ValueError: a face comes from elsewhere.
        """
        located = [face.located for face in faces if face.located is not None]
        if len(located) < len(faces):
            raise ValueError("only faces that were found in the photo can be embedded")
        return self.embed_located(photo, located)

    def embed_located(self, photo: Photo, faces: Sequence[Located]) -> NDArray[np.float32]:
        """(n, 128) unit vectors of faces whose mesh is known already."""
        describer = FaceDescriber(self._session("face_features"))
        embedder = FaceEmbedder(self._session("face_embedding"))
        vectors = [np.empty((0, LENGTH), np.float32)]
        # One face at a time: the networks gain nothing from more, and memory stays small.
        for face in faces:
            seen = describer.describe_face(photo, face)[None]
            vectors.append(embedder.embed(photo.pixels, [face.mesh.points], seen))
        return np.concatenate(vectors)


@cache
def face_analyzer() -> FaceAnalyzer:
    """The analyzer of this process."""
    return FaceAnalyzer()


def described(face: Located, photo: Photo, names: list[str], attributes: Attributes) -> Face:
    """A located face in the service's units, with the landmarks of these names."""
    height, width = photo.pixels.shape[:2]
    left, top, right, bottom = (float(each) for each in face.box)
    points = named_points(face.mesh.points)
    return Face(
        box=BoundingBox(
            left / width, top / height, (right - left) / width, (bottom - top) / height
        ),
        confidence=100 * face.certainty,
        landmarks={
            name: Point(float(points[name][0]) / width, float(points[name][1]) / height)
            for name in names
        },
        pose=head_pose(face.mesh.points),
        quality=face_quality(face.mesh.inner),
        located=face,
        **{each.name: getattr(attributes, each.name) for each in fields(attributes)},
    )
