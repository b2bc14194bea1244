"""Teaches the heads for helmets and masks, which `heads.py` writes with the others."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import data
from benchmarks.equipment import HELMETS, MASKS, MOST_FACES, drawn_boxes, label_of
from benchmarks.faces import locator
from layers.models.training.by_eye import described, face_of
from layers.models.training.fitting import Answers, Floats
from sightline.vision.equipment import head_around, helmet_inputs
from sightline.vision.picture import LUMA
from sightline.vision.session import open_session

Samples = tuple[Floats, Answers, list[str]]

# Head boxes at work are never exactly those that people drew: each is also taught a little
# larger, smaller and moved. (scale, right, down), the last two in sizes of the box.
SHIFTS = ((0.85, 0.0, 0.05), (1.2, 0.05, 0.0), (1.05, -0.05, -0.08))
# Bare heads from photos in which nobody wears a helmet; every so many of the set. (COCO's riders
# wear some: their photos are not among them.)
BARE = (
    ("lfw/*/*_0001.jpg", 4),
    ("lfw_color100/*/*.jpg", 2),
    ("dlib_faces/*.jpg", 1),
    ("mask_boxes/images/*.[jp][pn]*g", 1),
)
# Faces without a mask as photos show them, small and blurred ones too.
UNMASKED = ("dlib_faces/*.jpg", "coco256/**/*.jpg", "lfw_color100/*/*.jpg")
# The helmet set's heads are small: others are taught at their own size and at this one as well,
# else a sharp picture alone would speak for or against a helmet.
SMALL_HEAD = 40


def helmet_samples() -> Samples:
    """The heads of the helmet set as people drew them: inputs, answers, photos."""
    return _columns(
        [
            (_seen(photo.pixels, box), int(worn), name)
            for name, photo, boxes in drawn_boxes(*HELMETS)
            for box, worn in boxes
        ]
    )


def changed_heads() -> Samples:
    """The same heads moved, upside down, without colour, and with red and blue exchanged: a helmet
    may have any colour.
    """
    rows = []
    for name, photo, boxes in drawn_boxes(*HELMETS):
        grey = np.repeat((photo.pixels @ LUMA).astype(np.uint8)[..., None], 3, axis=2)
        swapped, turned = photo.pixels[..., ::-1].copy(), photo.pixels[::-1].copy()
        for box, worn in boxes:
            left, top, right, bottom = box
            below = np.array([left, len(turned) - bottom, right, len(turned) - top], np.float32)
            seen = [_seen(photo.pixels, _moved(box, each)) for each in SHIFTS]
            seen += [_seen(grey, box), _seen(swapped, box), _seen(turned, below)]
            rows += [(each, int(worn), name) for each in seen]
    return _columns(rows)


def bare_heads() -> Samples:
    """Heads around the faces of other sets."""
    paths = [each for pattern, share in BARE for each in sorted(data.DATA.glob(pattern))[::share]]
    return _columns([row for path in paths for row in _bare(path)])


def _bare(path: Path) -> list[tuple[NDArray[np.float32], int, str]]:
    pixels = data.photo(path).pixels
    rows = []
    for face in locator().locate(pixels, MOST_FACES):
        head = head_around(face)
        rows.append((_seen(pixels, head), 0, path.name))
        share = SMALL_HEAD / float((head[2:] - head[:2]).max())
        if share < 1:
            size = (round(pixels.shape[1] * share), round(pixels.shape[0] * share))
            small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))
            rows.append((_seen(small, head * np.float32(share)), 0, path.name))
    return rows


def _moved(box: NDArray[np.float32], shift: tuple[float, float, float]) -> NDArray[np.float32]:
    scale, right, down = shift
    size = box[2:] - box[:2]
    middle = (box[:2] + box[2:]) / 2 + size * np.array([right, down], np.float32)
    return np.concatenate([middle - size * scale / 2, middle + size * scale / 2])


def mask_samples() -> Samples:
    """The faces that the service finds in both sets of masks: inputs, answers, photos."""
    rows = [
        (described(*found), int(worn), path.name)
        for path, worn in data.masks()
        if (found := face_of(path))
    ]
    for name, photo, boxes in drawn_boxes(*MASKS):
        for face in locator().locate(photo.pixels, MOST_FACES):
            worn = label_of(face, boxes)
            if worn is not None:
                rows.append((described(photo, face), int(worn), name))
    return _columns(rows)


def unmasked_faces() -> Samples:
    """Every face of photos in which nobody wears a mask."""
    rows = []
    for path in [each for pattern in UNMASKED for each in sorted(data.DATA.glob(pattern))]:
        photo = data.photo(path)
        faces = locator().locate(photo.pixels, MOST_FACES)
        rows += [(described(photo, face), 0, path.name) for face in faces]
    return _columns(rows)


def _seen(pixels: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.float32]:
    return helmet_inputs(open_session, pixels, box)


def _columns(rows: list[tuple[NDArray[np.float32], int, str]]) -> Samples:
    inputs, answers, groups = zip(*rows, strict=True)
    return np.stack(inputs).astype(float), np.array(answers), list(groups)
