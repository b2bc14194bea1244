"""DetectLabels: what a photo shows, as labels of the vocabulary with all that they are a kind of,
and what the picture is like.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sightline.domain.face_detail import bounding_box
from sightline.domain.image_properties import image_properties, instance_colours
from sightline.domain.people import believed, is_head, of_faces, owners
from sightline.domain.photos import Limits
from sightline.domain.sightings import NUMBER, Instance, Sighting, of_object, of_scenes, of_text
from sightline.domain.vocabulary import ancestors, labels_of_classes, vocabulary
from sightline.errors import InvalidParameterException
from sightline.vision.faces import face_analyzer
from sightline.vision.objects import find_objects
from sightline.vision.photo import Photo
from sightline.vision.scenes import of_people, read_scenes
from sightline.vision.text import glance_text

LIMITS = Limits(most_side=10_000)
MODEL_VERSION = "3.0"  # of the service's label model, whose form of labels these have
MIN_CONFIDENCE = 55.0
MOST_LABELS = 1000  # default and cap, as documented
MOST_COLOURS = 10
CERTAIN_FACE = 90.0  # beside which the scene network's animals are not believed
NO_HEAD = {"Animal", "Food"}  # what a person's head must not be called
GENERAL, PROPERTIES = "GENERAL_LABELS", "IMAGE_PROPERTIES"


@dataclass(slots=True)
class Label:
    """A label of the answer; `instances` best first."""

    name: str
    confidence: float = 0.0
    instances: list[Instance] = field(default_factory=list)


def detect_labels(photo: Photo, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of DetectLabels.

    Raises:
        InvalidParameterException: a parameter of GENERAL_LABELS without that feature.
    """
    features = request.get("Features") or [GENERAL]
    settings = request.get("Settings", {})
    most_colours = settings.get("ImageProperties", {}).get("MaxDominantColors", MOST_COLOURS)
    answer: dict[str, Any] = {"LabelModelVersion": MODEL_VERSION}
    if GENERAL in features:
        labels = wanted(labels_of(photo, request.get("MinConfidence", MIN_CONFIDENCE)), request)
        answer["Labels"] = [_label(each) for each in labels]
    else:
        _check_alone(request, settings)
    if PROPERTIES in features:
        answer["ImageProperties"] = image_properties(photo, most_colours)
        for instance in (each for label in answer.get("Labels", ()) for each in label["Instances"]):
            instance["DominantColors"] = instance_colours(
                photo, instance["BoundingBox"], most_colours
            )
    return answer


def _check_alone(request: dict[str, Any], settings: dict[str, Any]) -> None:
    """Refuses what is only valid with GENERAL_LABELS."""
    given: list[str] = [name for name in ("MinConfidence", "MaxLabels") if name in request]
    if settings.get("GeneralLabels"):
        given.append("Settings.GeneralLabels")
    if given:
        raise InvalidParameterException(
            f"{' and '.join(given)} can only be used with the feature type {GENERAL}."
        )


def _sightings(photo: Photo) -> Iterator[Sighting]:
    """Everything that the steps see in a photo."""
    objects, faces = find_objects(photo), face_analyzer().analyze(photo)
    belongs = owners(faces, objects)
    face_of = {body: faces[place] for place, body in belongs.items()}
    for place, each in enumerate(objects):
        label = labels_of_classes()[each.name]
        if not NO_HEAD.isdisjoint(ancestors(label)) and is_head(each.box, faces):
            continue
        face = face_of.get(place)
        confidence = believed(each.confidence, face) if face else each.confidence
        yield of_object(label, each.box, confidence)
    bodies = [belongs.get(place) for place in range(len(faces))]
    boxes = [None if body is None else objects[body].box for body in bodies]
    yield from of_faces(photo, faces, boxes)
    words = list(of_text(glance_text(photo)))
    yield from words
    scenes = read_scenes(photo)
    certain = any(face.confidence >= CERTAIN_FACE for face in faces)
    has_number = any(each.label == NUMBER for each in words)
    yield from of_scenes(of_people(scenes) if certain else scenes, has_number)


def labels_of(photo: Photo, min_confidence: float) -> list[Label]:
    """The labels of a photo, best first: a label is as sure as the surest reason for it, and what
    it is a kind of is as sure as it is. A label may be surer than any of its boxes, and have none.
    """
    found: dict[str, Label] = {}
    for sighting in _sightings(photo):
        if sighting.confidence < min_confidence:
            continue
        for name in (sighting.label, *ancestors(sighting.label)):
            label = found.setdefault(name, Label(name))
            label.confidence = max(label.confidence, sighting.confidence)
        instance = sighting.instance
        if instance is not None and instance.confidence >= min_confidence:
            found[sighting.label].instances.append(instance)
    for label in found.values():
        label.instances.sort(key=lambda instance: -instance.confidence)
    return sorted(found.values(), key=lambda label: (-label.confidence, label.name))


def wanted(labels: Iterable[Label], request: dict[str, Any]) -> Sequence[Label]:
    """The labels that the request's filters and `MaxLabels` leave.

    First the inclusion: labels of a name or of a category that is asked for, all where none is.
    Then the exclusion, of names and of categories.
    """
    filters = request.get("Settings", {}).get("GeneralLabels", {})
    names = set(filters.get("LabelInclusionFilters", []))
    categories = set(filters.get("LabelCategoryInclusionFilters", []))
    no_names = set(filters.get("LabelExclusionFilters", []))
    no_categories = set(filters.get("LabelCategoryExclusionFilters", []))
    left = [
        label
        for label in labels
        if (not (names or categories) or _matches(label, names, categories))
        and not _matches(label, no_names, no_categories)
    ]
    return left[: min(request.get("MaxLabels", MOST_LABELS), MOST_LABELS)]


def _matches(label: Label, names: set[str], categories: set[str]) -> bool:
    return label.name in names or vocabulary()[label.name].category in categories


def _label(label: Label) -> dict[str, Any]:
    """A label as `Label`."""
    return {
        "Name": label.name,
        "Confidence": label.confidence,
        "Instances": [
            {"BoundingBox": bounding_box(each.box), "Confidence": each.confidence}
            for each in label.instances
        ],
        **kinship(label.name),
    }


def kinship(name: str) -> dict[str, Any]:
    """What is true of a label wherever it is seen: the rest of `Label`."""
    term = vocabulary()[name]
    return {
        "Parents": [{"Name": each} for each in ancestors(name)],
        "Aliases": [{"Name": each} for each in term.aliases],
        "Categories": [{"Name": term.category}],
    }
