"""How often helmets and masks are told, on heads as people drew them and through the whole of the
service's own way: people, their heads and faces, what is on them.
"""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

import numpy as np

from benchmarks import data
from benchmarks.faces import locator
from benchmarks.results import Row, at_least
from sightline.vision.equipment import EquipmentReader
from sightline.vision.locator import Located
from sightline.vision.people import Box, find_people
from sightline.vision.photo import Photo
from sightline.vision.protection import Person, look_for_equipment
from sightline.vision.session import open_session

Judged = list[tuple[bool, bool]]  # whether it is worn, and whether the answer says so
Boxes = list[tuple[Box, bool]]

HELMETS = ("hardhat_kaggle", "Safety Helmet")
MASKS = ("mask_boxes", "with_mask")
MOST_FACES = 20
SHORT = 15  # photos of each set
SAME_HEAD = 0.3  # intersection over union: whose head it is, not how well it is framed


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    helmets, masks = list(drawn_boxes(*HELMETS)), list(drawn_boxes(*MASKS))
    if short:
        helmets, masks = helmets[:: len(helmets) // SHORT], masks[:: len(masks) // SHORT]
    at_work, heads = end_to_end(helmets)
    return [
        *_shares("helmet, head boxes as drawn", helmets_on(helmets)),
        *_shares("mask, faces that are found", masks_on(masks)),
        Row("heads of the helmet set that are found", "–", f"{len(at_work) / heads:.1%}", None),
        at_least("helmet, heads that are found, accuracy", 0.9, _accuracy(at_work)),
    ]


def drawn_boxes(folder: str, wearing: str) -> Iterator[tuple[str, Photo, Boxes]]:
    """Photos at hand of a set in Pascal VOC's form: name, photo, boxes in pixels of its array with
    whether the label is `wearing`.
    """
    for path in sorted((data.DATA / folder / "annotations").glob("*.xml")):
        found = list((data.DATA / folder / "images").glob(f"{path.stem}.*"))
        if found:
            photo = data.photo(found[0])
            scale = np.float32(photo.pixels.shape[1] / photo.width)
            tree = ElementTree.parse(path)  # noqa: S314
            boxes = [(_box(each) * scale, each.findtext("name")) for each in tree.iter("object")]
            yield path.stem, photo, [(box, name == wearing) for box, name in boxes]


def _box(element: ElementTree.Element) -> Box:
    sides = ("xmin", "ymin", "xmax", "ymax")
    return np.array([float(element.findtext(f"bndbox/{side}", "0")) for side in sides], np.float32)


def helmets_on(photos: Sequence[tuple[str, Photo, Boxes]]) -> Judged:
    """The helmet head alone, on the boxes that people drew."""
    reader = EquipmentReader(open_session)
    return [
        (worn, reader.helmet(photo.pixels, box) >= 0.5)
        for _, photo, boxes in photos
        for box, worn in boxes
    ]


def masks_on(photos: Sequence[tuple[str, Photo, Boxes]]) -> Judged:
    """The mask head alone, on the faces that the service finds where people drew one."""
    reader = EquipmentReader(open_session)
    return [
        (worn, reader.mask(photo, face) >= 0.5)
        for _, photo, boxes in photos
        for face in locator().locate(photo.pixels, MOST_FACES)
        if (worn := label_of(face, boxes)) is not None
    ]


def label_of(face: Located, boxes: Boxes) -> bool | None:
    """What is said of the first box around the middle of a face."""
    point = (face.box[:2] + face.box[2:]) / 2
    inside = [worn for box, worn in boxes if (box[:2] <= point).all() and (point <= box[2:]).all()]
    return inside[0] if inside else None


def end_to_end(photos: Sequence[tuple[str, Photo, Boxes]]) -> tuple[Judged, int]:
    """What the operation says of each drawn head that it finds, and how many heads there are."""
    judged, heads = [], 0
    for _, photo, boxes in photos:
        seen = list(zip(find_people(photo), look_for_equipment(photo), strict=True))
        heads += len(boxes)
        for box, worn in boxes:
            best = max(
                ((overlap(box, each.head.box), found) for each, found in seen if each.head),
                key=lambda pair: pair[0],
                default=None,
            )
            if best is not None and best[0] >= SAME_HEAD:
                judged.append((worn, wears(best[1], "HEAD_COVER")))
    return judged, heads


def wears(person: Person, kind: str) -> bool:
    """Whether any part of the person has a cover of this type."""
    return any(cover.type == kind for part in person.parts for cover in part.covers)


def overlap(first: Box, second: Box) -> float:
    """Intersection over union."""
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    shared = float((high - low).clip(0).prod())
    areas = [float((each[2:] - each[:2]).prod()) for each in (first, second)]
    return shared / (sum(areas) - shared)


def _shares(what: str, judged: Judged) -> list[Row]:
    return [
        at_least(f"{what}, accuracy", 0.9, _accuracy(judged)),
        at_least(f"{what}, balanced accuracy", 0.9, _balanced(judged)),
    ]


def _accuracy(judged: Judged) -> float:
    return float(np.mean([worn is said for worn, said in judged]))


def _balanced(judged: Judged) -> float:
    kinds = (True, False)
    return float(np.mean([_accuracy([each for each in judged if each[0] is k]) for k in kinds]))
