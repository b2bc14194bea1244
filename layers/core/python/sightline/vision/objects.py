"""Finds the things of COCO's 80 classes in a photo: boxes for labels, and persons for other steps.

The network (CenterNet on MobileNetV3) gives a heat map per class, and at each cell the distances to
the sides of the box.
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import BoundingBox
from sightline.vision.detector import preprocess
from sightline.vision.photo import Photo
from sightline.vision.session import Session, open_session

# The network's input has the pixels of a square of this side, in the photo's own shape. mAP@0.5 on
# the 128 COCO photos at hand: 0.49 with the photo made a square of 512 pixels, 0.52 in its own
# shape with as many pixels, 0.55 at 640, and less again at 704.
SIDE = 640
STRIDE = 4
MIN_SCORE = 0.02  # what lies below is right once in a hundred times
MOST_OBJECTS = 100  # as the network's own decoder
# Two boxes of one class, or of any, that are the same thing. On the same photos nothing is lost
# between 0.5 and 0.8 for the first, and mAP grows by 0.004 with the second.
SAME_CLASS_OVERLAP = 0.6
ANY_CLASS_OVERLAP = 0.95

# COCO's names in the order of the network's classes.
CLASSES = (
    *("person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"),
    *("traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat"),
    *("dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack"),
    *("umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball"),
    *("kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket"),
    *("bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple"),
    *("sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair"),
    *("couch", "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse"),
    *("remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink"),
    *("refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier"),
    "toothbrush",
)


@dataclass(frozen=True, slots=True)
class FoundObject:
    """Something of one of COCO's classes.

    Attributes:
        name: COCO's.
        box: inside the photo.
        confidence: 0 to 100, the percentage of finds of this score that are right.
        score: the network's own, 0 to 1.
    """

    name: str
    box: BoundingBox
    confidence: float
    score: float


class ObjectDetector:
    """Photo pixels in, objects out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def detect(self, pixels: NDArray[np.uint8]) -> list[FoundObject]:
        """At most 100 objects of an (h, w, 3) RGB array, best first."""
        height, width = pixels.shape[:2]
        scale = SIDE / math.sqrt(height * width)
        heat, sides = self._session.run(["heat", "sides"], {"image": preprocess(pixels, scale, 0)})
        classes, scores, boxes = postprocess(heat, sides)
        ratios = (boxes / (scale * np.array([width, height] * 2))).clip(0, 1)
        return [
            FoundObject(
                CLASSES[kind],
                BoundingBox(left, top, right - left, bottom - top),
                100 * certainty(score),
                score,
            )
            for kind, score, (left, top, right, bottom) in zip(
                classes.tolist(), scores.tolist(), ratios.tolist(), strict=True
            )
            if right > left and bottom > top
        ]


def find_objects(photo: Photo) -> list[FoundObject]:
    """At most 100 objects of a photo, best first; once per photo."""
    return photo.once(
        "objects", lambda: ObjectDetector(open_session("objects")).detect(photo.pixels)
    )


def postprocess(
    heat: NDArray[np.float32], sides: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Decodes the two maps to class numbers (n,), scores (n,) and boxes (n, 4), best first.

    Args:
        heat: (1, 80, h, w) probabilities that something of the class has its centre in the cell.
        sides: (1, 4, h, w) distances from the cell's middle to the left, top, right and bottom of
            the box, in pixels of the input.

    Boxes are left, top, right, bottom in pixels of the input.
    """
    kinds, rows, columns = peaks(heat[0])
    scores = heat[0, kinds, rows, columns]
    order = np.argsort(-scores, kind="stable")[:MOST_OBJECTS]
    kinds, rows, columns, scores = kinds[order], rows[order], columns[order], scores[order]
    middles = STRIDE * (np.stack([columns, rows], 1) + 0.5)
    reach = sides[0, :, rows, columns]
    boxes = np.concatenate([middles - reach[:, :2], middles + reach[:, 2:]], 1).astype(np.float32)
    kept = _distinct(kinds, boxes)
    return kinds[kept], scores[kept], boxes[kept]


def certainty(score: float) -> float:
    """The share of finds of this score (0 to 1) that are right: class and box, at half overlap.

    Logistic regression on the log odds of the score over the 6,284 finds in 128 photos of COCO's
    train2017. In five folds by photo, finds told to be right with 50 to 60 % (70 to 80 %, more
    than 90 %) were so in 54 % (81 %, 96 %). The network may have been taught on these photos.
    """
    odds = min(max(score, 1e-3), 1 - 1e-3)
    return 1 / (1 + math.exp(-(2.55 * math.log(odds / (1 - odds)) + 1.6)))


def peaks(heat: NDArray[np.float32]) -> tuple[NDArray[np.int64], ...]:
    """Class, row and column of each cell (80, h, w) that none of its eight neighbours exceeds."""
    kinds, rows, columns = np.nonzero(heat > MIN_SCORE)
    scores = heat[kinds, rows, columns]
    best = scores
    for down, right in product((-1, 0, 1), repeat=2):
        near_rows = (rows + down).clip(0, heat.shape[1] - 1)
        near_columns = (columns + right).clip(0, heat.shape[2] - 1)
        best = np.maximum(best, heat[kinds, near_rows, near_columns])
    peak = scores >= best
    return kinds[peak], rows[peak], columns[peak]


def _distinct(kinds: NDArray[np.int64], boxes: NDArray[np.float32]) -> list[int]:
    """The places of the boxes (n, 4) that do not show what a better one before them shows."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = (high - low).clip(0).prod(2)
    areas = (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(1)
    overlap = shared / np.maximum(areas[:, None] + areas[None] - shared, 1e-9)
    same = overlap > np.where(kinds[:, None] == kinds[None], SAME_CLASS_OVERLAP, ANY_CLASS_OVERLAP)
    kept: list[int] = []
    for place in range(len(kinds)):
        if not same[place, kept].any():
            kept.append(place)
    return kept
