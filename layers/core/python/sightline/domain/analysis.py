"""Several operations on one photo: what one step saw, the next operation need not look for again.

The Analyze extension and the worker for uploaded photos both go through here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sightline.domain import celebrities, labels, moderation, protective_equipment, text
from sightline.domain.celebrities import recognize_celebrities
from sightline.domain.face_detection import detect_faces
from sightline.domain.labels import detect_labels
from sightline.domain.moderation import detect_moderation_labels
from sightline.domain.photos import ANY, Limits, fitting
from sightline.domain.protective_equipment import detect_protective_equipment
from sightline.domain.text import detect_text
from sightline.errors import ServiceError
from sightline.vision.photo import Photo

Detect = Callable[[Photo, dict[str, Any]], dict[str, Any]]

# Operation: what it takes and what it does, on a photo and its parameters without the image.
DETECTORS: dict[str, tuple[Limits, Detect]] = {
    "DetectFaces": (ANY, detect_faces),
    "DetectLabels": (labels.LIMITS, detect_labels),
    "DetectModerationLabels": (moderation.LIMITS, detect_moderation_labels),
    "DetectProtectiveEquipment": (protective_equipment.LIMITS, detect_protective_equipment),
    "DetectText": (text.LIMITS, detect_text),
    "RecognizeCelebrities": (celebrities.LIMITS, recognize_celebrities),
}
# What any of them takes; each checks its own limits then.
LIMITS = Limits(least_side=min(limits.least_side for limits, _ in DETECTORS.values()))


@dataclass(slots=True)
class Analysis:
    """What the operations answered, and why some did not, both by operation."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, ServiceError] = field(default_factory=dict)


def analyze(photo: Photo, operations: Mapping[str, dict[str, Any]], sent: int = 0) -> Analysis:
    """Runs each operation of `DETECTORS` that is named, with its parameters, on a photo of which
    `sent` bytes came with the request.

    An operation that refuses the photo or its parameters does not keep the others from answering.
    """
    analysis = Analysis()
    for name, parameters in operations.items():
        limits, detect = DETECTORS[name]
        try:
            analysis.answers[name] = detect(fitting(photo, limits, sent), parameters)
        except ServiceError as error:
            analysis.errors[name] = error
    return analysis
