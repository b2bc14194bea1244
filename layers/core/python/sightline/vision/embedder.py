"""Turns a face into the 128 numbers that stand for the person.

Two networks that were taught on different people look at the face: dlib's ResNet, twice, and the
features of human's faceres. Together they make half the errors of either.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.vision.align import cut, inverse, similarity
from sightline.vision.session import Session

LENGTH = 128
SIZE = 150
MEAN = np.array([122.782, 117.001, 104.298], np.float32)  # RGB, of dlib's training set
DIVISOR = np.float32(256)
# dlib's mean face in a unit square, which its chips show with a quarter of padding on each side:
# outer and inner corner of the picture's right eye, of its left eye, and the nose's base.
CHIP = (
    (
        np.array(
            [
                [0.8596, 0.2135],
                [0.6461, 0.2290],
                [0.1206, 0.2137],
                [0.3341, 0.2291],
                [0.4901, 0.6278],
            ],
            np.float32,
        )
        + np.float32(0.25)
    )
    / np.float32(1.5)
    * np.float32(SIZE)
)
# The second chip is mirrored and shows the face this much larger: the mean of two different views
# has less of each one's accidents.
CLOSER = (CHIP - SIZE / 2) * np.float32(1.05) + SIZE / 2
CHIP_ON_MESH = [263, 362, 33, 133, 2]  # the chip's points on the face mesh
# How much the features count beside dlib's vector; on LFW 0.25 to 0.35 are as good.
FEATURES_SHARE = np.float32(0.3)


@dataclass(frozen=True, slots=True)
class Projection:
    """Brings the joint description of a face down to `LENGTH` numbers.

    Attributes:
        mean: (1024,) of the square roots of the features, scaled to length one.
        matrix: (1152, 128) principal directions.
    """

    mean: NDArray[np.float32]
    matrix: NDArray[np.float32]


@cache
def projection() -> Projection:
    """The one that `layers/models/training/projection.py` made."""
    with np.load(Path(__file__).parent / "learnt" / "projection.npz") as file:
        return Projection(file["mean"].astype(np.float32), file["matrix"].astype(np.float32))


class FaceEmbedder:
    """Photo pixels, meshes and features in, unit vectors out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def embed(
        self,
        pixels: NDArray[np.uint8],
        meshes: list[NDArray[np.float32]],
        features: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """(n, 128) unit vectors; the cosine of two tells how alike the faces are.

        Args:
            pixels: (h, w, 3) RGB.
            meshes: n times (468, 3) in its pixels.
            features: (n, 1024) from `FaceDescriber`.
        """
        return postprocess(self.identities(pixels, meshes), features, projection())

    def identities(
        self, pixels: NDArray[np.uint8], meshes: list[NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """(2n, 128) of dlib's network: for all first chips, then for all second ones."""
        (vectors,) = self._session.run(None, {"image": preprocess(pixels, meshes)})
        return vectors


def preprocess(pixels: NDArray[np.uint8], meshes: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """(2n, 3, 150, 150): both chips of each face, RGB minus the mean, over 256."""
    points = [mesh[CHIP_ON_MESH, :2] for mesh in meshes]
    plain = [cut(pixels, inverse(similarity(each, CHIP)), SIZE) for each in points]
    closer = [cut(pixels, inverse(similarity(each, CLOSER)), SIZE)[:, ::-1] for each in points]
    return ((np.stack(plain + closer) - MEAN) / DIVISOR).transpose(0, 3, 1, 2)


def postprocess(
    identities: NDArray[np.float32], features: NDArray[np.float32], projected: Projection
) -> NDArray[np.float32]:
    """(n, 128) unit vectors from (2n, 128) identities and (n, 1024) features."""
    return _unit(joint(identities, features, projected.mean) @ projected.matrix)


def joint(
    identities: NDArray[np.float32], features: NDArray[np.float32], mean: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(n, 1152): dlib's mean vector at length one beside the centred features at their share.

    Square roots, so that a few strong features do not decide alone.
    """
    persons = _unit(identities.reshape(2, -1, LENGTH).sum(0))
    roots = _unit(_unit(np.sqrt(features)) - mean)
    return np.concatenate([persons, FEATURES_SHARE * roots], axis=1)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
    return unit
