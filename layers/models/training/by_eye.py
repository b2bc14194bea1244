"""Faces that people judged by eye: glasses, beards, mustaches, and what covers a face.

`judged_faces.csv` names photos of the evaluation sets and says what is seen on the face that the
photo is of (1 yes, 0 no, empty where one cannot tell); who judged them and how stands in the
README.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.faces import locator, nearest_to_centre
from layers.models.training.fitting import Answers, Floats
from sightline.vision.features import FaceDescriber
from sightline.vision.locator import Located
from sightline.vision.photo import Photo
from sightline.vision.session import open_session

JUDGED = Path(__file__).parent / "judged_faces.csv"
CROPS = ("utkface", "mask_prajnasb")  # sets of bare face crops, which need a border
MOST_FACES = 20
LEAST_AGE_OF_DRAWN = 10

Draw = Callable[[Photo, Located, np.random.Generator], Photo]


def judged(column: str) -> list[tuple[Path, bool]]:
    """The photos at hand for which that column of the table is filled."""
    with JUDGED.open() as file:
        rows = [(data.DATA / row["image"], row[column]) for row in csv.DictReader(file)]
    return [(path, value == "1") for path, value in rows if value and path.is_file()]


def samples(rows: Iterable[tuple[Path, bool]]) -> tuple[Floats, Answers, list[str]]:
    """The inputs of a head on features, the answers, and whose face it is."""
    found = [(_seen(path), int(answer), person(path)) for path, answer in rows]
    inputs, answers, groups = zip(*[row for row in found if row[0] is not None], strict=True)
    return np.stack(inputs).astype(float), np.array(answers), list(groups)


def drawn_samples(draw: Draw, share: int) -> tuple[Floats, Answers, list[str]]:
    """The same of every `share`-th person of UTKFace, with a yes drawn on the face."""
    chance = np.random.default_rng(0)
    people = [each for each in data.people() if each.age >= LEAST_AGE_OF_DRAWN][::share]
    inputs, groups = [], []
    for each in people:
        found = face_of(each.path)
        if found is not None:
            inputs.append(described(draw(*found, chance), found[1]))
            groups.append(person(each.path))
    return np.stack(inputs).astype(float), np.ones(len(groups), np.int64), groups


def joined(
    parts: Sequence[tuple[Floats, Answers, list[str]]],
) -> tuple[Floats, Answers, list[str]]:
    """All samples as one set."""
    inputs, answers, groups = zip(*parts, strict=True)
    names = [name for part in groups for name in part]
    return np.concatenate(inputs), np.concatenate(answers), names


def person(path: Path) -> str:
    """LFW's folders are people; elsewhere each file shows another one."""
    return path.parent.name if path.is_relative_to(data.DATA / "lfw") else path.name


def described(photo: Photo, face: Located) -> NDArray[np.float32]:
    """(1024,) what the heads on features read."""
    roots: NDArray[np.float32] = np.sqrt(
        FaceDescriber(open_session("face_features")).describe_face(photo, face)
    )
    return roots


def face_of(path: Path) -> tuple[Photo, Located] | None:
    """A photo of a set and the face that it is of: in LFW the middle one, else the largest."""
    folder = path.relative_to(data.DATA).parts[0]
    photo = data.presented(path) if folder in CROPS else data.photo(path)
    faces = locator().locate(photo.pixels, MOST_FACES)
    face = nearest_to_centre(photo, faces) if folder == "lfw" else next(iter(faces), None)
    return None if face is None else (photo, face)


@cache
def _seen(path: Path) -> NDArray[np.float32] | None:
    found = face_of(path)
    return None if found is None else described(*found)
