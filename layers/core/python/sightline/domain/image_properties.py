"""The feature IMAGE_PROPERTIES of DetectLabels: quality and dominant colours of a photo, of what
stands in front, of what is behind, and of single instances.

The foreground is what the boxes of the objects cover that the object network is sure of, the
background the rest; a photo without such an object has neither in its answer, and one that an
object fills has no background.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import BoundingBox
from sightline.vision.colours import DominantColour, dominant_colours
from sightline.vision.objects import find_objects
from sightline.vision.photo import Photo
from sightline.vision.picture import Picture, PictureQuality

# An object counts as foreground from the confidence on that DetectLabels gives it by default.
SURE = 55.0
# Colours are those of this many pixels, evenly spread, of an image or of a single instance.
LOOKED_AT, LOOKED_AT_OF_INSTANCE = 40_000, 4_000


def image_properties(photo: Photo, most: int) -> dict[str, Any]:
    """`DetectLabelsImageProperties` of a photo, with at most `most` colours for each part.

    Percentages are of the part's own pixels and add up to 100.
    """
    picture = Picture(photo.pixels)
    looked_at = _spread(photo.pixels.shape, LOOKED_AT)
    spread = photo.pixels[looked_at]
    found: dict[str, Any] = {
        "Quality": _quality(picture.quality(), contrast=True),
        "DominantColors": _colours(spread, most),
    }
    boxes = [each.box for each in find_objects(photo) if each.confidence >= SURE]
    front = _covered(boxes, picture.luma.shape)
    front_of_spread = _covered(boxes, photo.pixels.shape[:2])[looked_at]
    if not (front.any() and front_of_spread.any()):
        return found
    parts = {"Foreground": (front, front_of_spread)}
    if not (front.all() or front_of_spread.all()):
        parts["Background"] = (~front, ~front_of_spread)
    for name, (part, part_of_spread) in parts.items():
        found[name] = {
            "Quality": _quality(picture.quality(part), contrast=False),
            "DominantColors": _colours(spread[part_of_spread], most),
        }
    return found


def instance_colours(photo: Photo, box: dict[str, float], most: int) -> list[dict[str, Any]]:
    """`DominantColors` of what a `BoundingBox` inside a photo holds."""
    height, width = photo.pixels.shape[:2]
    rows, columns = _place(
        BoundingBox(box["Left"], box["Top"], box["Width"], box["Height"]), (height, width)
    )
    inside = photo.pixels[rows, columns]
    return _colours(inside[_spread(inside.shape, LOOKED_AT_OF_INSTANCE)], most)


def _place(box: BoundingBox, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of an array of this shape that a box inside the image covers, at least one
    of each.
    """
    top, left = math.floor(box.top * shape[0]), math.floor(box.left * shape[1])
    bottom = math.ceil((box.top + box.height) * shape[0])
    right = math.ceil((box.left + box.width) * shape[1])
    return slice(max(top, 0), max(bottom, top + 1)), slice(max(left, 0), max(right, left + 1))


def _covered(boxes: list[BoundingBox], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which elements of an array of this shape the boxes cover."""
    covered = np.zeros(shape, bool)
    for box in boxes:
        covered[_place(box, shape)] = True
    return covered


def _spread(shape: tuple[int, ...], most: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns, (n,) each, of at most about `most` pixels of an array of this shape: all,
    or one in each field of a grid, at a random place in it that is the same every time.

    At random, for the same place everywhere would see only some of the lines of a pattern. Left
    out, not mixed: a mean of two colours is a third one that the picture does not have.
    """
    step = max(1, math.ceil(math.sqrt(shape[0] * shape[1] / most)))
    fields = math.ceil(shape[0] / step), math.ceil(shape[1] / step)
    shifts = np.random.default_rng(0).random((2, *fields))
    rows, columns = (
        ((corner + shift) * (side / count)).astype(np.intp).clip(0, side - 1).ravel()
        for corner, shift, side, count in zip(
            np.indices(fields), shifts, shape, fields, strict=False
        )
    )
    return rows, columns


def _quality(quality: PictureQuality, contrast: bool) -> dict[str, float]:
    found = {"Brightness": quality.brightness, "Sharpness": quality.sharpness}
    return found | {"Contrast": quality.contrast} if contrast else found


def _colours(pixels: NDArray[np.uint8], most: int) -> list[dict[str, Any]]:
    return [_colour(each) for each in dominant_colours(pixels, most)]


def _colour(colour: DominantColour) -> dict[str, Any]:
    red, green, blue = colour.rgb
    return {
        "Red": red,
        "Green": green,
        "Blue": blue,
        "HexCode": f"#{red:02x}{green:02x}{blue:02x}",
        "CSSColor": colour.css,
        "SimplifiedColor": colour.simple,
        "PixelPercent": colour.percent,
    }
