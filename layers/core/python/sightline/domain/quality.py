"""Which faces are good enough: the bars of `QualityFilter`, and who goes when there are too many.

Used by every operation that has a QualityFilter; the reasons are the service model's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sightline.vision.face import Face


class Size(NamedTuple):
    """Of the upright image, in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    """What a face needs to pass; `side` in pixels of the shorter side of its box."""

    confidence: float
    side: float
    sharpness: float
    brightness: float
    yaw: float
    pitch: float


# Degrees, pixels, and 0 to 100 as in `Face`. LOW takes away what no embedding can be trusted for:
# a box of under 20 pixels is enlarged sevenfold for the embedder, beyond 70 degrees one eye is out
# of sight, and on LFW, UTKFace and group photos only blurred faces in the background are below the
# rest (the faces meant have a sharpness of 30 to 98, a brightness of 43 to 84). MEDIUM asks for
# both eyes and the features of the face; HIGH is for a register of identities: nearly frontal,
# evenly lit, sharp. AUTO is LOW, for whoever sets no bar wants the people in a photo to be found.
BARS = {
    "LOW": Bar(confidence=50, side=20, sharpness=4, brightness=18, yaw=70, pitch=60),
    "MEDIUM": Bar(confidence=80, side=32, sharpness=15, brightness=28, yaw=45, pitch=40),
    "HIGH": Bar(confidence=95, side=60, sharpness=40, brightness=42, yaw=30, pitch=25),
}
BARS["AUTO"] = BARS["LOW"]

TOO_MANY = "EXCEEDS_MAX_FACES"

# Each reason with its test, in the order in which an answer gives them.
SHORTCOMINGS: dict[str, Callable[[Face, Size, Bar], bool]] = {
    "EXTREME_POSE": lambda face, _, bar: (
        abs(face.pose.yaw) > bar.yaw or abs(face.pose.pitch) > bar.pitch
    ),
    "LOW_BRIGHTNESS": lambda face, _, bar: face.quality.brightness < bar.brightness,
    "LOW_SHARPNESS": lambda face, _, bar: face.quality.sharpness < bar.sharpness,
    "LOW_CONFIDENCE": lambda face, _, bar: face.confidence < bar.confidence,
    "SMALL_BOUNDING_BOX": lambda face, size, bar: (
        min(face.box.width * size.width, face.box.height * size.height) < bar.side
    ),
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A face that is not used, and why."""

    face: Face
    reasons: tuple[str, ...]


def shortcomings(face: Face, size: Size, quality_filter: str) -> tuple[str, ...]:
    """Why a face does not meet a bar; empty when it does, and for `NONE`."""
    if quality_filter == "NONE":
        return ()
    bar = BARS[quality_filter]
    return tuple(name for name, fails in SHORTCOMINGS.items() if fails(face, size, bar))


def sift(
    faces: Sequence[Face], size: Size, quality_filter: str
) -> tuple[list[Face], list[Rejected]]:
    """The faces that meet a bar and those that do not, each in the order given."""
    judged = [(face, shortcomings(face, size, quality_filter)) for face in faces]
    kept = [face for face, reasons in judged if not reasons]
    return kept, [Rejected(face, reasons) for face, reasons in judged if reasons]


def at_most(faces: Sequence[Face], size: Size, most: int) -> tuple[list[Face], list[Rejected]]:
    """The best `most` faces, and the others: first those of low quality go, then the smallest."""
    ranked = sorted(
        faces, key=lambda face: (bool(shortcomings(face, size, "AUTO")), -face.box.area)
    )
    spared = {id(face) for face in ranked[:most]}
    kept = [face for face in faces if id(face) in spared]
    return kept, [Rejected(face, (TOO_MANY,)) for face in faces if id(face) not in spared]
