"""Finds the joints of a person (MoveNet Lightning), for steps that need to know where a head or a
hand is when no face tells.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.vision.align import cut, moved, square
from sightline.vision.session import Session

SIZE = 192
MARGIN = 1.25  # of the person's longer side, as the network's own tracker cuts its crops
# The network looks for the person in the middle of the picture, and for each joint near the place
# that it expects: likelihoods are divided by the distance plus this, in cells of the maps.
NEARNESS = 1.8
# COCO's 17 joints in the order of the network; left and right are the person's own.
JOINTS = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder"),
    *("right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip"),
    *("right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
)


@dataclass(frozen=True, slots=True)
class Joint:
    """A joint in pixels of the photo's array, and the network's score, 0 to 1."""

    point: NDArray[np.float32]
    score: float


class BodyReader:
    """Photo pixels and a person's box in, joints out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, pixels: NDArray[np.uint8], box: NDArray[np.float32]) -> dict[str, Joint]:
        """The joints by name.

        Args:
            pixels: (h, w, 3) RGB.
            box: (4,) left, top, right, bottom in its pixels.
        """
        side = MARGIN * float((box[2:] - box[:2]).max())
        crop = square((box[:2] + box[2:]) / 2, side, 0, SIZE)
        maps = self._session.run(
            ["heat", "centre", "regressed", "offsets"], {"image": preprocess(pixels, crop)}
        )
        places, scores = postprocess(*(each[0] for each in maps))
        points = moved(places * np.float32(SIZE), crop)
        return {
            name: Joint(point, float(score))
            for name, point, score in zip(JOINTS, points, scores, strict=True)
        }


def describe(session: Session, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(1728,) what is in (n, 192, 192, 3) views of one thing, as the network sees it half way: 576
    features' means over the whole, the upper and the lower half, and over the views.
    """
    (found,) = session.run(["features"], {"image": images.astype(np.float32).transpose(0, 3, 1, 2)})
    half = found.shape[2] // 2
    parts = (found, found[:, :, :half], found[:, :, half:])
    return np.concatenate([each.mean((0, 2, 3)) for each in parts])


def preprocess(pixels: NDArray[np.uint8], crop: NDArray[np.float64]) -> NDArray[np.float32]:
    """(1, 3, 192, 192) RGB, 0 to 255, of the crop (2, 3)."""
    return cut(pixels, crop, SIZE).astype(np.float32).transpose(2, 0, 1)[None]


def postprocess(
    heat: NDArray[np.float32],
    centre: NDArray[np.float32],
    regressed: NDArray[np.float32],
    offsets: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Joints (17, 2) as x, y in shares of the crop, and their scores (17,).

    Args:
        heat: (17, n, n) how likely each cell holds each joint.
        centre: (1, n, n) how likely each cell is the middle of a person.
        regressed: (34, n, n) y and x of each joint of the person whose middle the cell is, from it.
        offsets: (34, n, n) y and x of each joint within its cell.
    """
    cells = heat.shape[-1]
    rows, columns = np.mgrid[:cells, :cells].astype(np.float32)
    central = centre[0] / (np.hypot(rows - cells / 2, columns - cells / 2) + NEARNESS)
    middle = np.unravel_index(central.argmax(), central.shape)
    expected = regressed[:, middle[0], middle[1]].reshape(-1, 2) + np.array(middle, np.float32)
    distances = np.hypot(rows - expected[:, :1, None], columns - expected[:, 1:, None])
    best = (heat / (distances + NEARNESS)).reshape(len(heat), -1).argmax(1)
    row, column = np.unravel_index(best, (cells, cells))
    joint = np.arange(len(heat))
    within = offsets.reshape(len(heat), 2, cells, cells)[joint, :, row, column]
    places = (np.stack([column, row], 1) + within[:, ::-1]) / cells
    return places.astype(np.float32), heat[joint, row, column]
