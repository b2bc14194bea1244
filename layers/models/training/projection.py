"""Makes `vision/learnt/projection.npz`: the 128 directions that keep most of a face's description.

No labels are used: the description of each face (dlib's vector beside faceres' features) is
centred and its principal directions are kept.

    python -m layers.models.training.projection
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.faces import locator, nearest_to_centre
from sightline.vision import embedder
from sightline.vision.embedder import FaceEmbedder
from sightline.vision.features import FaceDescriber
from sightline.vision.photo import Photo
from sightline.vision.session import open_session

TARGET = Path(embedder.__file__).parent / "learnt" / "projection.npz"


def main() -> None:
    """Describes every face of LFW, the colour hundred and UTKFace, and writes the projection."""
    photos = [data.photo(path) for path in data.lfw_images() + data.colour_images()]
    photos += [data.presented(person.path) for person in data.people()]
    described = [each for each in map(_described, photos) if each is not None]
    identities = np.stack([identity for identity, _ in described], axis=1).reshape(-1, 128)
    fit(identities, np.stack([feature for _, feature in described]))


def _described(photo: Photo) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """(2, 128) identities and (1024,) features of the face in the middle."""
    face = nearest_to_centre(photo, locator().locate(photo.pixels, 100))
    if face is None:
        return None
    describer = FaceDescriber(open_session("face_features"))
    networks = FaceEmbedder(open_session("face_embedding"))
    return (
        networks.identities(photo.pixels, [face.mesh.points]),
        describer.describe_face(photo, face),
    )


def fit(identities: NDArray[np.float32], described: NDArray[np.float32]) -> None:
    """Writes the projection from (2n, 128) identities and (n, 1024) features.

    The matrix is that of the uncentred joint vectors: cosines are taken from the origin.
    """
    roots = np.sqrt(described)
    mean = (roots / np.linalg.norm(roots, axis=1, keepdims=True)).mean(0)
    joint = embedder.joint(identities, described, mean)
    _, _, directions = np.linalg.svd(joint, full_matrices=False)
    matrix = directions[: embedder.LENGTH].T
    np.savez(TARGET, mean=mean.astype(np.float16), matrix=matrix.astype(np.float16))


if __name__ == "__main__":
    main()
