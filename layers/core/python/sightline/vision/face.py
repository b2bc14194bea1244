"""What is known of one face, in the words of the service and without any array.

The domain and the handlers of operations that run no model can read it for nothing.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sightline.geometry import BoundingBox, Point

if TYPE_CHECKING:
    from sightline.vision.locator import Located

# The service's current face model; vectors of different versions cannot be compared.
FACE_MODEL_VERSION = "7.0"

# Names of the service model's `Attribute` that are not part of the default set.
ALL_ATTRIBUTES = frozenset(
    {
        "AGE_RANGE",
        "BEARD",
        "EMOTIONS",
        "EYE_DIRECTION",
        "EYEGLASSES",
        "EYES_OPEN",
        "FACE_OCCLUDED",
        "GENDER",
        "MOUTH_OPEN",
        "MUSTACHE",
        "SMILE",
        "SUNGLASSES",
    }
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A yes or no, and how sure it is: `confidence` is 50 to 100 and speaks of `value`."""

    value: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Pose:
    """How the head is turned, in degrees, with the service's signs.

    The signs are those of the landmarks and poses in captured responses of the service:
    roll > 0 is a turn clockwise on the picture (eyeRight lies lower than eyeLeft); yaw > 0, the
    nose points to the picture's right; pitch > 0, the face looks up.
    """

    roll: float
    yaw: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Of the face, not of the whole photo; both 0 to 100, more is brighter or sharper."""

    brightness: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class AgeRange:
    """In whole years."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Gender:
    """`value` is "Male" or "Female"; confidence 50 to 100."""

    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Emotion:
    """`type` is one of the service model's `EmotionName`; confidence 0 to 100."""

    type: str
    confidence: float


@dataclass(frozen=True, slots=True)
class EyeDirection:
    """Where the eyes look, in degrees, on top of the head's pose and with the pose's signs."""

    yaw: float
    pitch: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Face:
    """One face; what was not asked for, or cannot be told yet, is None or empty.

    `confidence` (0 to 100) is that of being a face. `landmarks` has the service's names in the
    service's order: 5 in the default set, 30 with all attributes; left and right are the
    picture's. `located` is where it lies in the photo's array, for those who look at it again.
    """

    box: BoundingBox
    confidence: float
    landmarks: dict[str, Point]
    pose: Pose
    quality: Quality
    age_range: AgeRange | None = None
    gender: Gender | None = None
    emotions: tuple[Emotion, ...] = field(default=())
    smile: Judged | None = None
    eyes_open: Judged | None = None
    mouth_open: Judged | None = None
    face_occluded: Judged | None = None
    eye_direction: EyeDirection | None = None
    eyeglasses: Judged | None = None
    sunglasses: Judged | None = None
    beard: Judged | None = None
    mustache: Judged | None = None
    located: "Located | None" = field(default=None, repr=False, compare=False)
