"""What was found in a photo, drawn on it: boxes, outlines, landmarks and captions that stay legible
on any background.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont

INK = (255, 255, 255)
ACCENTS = ((64, 224, 208), (255, 196, 61), (255, 121, 198), (139, 198, 255), (170, 235, 120))
SHADOW = (8, 16, 24)
# The strokes that the service's landmarks make, in its own names; True where a stroke is closed.
STROKES = (
    (
        (
            "upperJawlineLeft",
            "midJawlineLeft",
            "chinBottom",
            "midJawlineRight",
            "upperJawlineRight",
        ),
        False,
    ),
    (("leftEyeBrowLeft", "leftEyeBrowUp", "leftEyeBrowRight"), False),
    (("rightEyeBrowLeft", "rightEyeBrowUp", "rightEyeBrowRight"), False),
    (("leftEyeLeft", "leftEyeUp", "leftEyeRight", "leftEyeDown"), True),
    (("rightEyeLeft", "rightEyeUp", "rightEyeRight", "rightEyeDown"), True),
    (("noseLeft", "nose", "noseRight"), False),
    (("mouthLeft", "mouthUp", "mouthRight", "mouthDown"), True),
)
ROOMY = 1.8  # widths of a face that the second line of its caption may take
LEGIBLE = 1000  # pixels that the longer side of a picture with captions has at least
FINE = 4096  # pixels of the longer side up to which lines are drawn larger and made smaller again

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Label:
    """A caption: a line, and a smaller one below it."""

    title: str
    detail: str = ""


@dataclass(frozen=True)
class Mark:
    """One thing to draw, in the service's own dicts.

    Attributes:
        box: a BoundingBox.
        label: its caption; none without.
        landmarks: of a face.
        polygon: the outline to draw instead of the box.
    """

    box: Mapping[str, float]
    label: Label | None = None
    landmarks: Sequence[Mapping[str, Any]] = ()
    polygon: Sequence[Mapping[str, float]] = ()


class _Pen(NamedTuple):
    """A layer to draw on, `scale` times the photo, and its unit: the width of a line, in pixels."""

    draw: ImageDraw.ImageDraw
    width: int
    height: int
    unit: float


def annotate(photo: Image.Image, marks: Sequence[Mark]) -> Image.Image:
    """The photo (upright, any mode) with all marks drawn; a small photo is enlarged."""
    enlarge = ceil(LEGIBLE / max(photo.size))
    photo = photo.resize((photo.width * enlarge, photo.height * enlarge), Image.Resampling.LANCZOS)
    longer = max(photo.size)
    scale = max(1, min(4, FINE // longer))
    size = (photo.width * scale, photo.height * scale)
    layer = Image.new("RGBA", size, (*SHADOW, 0))
    unit = max(1.0, longer / 450) * scale
    pen = _Pen(ImageDraw.Draw(layer), *size, unit)
    for number, mark in enumerate(marks):
        accent = ACCENTS[number % len(ACCENTS)]
        _landmarks(pen, mark, accent)
        _outline(pen, mark, accent)
    boxes = [_corners(pen, mark.box) for mark in marks]
    taken = list(boxes)
    for number, (box, mark) in enumerate(zip(boxes, marks, strict=True)):
        if mark.label is not None:
            taken.append(_caption(pen, box, mark.label, ACCENTS[number % len(ACCENTS)], taken))
    layer = layer.resize(photo.size, Image.Resampling.LANCZOS)
    return Image.alpha_composite(photo.convert("RGBA"), layer).convert("RGB")


def _corners(pen: _Pen, box: Mapping[str, float]) -> Rectangle:
    left, top = box["Left"] * pen.width, box["Top"] * pen.height
    return left, top, left + box["Width"] * pen.width, top + box["Height"] * pen.height


def _outline(pen: _Pen, mark: Mark, accent: tuple[int, int, int]) -> None:
    if not mark.polygon:
        _box(pen, mark.box, accent)
        return
    points = [(point["X"] * pen.width, point["Y"] * pen.height) for point in mark.polygon]
    _line(pen, [*points, points[0]], (*SHADOW, 150), 2.2)
    _line(pen, [*points, points[0]], (*accent, 220), 1.1)


def _box(pen: _Pen, box: Mapping[str, float], accent: tuple[int, int, int]) -> None:
    """A thin frame with strong corners, each on a dark rim."""
    left, top, right, bottom = _corners(pen, box)
    radius = min(right - left, bottom - top) * 0.06
    for colour, width in (((*SHADOW, 150), 2.2), ((*accent, 200), 0.9)):
        half = width * pen.unit / 2
        frame = (left - half, top - half, right + half, bottom + half)
        pen.draw.rounded_rectangle(frame, radius, outline=colour, width=round(width * pen.unit))
    reach = min(right - left, bottom - top) * 0.18
    for colour, width in (((*SHADOW, 220), 4.4), ((*accent, 255), 2.4)):
        for x, towards_x in ((left, 1), (right, -1)):
            for y, towards_y in ((top, 1), (bottom, -1)):
                ends = (x + towards_x * reach, y), (x, y), (x, y + towards_y * reach)
                _line(pen, ends, colour, width)


def _line(
    pen: _Pen, points: Sequence[tuple[float, float]], colour: tuple[int, ...], width: float
) -> None:
    """A line with round joints and ends."""
    pen.draw.line(points, fill=colour, width=round(width * pen.unit), joint="curve")
    for point in points:
        pen.draw.circle(point, round(width * pen.unit) / 2, fill=colour)


def _landmarks(pen: _Pen, mark: Mark, accent: tuple[int, int, int]) -> None:
    points = {
        each["Type"]: (each["X"] * pen.width, each["Y"] * pen.height) for each in mark.landmarks
    }
    across = mark.box["Width"] * pen.width
    dot = max(across * 0.011, pen.unit * 0.45)
    for names, closed in STROKES:
        stroke = [points[name] for name in names if name in points]
        if len(stroke) == len(names):
            stroke += stroke[:1] if closed else []
            _line(pen, stroke, (*SHADOW, 90), dot * 0.9 / pen.unit)
            _line(pen, stroke, (*accent, 170), dot * 0.45 / pen.unit)
    for point in points.values():
        pen.draw.circle(point, dot * 1.35, fill=(*SHADOW, 200))
        pen.draw.circle(point, dot, fill=(*INK, 255))


def _caption(
    pen: _Pen,
    box: Rectangle,
    label: Label,
    accent: tuple[int, int, int],
    taken: Sequence[Rectangle],
) -> Rectangle:
    """The label on a dark plate beside the box, where it covers least; the plate's place.

    A face too small for it goes without the second line.
    """
    size = min(max((box[2] - box[0]) * 0.13, pen.unit * 5.5), pen.unit * 13)
    lines = [(label.title, ImageFont.load_default(size), (*INK, 255))]
    small = ImageFont.load_default(size * 0.78)
    if label.detail and small.getlength(label.detail) < ROOMY * (box[2] - box[0]):
        lines.append((label.detail, small, (*accent, 255)))
    inset, gap = size * 0.45, size * 0.25
    heights = [font.getmetrics()[0] for _, font, _ in lines]  # type: ignore[union-attr]
    wide = max(font.getlength(text) for text, font, _ in lines) + 2 * inset
    high = sum(heights) + gap * (len(lines) - 1) + 2 * inset
    plate = _free_place(pen, wide, high, box, taken)
    pen.draw.rounded_rectangle(plate, size * 0.3, fill=(*SHADOW, 205))
    y = plate[1] + inset
    for (text, font, colour), height in zip(lines, heights, strict=True):
        pen.draw.text((plate[0] + inset, y + height), text, font=font, fill=colour, anchor="ls")
        y += height + gap
    return plate


def _free_place(
    pen: _Pen, wide: float, high: float, box: Rectangle, taken: Sequence[Rectangle]
) -> Rectangle:
    """Above, below, right or left of the box, inside the photo: the first that covers least."""
    left, top, right, bottom = box
    gap = 3 * pen.unit
    corners = (
        (left, top - high - gap),
        (left, bottom + gap),
        (right + gap, top),
        (left - wide - gap, top),
    )
    inside = [
        (min(max(x, 0), max(pen.width - wide, 0)), min(max(y, 0), max(pen.height - high, 0)))
        for x, y in corners
    ]
    plates = [(x, y, x + wide, y + high) for x, y in inside]
    return min(plates, key=lambda plate: sum(_shared(plate, other) for other in taken))


def _shared(one: Rectangle, other: Rectangle) -> float:
    """The area that two rectangles share."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return max(across, 0) * max(down, 0)
