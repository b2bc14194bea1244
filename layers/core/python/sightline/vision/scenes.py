"""Says what a photo shows as a whole: places, weather, sports, plants, food, animals, clothes and
things. A label is given only where its score passes the label's own threshold, the one that held
85 % precision on photos that the network had not seen; `layers/models/training/SCENES.md` has the
figures.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightline.vision.objects import find_objects
from sightline.vision.photo import Photo
from sightline.vision.session import Session, open_session

# The network was taught on photos of this size, squeezed to a square.
SIDE = 160
# A photo was taken in one of the two places.
OPPOSITES = ("Indoors", "Outdoors")
COLOURLESS = "Black And White"
# Confidence, 0 to 100, from which on a person may be in the photo: low, since it only takes away.
PERSON, PERSON_PERHAPS = "person", 10.0
# Largest difference between a pixel's channels, 0 to 255, that compression leaves in a grey photo;
# one pixel in a hundred may differ more.
GREY_CHROMA = 4
# A page, a drawing or a thing cut out on white is no photograph: a quarter of it is nearly white.
WHITE, WHITE_SHARE = 235, 0.25
# Least range of grey, 0 to 255 without the ends of one percent, that shows anything: in 1,700
# photos at hand it is 54 or more.
LEAST_RANGE = 16


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt beside the network: made by `layers/models/training/scenes.py`.

    Attributes:
        thresholds: lowest score, 0 to 1, by label; in the order of the network's scores.
        slope, offset: of the log odds that a label is right, by how far the log odds of its score
            lie above those of its threshold.
        never_a_person: labels that no photo of a person may get.
    """

    thresholds: dict[str, float]
    slope: float
    offset: float
    never_a_person: list[str]


class SceneReader:
    """A photo in, the labels that it deserves out."""

    def __init__(self, session: Session, learnt: Learnt) -> None:
        self._session = session
        self._learnt = learnt

    def read(self, pixels: NDArray[np.uint8]) -> dict[str, float]:
        """Confidence, 0 to 100, by label; pixels are (h, w, 3) RGB."""
        squeezed = squeeze(pixels)
        if blank(squeezed):
            return {}
        (scores,) = self._session.run(["scores"], {"image": preprocess(squeezed)})
        found = choose(scores[0], self._learnt)
        if colourless(squeezed):
            found[COLOURLESS] = 99.0
        return found


def squeeze(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 3) RGB to (SIDE, SIDE, 3)."""
    image = Image.fromarray(pixels)
    # The gap lets Pillow reduce a large photo by a whole factor first: twice as fast.
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0))


def preprocess(squeezed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(SIDE, SIDE, 3) RGB to (1, 3, SIDE, SIDE), 0 to 255."""
    return np.ascontiguousarray(squeezed.transpose(2, 0, 1)[None], np.float32)


def choose(scores: NDArray[np.float32], learnt: Learnt) -> dict[str, float]:
    """Confidence, 0 to 100, of the labels whose score, (k,) of 0 to 1, passes its threshold."""
    found: dict[str, float] = {}
    for (label, threshold), score in zip(learnt.thresholds.items(), scores.tolist(), strict=True):
        if score >= threshold:
            margin = _log_odds(score) - _log_odds(threshold)
            found[label] = 100 / (1 + math.exp(-(learnt.slope * margin + learnt.offset)))
    if all(place in found for place in OPPOSITES):
        del found[min(OPPOSITES, key=found.__getitem__)]
    return found


def _log_odds(score: float) -> float:
    held = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(held / (1 - held))


def blank(pixels: NDArray[np.uint8]) -> bool:
    """Whether (h, w, 3) RGB pixels are all about the same, so that they show nothing."""
    dark, bright = np.quantile(pixels.mean(-1), (0.01, 0.99))
    return bool(bright - dark < LEAST_RANGE)


def colourless(pixels: NDArray[np.uint8]) -> bool:
    """Whether (h, w, 3) RGB pixels are shades of grey, as of a photograph."""
    chroma = pixels.max(-1).astype(np.int16) - pixels.min(-1)
    white = (pixels.min(-1) >= WHITE).mean()
    return bool(np.quantile(chroma, 0.99) <= GREY_CHROMA and white < WHITE_SHARE)


@cache
def learnt() -> Learnt:
    """The labels and their thresholds."""
    path = Path(__file__).parent / "learnt" / "scenes.json"
    return Learnt(**json.loads(path.read_text()))


def read_scenes(photo: Photo) -> dict[str, float]:
    """Confidence, 0 to 100, by label, of what passed its own threshold; looked at once."""
    return photo.once("scenes", lambda: _read(photo))


def _read(photo: Photo) -> dict[str, float]:
    found = SceneReader(open_session("scenes"), learnt()).read(photo.pixels)
    # Where there is a person, animals are the object network's to find: a person called an animal
    # is the one mistake that must not happen. It is asked only when it matters.
    if found.keys() & learnt().never_a_person and any(
        each.name == PERSON and each.confidence >= PERSON_PERHAPS for each in find_objects(photo)
    ):
        return of_people(found)
    return found


def of_people(scenes: dict[str, float]) -> dict[str, float]:
    """What may be said of a photo of people."""
    return {label: scenes[label] for label in scenes if label not in learnt().never_a_person}
