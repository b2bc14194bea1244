"""DetectModerationLabels: which content of a photo some people should not see."""

from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sightline.domain import reviews
from sightline.domain.photos import Limits
from sightline.domain.reviews import Subject
from sightline.domain.taxonomy import taxonomy
from sightline.errors import ResourceNotFoundException
from sightline.vision.nudity import read_nudity
from sightline.vision.photo import Photo
from sightline.vision.scenes import read_scenes

LIMITS = Limits(most_side=10_000)
MODEL_VERSION = "7.0"
MIN_CONFIDENCE = 50.0  # the documented default


def detect_moderation_labels(photo: Photo, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of DetectModerationLabels.

    Raises:
        ResourceNotFoundException: there is no such adapter, or no such flow definition.
        InvalidParameterException: FlowDefinitionArn is no ARN of one, or the name of the human loop
            is taken by another image.
    """
    if "ProjectVersion" in request:
        raise ResourceNotFoundException(
            f"The project version: {request['ProjectVersion']} does not exist"
        )
    config = request.get("HumanLoopConfig")
    flow = reviews.need_flow(config["FlowDefinitionArn"]) if config else None
    least = request.get("MinConfidence", MIN_CONFIDENCE)
    nudity, scenes = read_nudity(photo), read_scenes(photo)
    labels = moderation_labels(nudity, scenes, least)
    answer: dict[str, Any] = {
        "ModerationLabels": labels,
        "ModerationModelVersion": MODEL_VERSION,
        "ContentTypes": content_types(nudity, scenes),
    }
    if config and flow:
        subject = _subject(photo, request.get("Image", {}))
        answer["HumanLoopActivationOutput"] = reviews.review(flow, config, subject, labels)
    return answer


def moderation_labels(
    nudity: Mapping[str, float], scenes: Mapping[str, float], least: float
) -> list[dict[str, Any]]:
    """Labels that something sees, most confident first, ancestors before what they stand for.

    An ancestor's confidence is the greatest of its own and its descendants', as in the service's
    own examples.
    """
    confidences: dict[str, float] = defaultdict(float)
    for label in reversed(taxonomy().labels):  # children before their parents
        own = label.confidence(nudity, scenes)
        confidences[label.name] = max(confidences[label.name], own)
        confidences[label.parent] = max(confidences[label.parent], confidences[label.name])
    found = [
        {
            "Name": label.name,
            "Confidence": confidences[label.name],
            "ParentName": label.parent,
            "TaxonomyLevel": label.level,
        }
        for label in taxonomy().labels
        if confidences[label.name] >= least and confidences[label.name] > 0  # 0: nothing sees it
    ]
    return sorted(found, key=lambda label: -label["Confidence"])


def content_types(nudity: Mapping[str, float], scenes: Mapping[str, float]) -> list[dict[str, Any]]:
    """Types that are more likely than not, most likely first; none for a photo."""
    likely = ((kind.confidence(nudity, scenes), kind.name) for kind in taxonomy().content_types)
    return [
        {"Name": name, "Confidence": confidence}
        for confidence, name in sorted(likely, reverse=True)
        if confidence >= MIN_CONFIDENCE
    ]


def _subject(photo: Photo, image: dict[str, Any]) -> Subject:
    """The photo is what its pixels are, wherever it lies: an object in S3 can be overwritten."""
    seen = sha256(photo.pixels.tobytes()).hexdigest()
    if "S3Object" in image:
        return Subject({"S3Object": image["S3Object"]}, seen)
    sent = image.get("Bytes")
    return Subject({"Sha256": sha256(sent).hexdigest() if sent else seen}, seen)
