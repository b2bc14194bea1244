"""The vocabulary is whole: every label can be placed, and every model's class has its label."""

import re
from collections import Counter
from pathlib import Path

import pytest

from layers.models.training.scene_labels import GROUPS, MIXED
from sightline.domain.people import SHOWN
from sightline.domain.vocabulary import ancestors, labels_of_classes, vocabulary
from sightline.vision.objects import CLASSES
from sightline.vision.scenes import COLOURLESS, learnt

README = Path(__file__).resolve().parents[2] / "README.md"
FOLDERS = README.parents[1] / "shared" / "data" / "labels"
OF_FACES = {"Man", "Woman", "Child", "Boy", "Girl"}
OF_TEXT = {"Text", "Number"}
# Label categories of the service's version 3.
CATEGORIES = {
    *("Actions", "Animals and Pets", "Apparel and Accessories", "Beauty and Personal Care"),
    *("Buildings and Architecture", "Colors and Visual Composition", "Damage Detection"),
    *("Education", "Events and Attractions", "Everyday Objects", "Expressions and Emotions"),
    *("Food and Beverage", "Furniture and Furnishings", "Health and Fitness"),
    *("Hobbies and Interests", "Home and Indoors", "Home Appliances", "Kitchen and Dining"),
    *("Materials", "Medical", "Nature and Outdoors", "Offices and Workspaces"),
    *("Patterns and Shapes", "Performing Arts", "Person Description", "Plants and Flowers"),
    *("Popular Landmarks", "Profession", "Public Safety", "Religion", "Sports"),
    *("Symbols and Flags", "Technology and Computing", "Text and Documents"),
    *("Tools and Machinery", "Toys and Gaming", "Transport and Logistics"),
    *("Travel and Adventure", "Vehicles and Automotive", "Weapons and Military"),
}


def folders() -> set[str]:
    """The labels that the photos for scenes are sorted by."""
    if not FOLDERS.is_dir():
        pytest.skip("no evaluation data beside the repository")
    return {folder.name for folder in FOLDERS.iterdir() if folder.is_dir()} - {MIXED}


@pytest.mark.parametrize("name", sorted(vocabulary()))
def test_a_label_has_its_place(name: str) -> None:
    term = vocabulary()[name]
    assert set(term.parents) <= vocabulary().keys()
    assert name not in ancestors(name)
    assert term.category in CATEGORIES
    assert 0 < len(name) <= 50  # what a filter may name
    above = {each for parent in term.parents for each in ancestors(parent)}
    assert above.isdisjoint(term.parents), "a parent of a parent is found by walking"


def test_no_ancestor_is_missing_in_the_flat_list() -> None:
    for name, term in vocabulary().items():
        above = {*term.parents, *(each for parent in term.parents for each in ancestors(parent))}
        assert set(ancestors(name)) == above
        assert len(ancestors(name)) == len(above)


def test_names_and_aliases_are_unique() -> None:
    words = Counter(
        word.casefold() for term in vocabulary().values() for word in (term.name, *term.aliases)
    )
    assert [word for word, count in words.items() if count > 1] == []


def answered() -> set[str]:
    """What some step can see today, with all that it is a kind of."""
    seen = {*labels_of_classes().values(), *SHOWN, *OF_FACES, *OF_TEXT}
    return with_ancestors(seen | {*learnt().thresholds, COLOURLESS})


def with_ancestors(names: set[str]) -> set[str]:
    return names | {above for name in names for above in ancestors(name)}


def test_a_label_that_no_step_sees_is_one_that_scenes_did_not_learn_well_enough() -> None:
    left_out = vocabulary().keys() - answered()
    assert left_out <= with_ancestors({*GROUPS, *folders()})


def test_the_readme_says_how_many_labels_are_answered() -> None:
    told = re.search(r"(\d+) labels[^:]*?of which\s+(\d+)\s+are answered", README.read_text())
    assert told is not None
    assert told.groups() == (str(len(vocabulary())), str(len(answered())))


def test_each_class_of_the_object_network_is_one_label() -> None:
    classes = [kind for term in vocabulary().values() for kind in term.coco]
    assert sorted(classes) == sorted(CLASSES)


def test_each_label_that_the_scene_network_gives_has_its_place() -> None:
    assert learnt().thresholds.keys() <= vocabulary().keys()


def test_each_label_that_scenes_can_be_taught_has_its_place() -> None:
    assert {*GROUPS, *folders()} - vocabulary().keys() == set()


def test_a_dog_is_all_that_a_dog_is() -> None:
    assert set(ancestors("Dog")) == {"Animal", "Canine", "Mammal", "Pet"}
    assert ancestors("Car") == ("Transportation", "Vehicle")
    assert ancestors("Woman") == ("Adult", "Female", "Person")
    assert vocabulary()["Mobile Phone"].aliases == ("Cell Phone",)
