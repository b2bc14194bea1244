"""Finds faces and their five points: CenterFace at two scales of the photo.

One scale is not enough. The network sees faces of about 8 to 400 pixels of its input; a portrait
needs a small input, a crowd a large one.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightline.vision.session import Session

# Long sides of the photo in the input. On the group and mask photos of the benchmark 160 alone
# finds every large face; 1280 brings in those down to 1/120 of the photo's long side. Photos are
# never enlarged beyond their own size: that finds nothing more and makes false faces.
COARSE_SIDE = 160
FINE_SIDE = 1280
# The look at a photo that seems empty: a small picture in the middle of much grey. A face that
# fills the photo to its edges is only seen with room around it.
AGAIN_SIDE = 64
AGAIN_FRAME = 64
FRAME_GREY = 128
# Under this score fewer than one in four is a face; see `certainty`.
MIN_SCORE = 0.4
STRIDE = 4  # input pixels per cell of the network's maps
ALIGNMENT = 32  # the input's sides are multiples of the network's deepest stride
MAX_OVERLAP = 0.3  # boxes of the same face overlap more than this (CenterFace's own value)
MAX_INSIDE = 0.7  # as does a box that lies by this share of its area in a better one


@dataclass(frozen=True, slots=True)
class Detections:
    """Faces in pixels of the photo's array, best first.

    Attributes:
        boxes: (n, 4) left, top, right, bottom; may reach past the edge.
        scores: (n,) 0 to 1.
        points: (n, 5, 2) x, y of the picture's left eye, right eye, nose, mouth's left and right.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    points: NDArray[np.float32]


class FaceDetector:
    """Photo pixels in, boxes, scores and five points out."""

    def __init__(self, session: Session, min_score: float = MIN_SCORE) -> None:
        self._session = session
        self._min_score = min_score

    def detect(self, pixels: NDArray[np.uint8]) -> Detections:
        """All faces of an (h, w, 3) RGB array that score at least the detector's minimum."""
        found = [self._at(pixels, side, 0) for side in scales(max(pixels.shape[:2]))]
        return suppressed(
            Detections(
                np.concatenate([each.boxes for each in found]),
                np.concatenate([each.scores for each in found]),
                np.concatenate([each.points for each in found]),
            )
        )

    def look_again(self, pixels: NDArray[np.uint8]) -> Detections:
        """Faces that fill an (h, w, 3) RGB array in which `detect` found none.

        One in eight photos without a face has a false one here: ask another network as well.
        """
        return suppressed(self._at(pixels, AGAIN_SIDE, AGAIN_FRAME))

    def _at(self, pixels: NDArray[np.uint8], side: int, frame: int) -> Detections:
        scale = side / max(pixels.shape[:2])
        maps = self._session.run(None, {"image": preprocess(pixels, scale, frame)})
        return postprocess(maps, scale, frame, self._min_score)


def scales(long_side: int) -> list[int]:
    """Long sides of the inputs for a photo whose array has this long side.

    The second scale is left out where it would see hardly more than the first.
    """
    fine = min(FINE_SIDE, long_side)
    return [COARSE_SIDE, fine] if fine > COARSE_SIDE * 1.25 else [COARSE_SIDE]


def preprocess(pixels: NDArray[np.uint8], scale: float, frame: int) -> NDArray[np.float32]:
    """(h, w, 3) RGB to (1, 3, H, W) float 0-255: scaled, in a grey frame of `frame` pixels, filled
    up to the right and below (black where there is no frame, as in the network's own code).
    """
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    image = pixels
    if (height, width) != pixels.shape[:2]:
        # reducing_gap: shrink by whole steps first, which is faster and loses nothing here.
        resized = Image.fromarray(pixels).resize(
            (width, height), Image.Resampling.BILINEAR, reducing_gap=2.0
        )
        image = np.asarray(resized)
    sides = (-(-(side + 2 * frame) // ALIGNMENT) * ALIGNMENT for side in (height, width))
    tensor = np.full((1, 3, *sides), FRAME_GREY if frame else 0, np.float32)
    tensor[0, :, frame : frame + height, frame : frame + width] = image.transpose(2, 0, 1)
    return tensor


def postprocess(
    maps: list[NDArray[np.float32]], scale: float, frame: int, min_score: float
) -> Detections:
    """Decode the four maps to detections, in pixels of the array before scaling.

    Args:
        maps: heat (1, 1, h, w), log size (1, 2, h, w) and offset (1, 2, h, w), each as y, x, and
            landmarks (1, 10, h, w) as five pairs of y, x in sizes of the box from its corner.
        scale: input pixels per photo pixel.
        frame: input pixels left and above the photo.
        min_score: cells of the heat map below this are left out.
    """
    heat, size, offset, landmarks = (each[0] for each in maps)
    rows, columns = np.nonzero(heat[0] >= min_score)
    cells = np.stack([rows, columns]).astype(np.float32)
    sides = STRIDE * np.exp(size[:, rows, columns])
    corner = STRIDE * (cells + offset[:, rows, columns] + 0.5) - sides / 2 - frame
    boxes = np.concatenate([corner[::-1], (corner + sides)[::-1]]).T / scale
    marks = landmarks[:, rows, columns].reshape(5, 2, -1) * sides + corner
    points = marks[:, ::-1].transpose(2, 0, 1) / scale
    return Detections(boxes.astype(np.float32), heat[0][rows, columns], points.astype(np.float32))


def certainty(score: float) -> float:
    """The share of detections of this score (0 to 1) that are faces.

    Logistic regression on the log odds of the score, over the group and mask photos in two sizes
    and 405 photos of animals, plants, rooms and things.
    """
    odds = min(max(score, 1e-3), 1 - 1e-3)
    return 1 / (1 + math.exp(-3.35 * math.log(odds / (1 - odds)) - 0.2))


def suppressed(found: Detections) -> Detections:
    """The best detection of each face, best first (greedy non-maximum suppression)."""
    order = np.argsort(-found.scores, kind="stable")
    left, top, right, bottom = found.boxes.T
    areas = (right - left) * (bottom - top)
    kept: list[int] = []
    while order.size:
        best = order[0]
        kept.append(int(best))
        across = np.minimum(right[best], right[order]) - np.maximum(left[best], left[order])
        down = np.minimum(bottom[best], bottom[order]) - np.maximum(top[best], top[order])
        shared = across.clip(0) * down.clip(0)
        overlap = shared / (areas[best] + areas[order] - shared)
        order = order[(overlap <= MAX_OVERLAP) & (shared <= MAX_INSIDE * areas[order])]
        # Rounding may leave a box that does not quite overlap itself.
        order = order[order != best]
    return Detections(found.boxes[kept], found.scores[kept], found.points[kept])
