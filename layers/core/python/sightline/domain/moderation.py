"""DetectModerationLabels: which content of a photo some people should not see.

The taxonomy is data: `moderation.json` beside this file has every label of the service's version 7
with its parent, and what sees it here, if anything does.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from sightline.domain import reviews
from sightline.domain.photos import Limits
from sightline.errors import ResourceNotFoundException
from sightline.vision.nudity import read_nudity
from sightline.vision.photo import Photo
from sightline.vision.scenes import read_scenes

LIMITS = Limits(most_side=10_000)
MODEL_VERSION = "7.0"
MIN_CONFIDENCE = 50.0  # the documented default


@dataclass(frozen=True, slots=True)
class Label:
    """A label of the taxonomy.

    Attributes:
        parent: the direct parent's name, empty at the first level.
        level: 1 to 3.
        nudity: classes of the nudity network whose shares add up to this label's confidence.
        least: what they must add up to, 0 to 100, before they are believed.
        scenes: labels of the scene heads, each of which is this label too.
        measured: how well that works, or why nobody knows; empty where nothing sees the label.
    """

    name: str
    parent: str
    level: int
    nudity: tuple[str, ...] = ()
    least: float = 0.0
    scenes: tuple[str, ...] = ()
    measured: str = ""

    def confidence(self, nudity: Mapping[str, float], scenes: Mapping[str, float]) -> float:
        """What the networks say of this very label, 0 to 100."""
        shares = min(100 * sum(nudity[each] for each in self.nudity), 100.0)
        believed = shares if shares >= self.least else 0.0
        return max([believed, *(scenes.get(each, 0.0) for each in self.scenes)])


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Labels with parents before their children, and types of content, which have none."""

    labels: tuple[Label, ...]
    content_types: tuple[Label, ...]


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
    labels = _labels(nudity, scenes, least)
    answer: dict[str, Any] = {
        "ModerationLabels": labels,
        "ModerationModelVersion": MODEL_VERSION,
        "ContentTypes": _content_types(nudity, scenes),
    }
    if config and flow:
        image = _identity(photo, request.get("Image", {}))
        answer["HumanLoopActivationOutput"] = reviews.review(flow, config, image, labels)
    return answer


@cache
def taxonomy() -> Taxonomy:
    """The data beside this file."""
    document = json.loads(Path(__file__).with_suffix(".json").read_text())
    levels = {"": 0}
    labels = []
    for entry in document["labels"]:
        levels[entry["name"]] = levels[entry["parent"]] + 1
        labels.append(_label(entry, levels[entry["name"]]))
    return Taxonomy(tuple(labels), tuple(_label(each, 1) for each in document["content_types"]))


def _label(entry: dict[str, Any], level: int) -> Label:
    fields = {"parent": "", **entry, "level": level}
    for several in ("nudity", "scenes"):
        fields[several] = tuple(fields.get(several, ()))
    return Label(**fields)


def _labels(
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


def _content_types(
    nudity: Mapping[str, float], scenes: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Types that are more likely than not, most likely first; none for a photo."""
    likely = ((kind.confidence(nudity, scenes), kind.name) for kind in taxonomy().content_types)
    return [
        {"Name": name, "Confidence": confidence}
        for confidence, name in sorted(likely, reverse=True)
        if confidence >= MIN_CONFIDENCE
    ]


def _identity(photo: Photo, image: dict[str, Any]) -> dict[str, Any]:
    """Where the image is in S3; of one that was sent along, or that other operations share, its
    digest, which tells nothing of what it shows.
    """
    if "S3Object" in image:
        return {"S3Object": image["S3Object"]}
    data = image.get("Bytes") or photo.pixels.tobytes()
    return {"Sha256": sha256(data).hexdigest()}
