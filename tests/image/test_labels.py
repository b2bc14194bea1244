"""How DetectLabels makes labels of what the steps see, and which of them it gives."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from sightline.domain import labels
from sightline.domain.vocabulary import ancestors, vocabulary
from sightline.geometry import BoundingBox
from sightline.vision.face import Face, Pose, Quality
from sightline.vision.objects import FoundObject
from sightline.vision.photo import decode
from sightline.vision.text_lines import Line, Word

BODY = BoundingBox(0.2, 0.1, 0.4, 0.9)
ON_TOP = BoundingBox(0.35, 0.15, 0.1, 0.15)
Sees = Callable[..., None]


class NoFaces:
    def __init__(self, faces: list[Face]) -> None:
        self.faces = faces

    def analyze(self, _: Any) -> list[Face]:
        return self.faces


@pytest.fixture
def sees(monkeypatch: pytest.MonkeyPatch) -> Sees:
    """Makes the steps see what a test says, whatever the photo shows."""

    def see(
        objects: dict[str, float] | list[FoundObject],
        faces: list[Face] | None = None,
        scenes: dict[str, float] | None = None,
        text: list[Line] | None = None,
    ) -> None:
        if isinstance(objects, dict):
            objects = [found(name, confidence) for name, confidence in objects.items()]
        monkeypatch.setattr(labels, "find_objects", lambda _: objects)
        monkeypatch.setattr(labels, "face_analyzer", lambda: NoFaces(faces or []))
        monkeypatch.setattr(labels, "read_scenes", lambda _: scenes or {})
        monkeypatch.setattr(labels, "glance_text", lambda _: text or [])

    return see


def found(name: str, confidence: float, box: BoundingBox = BODY) -> FoundObject:
    return FoundObject(name, box, confidence, confidence / 100)


def face(box: BoundingBox, confidence: float = 99.0) -> Face:
    return Face(box, confidence, {}, Pose(0, 0, 0), Quality(80, 80))


def line(text: str, confidence: float = 90.0) -> Line:
    return Line(tuple(Word(word, confidence, ()) for word in text.split()))


def picture(size: tuple[int, int] = (100, 100)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "gray").save(file, "PNG")
    return file.getvalue()


def told(**request: Any) -> dict[str, dict[str, Any]]:
    """The same of a picture on which the steps see what the test says."""
    answer = labels.detect_labels(decode(picture()), request)
    return {label["Name"]: label for label in answer["Labels"]}


def test_every_ancestor_is_a_label_as_sure_as_its_surest_kind(sees: Sees) -> None:
    sees({"cat": 60.0, "dog": 90.0, "car": 70.0})
    seen = told()
    assert set(seen) == {
        *("Cat", "Dog", "Car"),
        *(above for name in ("Cat", "Dog", "Car") for above in ancestors(name)),
    }
    for name, kind in (("Animal", "Dog"), ("Canine", "Dog"), ("Vehicle", "Car")):
        assert seen[name]["Confidence"] == seen[kind]["Confidence"]
    assert seen["Animal"]["Instances"] == []
    confidences = [label["Confidence"] for label in seen.values()]
    assert confidences == sorted(confidences, reverse=True)


def test_instances_have_their_own_confidence(sees: Sees) -> None:
    sees([found("car", 90), found("car", 60), found("car", 54.9)])
    car = told()["Car"]
    assert 95 < car["Confidence"] < 100  # more than any of them: whether there is a car at all
    assert [each["Confidence"] for each in car["Instances"]] == [90, 60]
    assert len(told(MinConfidence=54)["Car"]["Instances"]) == 3
    assert told(MinConfidence=95)["Car"]["Instances"] == []
    assert told(MinConfidence=99) == {}


def test_scenes_have_no_instances(sees: Sees) -> None:
    sees({}, scenes={"Kitchen": 88.0})
    seen = told()
    assert set(seen) == {"Kitchen", "Room", "Indoors"}
    assert seen["Kitchen"]["Instances"] == []


def test_a_photo_was_taken_in_one_place(sees: Sees) -> None:
    sees({}, scenes={"Kitchen": 88.0, "Street": 70.0, "Chess": 60.0})
    assert set(told()) == {"Kitchen", "Room", "Indoors", "Chess", "Game"}
    sees({}, scenes={"Indoors": 60.0, "Street": 70.0})
    assert "Indoors" not in told()
    assert "Outdoors" in told()


def test_a_document_was_taken_nowhere(sees: Sees) -> None:
    sees({}, scenes={"Receipt": 90.0, "Street": 99.0, "Indoors": 60.0}, text=[line("Total 12.50")])
    assert set(told()) == {"Receipt", "Document", "Text", "Number"}


def test_a_receipt_has_numbers(sees: Sees) -> None:
    sees({}, scenes={"Receipt": 90.0, "Outdoors": 99.0}, text=[line("Chapter the first")])
    seen = told()
    assert set(seen) == {"Document", "Text"}
    assert seen["Document"]["Confidence"] == 90


HEAD = BoundingBox(0.3, 0.2, 0.4, 0.5)


@pytest.mark.parametrize(
    ("thing", "is_head"),
    [
        (HEAD, True),
        (BoundingBox(0.1, 0.0, 0.8, 1.0), True),  # the face is a quarter of it
        (BoundingBox(0.4, 0.5, 0.2, 0.3), True),  # a beard
        (BoundingBox(0.0, 0.0, 0.4, 0.9), False),  # a dog beside the face
        (BoundingBox(0.75, 0.2, 0.2, 0.3), False),
    ],
)
@pytest.mark.parametrize(
    ("kind", "label"), [("dog", "Animal"), ("bird", "Bird"), ("apple", "Food")]
)
def test_a_persons_head_is_no_animal_and_no_food(
    sees: Sees, kind: str, label: str, thing: BoundingBox, is_head: bool
) -> None:
    sees([found(kind, 90, thing)], [face(HEAD, 95)])
    assert (label in told()) is not is_head
    sees([found(kind, 90, thing)], [face(HEAD, 60)])  # an animal's own
    assert label in told()
    sees([found("tie", 90, thing)], [face(HEAD, 95)])
    assert "Tie" in told()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CAFE", {"Text"}),
        ("Room 101", {"Text", "Number"}),
        ("12:45", {"Text", "Number"}),
        ("A1B2", {"Text"}),
        ("I.", set()),
    ],
)
def test_text(sees: Sees, text: str, expected: set[str]) -> None:
    sees({}, text=[line(text)])
    assert set(told()) == expected


def test_a_face_proves_the_person_it_sits_on(sees: Sees) -> None:
    sees({"person": 40.0})
    assert told()["Person"]["Instances"] == []
    sees({"person": 40.0}, [face(ON_TOP)])
    person = told()["Person"]
    assert person["Confidence"] == 99
    assert [80 < each["Confidence"] < 95 for each in person["Instances"]] == [True]


@pytest.mark.parametrize(
    "elsewhere",
    [BoundingBox(0.7, 0.15, 0.1, 0.15), BoundingBox(0.35, 0.8, 0.1, 0.15)],
    ids=["beside the person", "at the person's feet"],
)
def test_a_face_elsewhere_is_another_persons(sees: Sees, elsewhere: BoundingBox) -> None:
    sees({"person": 40.0}, [face(elsewhere)])
    assert told()["Person"]["Instances"] == []


def test_a_face_without_a_person_is_doubted(sees: Sees) -> None:
    doubtful = [face(ON_TOP, 85.0)]
    sees({"dog": 90.0}, doubtful)
    assert told().keys().isdisjoint({"Person", "Face"})
    sees({"dog": 90.0, "person": 30.0}, doubtful)
    assert told()["Face"]["Confidence"] == 85
    sees({}, [face(ON_TOP, 99.9)])
    assert told()["Person"]["Confidence"] > 98


def test_two_faces_are_of_two_persons(sees: Sees) -> None:
    behind = BoundingBox(0.3, 0.1, 0.4, 0.9)
    sees(
        [found("person", 50), found("person", 30, behind)],
        [face(ON_TOP), face(BoundingBox(0.5, 0.15, 0.05, 0.1))],
    )
    assert len(told()["Person"]["Instances"]) == 2


def test_the_most_certain_labels_are_kept(sees: Sees) -> None:
    sees({"cat": 60.0, "car": 90.0})
    everything = list(told())
    assert everything[:3] == ["Car", "Transportation", "Vehicle"]
    assert list(told(MaxLabels=2)) == everything[:2]
    assert list(told(MaxLabels=5000)) == everything


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"Car", "Vehicle", "Transportation", "Pizza", "Food", "Clock"}),
        ({"LabelInclusionFilters": ["Car", "Clock"]}, {"Car", "Clock"}),
        ({"LabelInclusionFilters": ["car"]}, set()),
        ({"LabelInclusionFilters": ["Automobile"]}, set()),
        ({"LabelCategoryInclusionFilters": ["Food and Beverage"]}, {"Pizza", "Food"}),
        (
            {
                "LabelInclusionFilters": ["Clock"],
                "LabelCategoryInclusionFilters": ["Food and Beverage"],
            },
            {"Clock", "Pizza", "Food"},
        ),
        (
            {"LabelExclusionFilters": ["Pizza"]},
            {"Car", "Vehicle", "Transportation", "Food", "Clock"},
        ),
        (
            {"LabelCategoryExclusionFilters": ["Vehicles and Automotive"]},
            {"Pizza", "Food", "Clock"},
        ),
        (
            {
                "LabelCategoryInclusionFilters": ["Food and Beverage"],
                "LabelExclusionFilters": ["Food"],
            },
            {"Pizza"},
        ),
        ({"LabelInclusionFilters": ["Car"], "LabelExclusionFilters": ["Car"]}, set()),
        ({"LabelInclusionFilters": [f"No {n}" for n in range(99)] + ["Car"]}, {"Car"}),
    ],
)
def test_filters(sees: Sees, filters: dict[str, Any], expected: set[str]) -> None:
    sees({"car": 90.0, "pizza": 80.0, "clock": 70.0})
    assert set(told(Settings={"GeneralLabels": filters})) == expected


def test_what_is_filtered_out_takes_no_place_of_the_most(sees: Sees) -> None:
    sees({"car": 90.0, "pizza": 80.0})
    only = {"GeneralLabels": {"LabelCategoryInclusionFilters": ["Food and Beverage"]}}
    assert list(told(MaxLabels=1, Settings=only)) == ["Food"]


def test_no_feature_is_the_default_one(sees: Sees) -> None:
    sees({"car": 90.0})
    assert "Car" in told(Features=[])


def test_every_class_of_the_network_is_told(sees: Sees) -> None:
    names = [kind for term in vocabulary().values() for kind in term.coco]
    sees(dict.fromkeys(names, 80.0))
    seen = told()
    assert sum(len(label["Instances"]) for label in seen.values()) == len(names) == 80
