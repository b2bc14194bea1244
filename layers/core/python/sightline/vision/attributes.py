"""Judges a face: age, gender, emotions, smile, eyes, mouth, hair, and what covers it. Each network
runs only when an attribute that needs it is asked for, and once however many need it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sightline.vision import expression, eyes
from sightline.vision.age_gender import AgeGenderEstimator
from sightline.vision.equipment import EquipmentReader
from sightline.vision.expression import ExpressionReader
from sightline.vision.eyes import EyeReader, Eyes
from sightline.vision.face import AgeRange, Emotion, EyeDirection, Gender, Judged
from sightline.vision.features import FaceDescriber
from sightline.vision.heads import heads
from sightline.vision.locator import Located
from sightline.vision.photo import Photo
from sightline.vision.session import Session
from sightline.vision.shape import expression_shape, mouth_gap

# Half the age range, in years: the estimate's mean error on UTKFace grows from 1.5 years for small
# children to about 7 from thirty on; seven in ten true ages lie within this.
AGE_MARGIN_AT_BIRTH = 2.0
AGE_MARGIN_PER_YEAR = 0.2
AGE_MARGIN_LARGEST = 8.0
# The eyeball is about 24 mm across and the eye 30 mm wide, so a gaze of one eye's width to the
# side would be asin(2.5).
EYE_WIDTHS_PER_RADIUS = 2.5
# Where the iris stands in an eye that looks straight ahead: the upper lid hides more than the
# lower one, so it is seen above the corners' line. Median of UTKFace's upright faces.
LEVEL_GAZE = -0.06
# What one head each says from the face's features: attribute, and field of `Attributes`, which
# is the name of the head too. Eyeglasses are any glasses, sunglasses too.
ON_FEATURES = {
    "EYEGLASSES": "eyeglasses",
    "SUNGLASSES": "sunglasses",
    "BEARD": "beard",
    "MUSTACHE": "mustache",
    "FACE_OCCLUDED": "face_occluded",
}
# What is judged by a part of the face that a mask hides.
BEHIND_A_MASK = {"SMILE", "MOUTH_OPEN", "BEARD", "MUSTACHE"}


@dataclass(frozen=True, slots=True)
class Attributes:
    """What was asked for; the rest is None or empty."""

    age_range: AgeRange | None = None
    gender: Gender | None = None
    emotions: tuple[Emotion, ...] = ()
    smile: Judged | None = None
    eyes_open: Judged | None = None
    mouth_open: Judged | None = None
    face_occluded: Judged | None = None
    eye_direction: EyeDirection | None = None
    eyeglasses: Judged | None = None
    sunglasses: Judged | None = None
    beard: Judged | None = None
    mustache: Judged | None = None


class AttributeReader:
    """Photo pixels and a located face in, judgements out."""

    def __init__(self, session: Callable[[str], Session]) -> None:
        self._session = session

    def read(self, photo: Photo, face: Located, asked: frozenset[str]) -> Attributes:
        """The attributes (names of the service model's `Attribute`) of one face."""
        read = self._read(photo, face, asked)
        if asked.isdisjoint(BEHIND_A_MASK):
            return read
        masked = EquipmentReader(self._session).mask(photo, face)
        return behind(read, masked) if masked >= 0.5 else read

    def _read(self, photo: Photo, face: Located, asked: frozenset[str]) -> Attributes:
        """The same, as if every face were bare."""
        pixels = photo.pixels
        age = gender = smile = opened = direction = None
        emotions: tuple[Emotion, ...] = ()
        seen: dict[str, Judged] = {}
        if asked & {"AGE_RANGE", "GENDER"}:
            estimator = AgeGenderEstimator(self._session("age_gender"))
            years, odds = estimator.estimate(pixels, face)
            age, gender = age_range(years), gender_of(odds)
        if asked & {"EMOTIONS", "SMILE"}:
            reader = ExpressionReader(self._session("emotion"), self._session("expression"))
            logs = reader.read(pixels, face)
            shape = expression_shape(face.mesh.points)
            if "EMOTIONS" in asked:
                emotions = emotions_of(logs, shape)
            if "SMILE" in asked:
                smile = smile_of(logs, shape, self._roots(photo, face))
        if asked & {"EYES_OPEN", "EYE_DIRECTION"}:
            looked = EyeReader(self._session("iris")).read(eyes.crops(pixels, face.mesh.points))
            opened, direction = eyes_open(looked), eye_direction(looked)
        if asked & ON_FEATURES.keys():
            roots = self._roots(photo, face)
            named = {field for name, field in ON_FEATURES.items() if name in asked}
            seen = {field: judged(heads()[field].chance(roots)) for field in named}
        return Attributes(
            age_range=age if "AGE_RANGE" in asked else None,
            gender=gender if "GENDER" in asked else None,
            emotions=emotions,
            smile=smile,
            eyes_open=opened if "EYES_OPEN" in asked else None,
            eye_direction=direction if "EYE_DIRECTION" in asked else None,
            mouth_open=mouth_open(face) if "MOUTH_OPEN" in asked else None,
            **seen,
        )

    def _roots(self, photo: Photo, face: Located) -> NDArray[np.float32]:
        """(1024,) what the heads on features read: roots, so that a few strong features do not
        decide alone.
        """
        describer = FaceDescriber(self._session("face_features"))
        roots: NDArray[np.float32] = np.sqrt(describer.describe_face(photo, face))
        return roots


def behind(read: Attributes, masked: float) -> Attributes:
    """What is left of judgements on a face that wears a mask with a probability of 0.5 to 1."""
    return replace(
        read,
        smile=unseen(read.smile, masked),
        mouth_open=unseen(read.mouth_open, masked),
        beard=unseen(read.beard, masked),
        mustache=unseen(read.mustache, masked),
    )


def unseen(bare: Judged | None, masked: float) -> Judged | None:
    """A judgement of the mouth behind a mask: never a yes, for nothing shows it, and a no that is
    the closer to 50 the surer the mask is; None where it was not asked for.
    """
    if bare is None:
        return None
    no = 0.5 if bare.value else bare.confidence / 100
    return Judged(False, 100 * (masked * 0.5 + (1 - masked) * no))


def judged(chance: float) -> Judged:
    """A probability of yes (0 to 1) as the service says it."""
    return Judged(chance >= 0.5, 100 * max(chance, 1 - chance))


def age_range(years: float) -> AgeRange:
    """The range around the age that the network says, once its bias is taken out."""
    years = max(heads()["age"].score(np.array([years], np.float32)), 0.0)
    margin = min(AGE_MARGIN_AT_BIRTH + AGE_MARGIN_PER_YEAR * years, AGE_MARGIN_LARGEST)
    return AgeRange(max(0, round(years - margin)), round(years + margin))


def gender_of(odds: float) -> Gender:
    """From the network's log odds of male."""
    male = judged(heads()["gender"].chance(np.array([odds], np.float32)))
    return Gender("Male" if male.value else "Female", male.confidence)


def emotions_of(logs: NDArray[np.float32], shape: NDArray[np.float32]) -> tuple[Emotion, ...]:
    """The service's eight emotions, the likeliest first, from `ExpressionReader` and the shape.

    No open network knows confusion, so CONFUSED stays at 0.
    """
    shares = heads()["emotion"].shares(expression.emotion_inputs(logs, shape))
    found = [
        Emotion(name, 100 * float(share))
        for name, share in zip(expression.CLASSES, shares, strict=True)
    ]
    found.append(Emotion("CONFUSED", 0.0))
    return tuple(sorted(found, key=lambda each: -each.confidence))


def smile_of(
    logs: NDArray[np.float32], shape: NDArray[np.float32], roots: NDArray[np.float32]
) -> Judged:
    """From both expression networks' log shares, the form of the face and its features."""
    return judged(heads()["smile"].chance(expression.smile_inputs(logs, shape, roots)))


def mouth_open(face: Located) -> Judged:
    """From the lips' distance."""
    return judged(heads()["mouth_open"].chance(np.array([mouth_gap(face.mesh.points)], np.float32)))


def eyes_open(looked: Eyes) -> Judged:
    """From the lids' distance, mean of both eyes."""
    return judged(heads()["eyes_open"].chance(looked.gaps.mean(keepdims=True)))


def eye_direction(looked: Eyes) -> EyeDirection:
    """Degrees from straight ahead, with the pose's signs; less sure the further the lids close and
    the less the two eyes agree.
    """
    across, down = looked.irises.mean(0)
    yaw = math.asin(max(-1.0, min(1.0, float(across) * EYE_WIDTHS_PER_RADIUS)))
    pitch = -math.asin(max(-1.0, min(1.0, float(down - LEVEL_GAZE) * EYE_WIDTHS_PER_RADIUS)))
    opened = heads()["eyes_open"].chance(looked.gaps.mean(keepdims=True))
    apart = float(np.abs(looked.irises[0] - looked.irises[1]).max()) * EYE_WIDTHS_PER_RADIUS
    return EyeDirection(math.degrees(yaw), math.degrees(pitch), 100 * opened * math.exp(-apart))
