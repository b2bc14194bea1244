"""What each operation found in a photo, as marks to draw and lines to print."""

from collections.abc import Callable
from typing import Any, NamedTuple

from cli.picture import Label, Mark


class Found(NamedTuple):
    """What an operation found: marks for the picture, lines for the terminal."""

    marks: list[Mark]
    lines: list[str]


def face_mark(face: dict[str, Any], name: str | None = None) -> Mark:
    """A FaceDetail with its name, or how sure the service is."""
    title = name or f"{face['Confidence']:.1f} %"
    return Mark(face["BoundingBox"], Label(title, description(face)), face.get("Landmarks", ()))


def description(face: dict[str, Any]) -> str:
    """Gender, age and strongest emotion of a face, those that the service gave."""
    words = []
    if "Gender" in face:
        words.append(face["Gender"]["Value"])
    if "AgeRange" in face:
        words.append(f"{face['AgeRange']['Low']}-{face['AgeRange']['High']}")
    if face.get("Emotions"):
        strongest = max(face["Emotions"], key=lambda emotion: float(emotion["Confidence"]))
        words.append(str(strongest["Type"]).lower())
    return " · ".join(words)


def _labels(client: Any, image: Any) -> Found:
    labels = client.detect_labels(Image=image)["Labels"]
    # Every instance is one of its ancestors too: the label with the most parents says the most.
    marks: dict[tuple[float, ...], Mark] = {}
    for label in sorted(labels, key=lambda label: len(label["Parents"])):
        for instance in label["Instances"]:
            box = instance["BoundingBox"]
            caption = Label(f"{label['Name']} {instance['Confidence']:.0f} %")
            marks[tuple(box.values())] = Mark(box, caption)
    lines = [f"{label['Name']}  {label['Confidence']:.1f} %" for label in labels]
    return Found(list(marks.values()), lines)


def _text(client: Any, image: Any) -> Found:
    found = client.detect_text(Image=image)["TextDetections"]
    marks = [
        Mark(
            each["Geometry"]["BoundingBox"],
            Label(each["DetectedText"]) if each["Type"] == "LINE" else None,
            polygon=each["Geometry"]["Polygon"],
        )
        for each in found
    ]
    lines = [
        f"{each['DetectedText']}  {each['Confidence']:.1f} %"
        for each in found
        if each["Type"] == "LINE"
    ]
    return Found(marks, lines)


def _moderation(client: Any, image: Any) -> Found:
    answer = client.detect_moderation_labels(Image=image)
    found = [*answer["ModerationLabels"], *answer.get("ContentTypes", [])]
    return Found([], [f"{each['Name']}  {each['Confidence']:.1f} %" for each in found])


def _equipment(client: Any, image: Any) -> Found:
    found = Found([], [])
    for person in client.detect_protective_equipment(Image=image)["Persons"]:
        parts = person["BodyParts"]
        if "BoundingBox" in person:
            found.marks.append(Mark(person["BoundingBox"], Label(f"Person {person['Id']}")))
        worn = []
        for part in parts:
            for each in part["EquipmentDetections"]:
                found.marks.append(Mark(each["BoundingBox"], Label(_words(each["Type"]))))
                worn.append(f"{_words(each['Type'])} {each['Confidence']:.1f} %")
        seen = ", ".join(_words(part["Name"]) for part in parts) or "no part seen"
        found.lines.append(f"Person {person['Id']}: {seen}; {', '.join(worn) or 'no equipment'}")
    return found


def _words(name: str) -> str:
    return name.replace("_", " ").lower()


def _celebrities(client: Any, image: Any) -> Found:
    answer = client.recognize_celebrities(Image=image)
    marks = [
        Mark(each["Face"]["BoundingBox"], Label(each["Name"], f"{each['MatchConfidence']:.1f} %"))
        for each in answer["CelebrityFaces"]
    ]
    lines = [f"{each['Name']}  {', '.join(each['Urls'])}" for each in answer["CelebrityFaces"]]
    unknown = [Mark(each["BoundingBox"]) for each in answer["UnrecognizedFaces"]]
    return Found(marks + unknown, [*lines, f"{len(unknown)} others"])


# What `sightline draw --what` takes beside faces.
SUBJECTS: dict[str, Callable[[Any, Any], Found]] = {
    "labels": _labels,
    "text": _text,
    "moderation": _moderation,
    "equipment": _equipment,
    "celebrities": _celebrities,
}
