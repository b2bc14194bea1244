"""The photos that scenes are taught from, and what is known of each."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layers.models.training.scene_labels import (
    coco_answers,
    folder_answers,
    portrait_answers,
)
from sightline.vision.scenes import squeeze

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
SUFFIXES = {".jpg", ".jpeg", ".png"}
# One photo in five is kept aside: thresholds and figures come from these alone.
HELD_SHARE = 5
# Photos of people, and how many of each set are read; those of LOOSE show more than a face.
PORTRAITS = {
    "lfw": 400,
    "lfw_color100": 100,
    "utkface": 600,
    "dlib_faces": 20,
    "mask_boxes": 100,
    "mask_prajnasb": 120,
    "hardhat_kaggle": 90,
    "fer2013_test": 120,
    "spoof_pyis": 60,
    "spoof_misc": 60,
}
LOOSE = {"dlib_faces", "mask_boxes", "hardhat_kaggle"}


@dataclass(frozen=True, slots=True)
class Sample:
    """A photo and what is known of it: `answers` (k,) are YES, NO or UNKNOWN."""

    path: Path
    folder: str  # empty outside data/labels
    answers: NDArray[np.int8]

    @property
    def held(self) -> bool:
        """Kept aside, by the hash of the file's name."""
        return held(self.path)


def held(path: Path) -> bool:
    """Whether a file is kept aside, by the hash of its name."""
    return int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % HELD_SHARE == 0


def folders() -> list[str]:
    return sorted(path.name for path in (DATA / "labels").iterdir() if path.is_dir())


def samples(labels: Sequence[str]) -> list[Sample]:
    """All photos, those of `data/labels` first."""
    return [*_labelled(labels), *_boxed(labels), *_portraits(labels)]


def _labelled(labels: Sequence[str]) -> Iterator[Sample]:
    for folder in folders():
        answers = folder_answers(folder, labels)
        for path in photos_in(DATA / "labels" / folder):
            yield Sample(path, folder, answers)


def _boxed(labels: Sequence[str]) -> Iterator[Sample]:
    folder = DATA / "coco256"
    document = json.loads((folder / "instances_train2017.json").read_text())
    names = {each["id"]: each["name"] for each in document["categories"]}
    seen: dict[int, set[str]] = {each["id"]: set() for each in document["images"]}
    for box in document["annotations"]:
        seen[box["image_id"]].add(names[box["category_id"]])
    for image in document["images"]:
        answers = coco_answers(seen[image["id"]], labels)
        yield Sample(folder / image["file_name"], "", answers)


def _portraits(labels: Sequence[str]) -> Iterator[Sample]:
    for name, most in PORTRAITS.items():
        answers = portrait_answers(labels, close=name not in LOOSE)
        paths = photos_in(DATA / name)
        for path in paths[:: max(1, len(paths) // most)]:
            yield Sample(path, "", answers)


def photos_in(folder: Path) -> list[Path]:
    """The photos in a folder and below it, in order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def plain(path: Path) -> NDArray[np.uint8]:
    """(SIDE, SIDE, 3): a photo as the service shows it to the network."""
    with Image.open(path) as image:
        return squeeze(np.asarray(image.convert("RGB")))
