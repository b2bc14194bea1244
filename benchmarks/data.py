"""The evaluation sets, each as plain rows.

They lie beside the repository and are not part of it; where they are absent a measurement says so.
"""

import csv
import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightline.vision.photo import Photo, decode

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PAIRS_PER_FOLD = 600


@dataclass(frozen=True, slots=True)
class Pair:
    first: Path
    second: Path
    same: bool
    fold: int


@dataclass(frozen=True, slots=True)
class Person:
    path: Path
    age: int
    male: bool


def lfw_images() -> list[Path]:
    """All photos of the folds at hand; the folder's name is the person's."""
    return sorted((DATA / "lfw").glob("*/*.jpg"))


def lfw_pairs() -> list[Pair]:
    """The official pairs, in folds of 300 same and 300 different."""
    rows = [line.split() for line in (DATA / "lfw" / "pairs.txt").read_text().splitlines()[1:]]
    return [
        Pair(
            _lfw(row[0], row[1]),
            _lfw(row[-2] if len(row) == 4 else row[0], row[-1]),
            len(row) == 3,
            number // PAIRS_PER_FOLD,
        )
        for number, row in enumerate(rows)
    ]


def _lfw(name: str, number: str) -> Path:
    return DATA / "lfw" / name / f"{name}_{int(number):04d}.jpg"


def colour_images() -> list[Path]:
    """The colour hundred."""
    return sorted((DATA / "lfw_color100").glob("*/*.jpg"))


def colour_pairs() -> list[Pair]:
    """All pairs of the colour hundred."""
    folder = DATA / "lfw_color100"
    with (folder / "pairs.csv").open() as file:
        return [
            Pair(folder / row["a"], folder / row["b"], row["same"] == "1", 0)
            for row in csv.DictReader(file)
        ]


def face_boxes() -> list[tuple[Path, NDArray[np.float64]]]:
    """Photos and their faces (n, 4) as left, top, width, height in pixels."""
    rows = json.loads((DATA / "face_boxes.json").read_text())
    return [(DATA / row["image"], np.array(row["boxes"], float).reshape(-1, 4)) for row in rows]


def people() -> list[Person]:
    """UTKFace, the photos at hand."""
    with (DATA / "utkface" / "labels.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    folder = DATA / "utkface" / "images"
    made = [Person(folder / row[0], int(row[1]), row[2] == "0") for row in rows]
    return [person for person in made if person.path.is_file()]


def judged_by_eye(attribute: str) -> list[tuple[Path, bool]]:
    """UTKFace photos at hand with one attribute judged by eye; the unsure ones are left out."""
    with (DATA / "utkface" / "attributes_by_eye.csv").open() as file:
        rows = list(csv.DictReader(file))
    folder = DATA / "utkface" / "images"
    made = [(folder / row["image"], row[attribute] == "1") for row in rows if row[attribute]]
    return [each for each in made if each[0].is_file()]


def smiles() -> list[tuple[Path, bool]]:
    """Faces, smiling or not."""
    return _folders("smiles", {"positives7": True, "negatives7": False})


def eyes() -> list[tuple[Path, bool]]:
    """Crops of one eye, open or not."""
    return _folders("eyes_open_closed", {"Open": True, "Closed": False})


def masks() -> list[tuple[Path, bool]]:
    """Faces with a pasted mask or without."""
    return _folders("mask_prajnasb", {"with_mask": True, "without_mask": False})


def mask_photos() -> list[tuple[Path, bool]]:
    """Photos of one person with a real mask or without."""
    found = []
    for path in sorted((DATA / "mask_boxes").rglob("*.xml")):
        names = [name.text for name in ElementTree.parse(path).iter("name")]  # noqa: S314
        photos = [each for each in DATA.glob(f"mask_boxes/images/{path.stem}.*") if each != path]
        if len(names) == 1 and photos:
            found.append((photos[0], names[0] == "with_mask"))
    return found


def _folders(name: str, values: dict[str, bool]) -> list[tuple[Path, bool]]:
    return [
        (path, value)
        for folder, value in values.items()
        for path in sorted((DATA / name / folder).rglob("*"))
        if path.is_file()
    ]


def emotions() -> list[tuple[Path, str]]:
    """FER2013's crops with the service's names for its classes."""
    names = {
        "angry": "ANGRY",
        "disgust": "DISGUSTED",
        "fear": "FEAR",
        "happy": "HAPPY",
        "neutral": "CALM",
        "sad": "SAD",
        "surprise": "SURPRISED",
    }
    folder = DATA / "fer2013_test"
    return [(path, names[path.parent.name]) for path in sorted(folder.glob("*/*"))]


def photo(path: Path) -> Photo:
    """A file as the service sees it."""
    return decode(path.read_bytes())


def presented(path: Path, share: float = 0.25, side: int = 240) -> Photo:
    """A face crop as a caller would send it: enlarged to `side` pixels where it is smaller, with a
    black border of `share` of its side on every edge; as the service sees the file.
    """
    image = Image.open(path).convert("RGB")
    scale = max(1.0, side / max(image.size))
    width, height = (round(each * scale) for each in image.size)
    border = round(share * max(width, height))
    page = Image.new("RGB", (width + 2 * border, height + 2 * border))
    page.paste(image.resize((width, height), Image.Resampling.BICUBIC), (border, border))
    data = BytesIO()
    page.save(data, "PNG")
    return decode(data.getvalue())


def eye_crop(path: Path) -> NDArray[np.uint8]:
    """(64, 64, 3): a picture of one eye at the size of the eye step's input."""
    image = Image.open(path).convert("RGB")
    side = max(image.size)
    page = Image.new("RGB", (side, side))
    page.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return np.asarray(page.resize((64, 64), Image.Resampling.BILINEAR, reducing_gap=3.0))
