"""What the folders of `data/labels` mean beside their own name: groups, where a photo was taken,
and what may well be in a photo though its folder does not say so.

All of it is knowledge about names; nothing here was fitted to a photo.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

YES, NO, UNKNOWN = 1, 0, -1

# Photos of anything: their folder says nothing about what they show.
MIXED = "Other"
# No colour is a fact of the pixels; `vision.scenes` measures it.
MEASURED = "Black And White"

FLOWERS = {"Daisy", "Dandelion", "Lotus", "Rose", "Sunflower", "Tulip", "Water Lily"}
CITRUS = {"Grapefruit", "Lemon", "Lime", "Mandarin Orange", "Orange"}
FRUITS = CITRUS | {
    *("Apple", "Avocado", "Banana", "Kiwi", "Mango", "Melon", "Nectarine", "Papaya"),
    *("Passion Fruit", "Peach", "Pear", "Pineapple", "Plum", "Pomegranate", "Strawberry"),
}
VEGETABLES = {
    *("Asparagus", "Beet", "Bell Pepper", "Cabbage", "Carrot", "Cucumber", "Eggplant", "Garlic"),
    *("Ginger", "Leek", "Onion", "Potato", "Tomato", "Zucchini"),
}
HALL_SPORTS = {
    *("Badminton", "Boxing", "Fencing", "Gymnastics", "Table Tennis", "Weightlifting"),
    *("Wrestling", "Professional Wrestling"),
}
FIELD_SPORTS = {
    *("Baseball", "Cricket", "Field Hockey", "Formula One", "Motorcycle Racing", "Soccer"),
}
SPORTS = (
    HALL_SPORTS
    | FIELD_SPORTS
    | {"Basketball", "Ice Hockey", "Kabaddi", "Shooting Sports", "Swimming", "Tennis", "Volleyball"}
)
BIRDS = {"Bird", "Emu", "Flamingo", "Ibis", "Pigeon", "Rooster"}
INSECTS = {"Butterfly", "Dragonfly", "Insect", "Mayfly"}
SHELLFISH = {"Crab", "Crayfish", "Lobster"}
REPTILES = {"Crocodile", "Lizard", "Sea Turtle", "Snake"}
FISH = {"Bass Fish", "Fish"}
MAMMALS = {
    *("Beaver", "Cougar", "Dalmatian", "Dog", "Dolphin", "Gerenuk", "Giant Panda", "Hedgehog"),
    *("Kangaroo", "Leopard", "Llama", "Okapi", "Platypus", "Primate", "Rhinoceros", "Wild Cat"),
}
SEA_LIFE = (
    FISH | SHELLFISH | {"Dolphin", "Nautilus", "Octopus", "Sea Turtle", "Seahorse", "Starfish"}
)
INVERTEBRATES = INSECTS | SHELLFISH | {"Nautilus", "Octopus", "Scorpion", "Starfish", "Tick"}
ANIMALS = BIRDS | REPTILES | FISH | MAMMALS | INVERTEBRATES | {"Seahorse"}
CLOTHES = {
    *("Dress", "Hat", "Jacket", "Long Sleeve", "Pants", "Shirt", "Shoe", "Shorts", "Skirt"),
    "T-Shirt",
}
INSTRUMENTS = {"Electric Guitar", "Euphonium", "Grand Piano", "Mandolin", "Saxophone"}
ROOMS = {"Auditorium", "Bathroom", "Bedroom", "Kitchen"}
WEATHER = {"Cloudy", "Fog", "Rain", "Sunny", "Sunrise"}
TREES = {"Bamboo Forest", "Bonsai", "Forest", "Joshua Tree"}
TOWNS = {"Airport", "Building", "Campus", "House", "Street"}
LANDSCAPES = {
    *("Bamboo Forest", "Desert", "Forest", "Glacier", "Mountain", "Sea", "Sky"),
    *(WEATHER - {"Rain"}),
}
VIEWS = TOWNS | LANDSCAPES | WEATHER | {"Football Field"}

# A group is a label of its own, taught from all its folders.
GROUPS: dict[str, set[str]] = {
    "Animal": ANIMALS,
    "Bird": BIRDS,
    "Boat": {"Ferry", "Sailboat"},
    "Carton": {"Juice Carton", "Milk Carton"},
    "Citrus Fruit": CITRUS,
    "Clothing": CLOTHES,
    "Dog": {"Dalmatian", "Dog"},
    "Fish": FISH,
    "Flower": FLOWERS,
    "Fruit": FRUITS,
    "Indoors": ROOMS | HALL_SPORTS,
    "Insect": INSECTS,
    "Invertebrate": INVERTEBRATES,
    "Mammal": MAMMALS,
    "Musical Instrument": INSTRUMENTS,
    "Outdoors": VIEWS | FIELD_SPORTS | {"Joshua Tree", "Pyramid", "Sailboat", "Ferry"},
    "Produce": FRUITS | VEGETABLES,
    "Reptile": REPTILES,
    "Sea Life": SEA_LIFE,
    "Sport": SPORTS,
    "Vegetable": VEGETABLES,
    "Weapon": {"Cannon", "Revolver"},
}
# What no photo of a person may ever be called.
NEVER_A_PERSON = (
    ANIMALS
    | {group for group, folders in GROUPS.items() if folders <= ANIMALS}
    | {"Cartoon", "Dinosaur"}
)
OPPOSITES = ("Indoors", "Outdoors")

# What the photos of a folder may show besides: neither a hit nor an error.
POSSIBLE: list[tuple[set[str], set[str]]] = [
    # Wide views show sky, weather, houses, trees and water whatever they were taken for.
    (VIEWS, VIEWS),
    (ANIMALS | {"Pyramid", "Joshua Tree", "Cannon"}, LANDSCAPES | {"Outdoors"}),
    ({"Ferry", "Sailboat"}, LANDSCAPES | WEATHER),
    (TREES, {"Outdoors"}),
    (FLOWERS, {"Outdoors", "Insect", "Invertebrate", "Animal"}),
    # Insects sit on flowers; shelves show their neighbours.
    (INSECTS, {"Flower", "Outdoors"}),
    (FRUITS | VEGETABLES | {"Mushroom"}, FRUITS | VEGETABLES | {"Indoors", "Citrus Fruit"}),
    # Whoever plays wears clothes; halls and pitches are not always told apart.
    (SPORTS, CLOTHES | {"Clothing"}),
    (SPORTS - HALL_SPORTS - FIELD_SPORTS, set(OPPOSITES)),
    ({"Football Field"}, {"Sport", "Soccer", "Baseball"}),
    ({"Soccer Ball"}, {"Sport", "Soccer"}),
    ({"Auditorium", "Chess"}, {"Clothing"}),
    # Drawings and statues of animals.
    ({"Cartoon", "Dinosaur", "Buddha Statue"}, {"Animal", "Mammal", "Reptile", "Dog"}),
    # Cars and ferries stand in streets, helicopters at airports.
    ({"Helicopter", "Wheelchair", "Inline Skates"}, set(OPPOSITES)),
    ({"Bird"}, BIRDS),
    ({"Insect"}, INSECTS),
    ({"Fish"}, {*FISH, "Seahorse"}),
    ({"Dog"}, {"Dalmatian"}),
    ({"Shirt", "Long Sleeve", "T-Shirt"}, {"Shirt", "Long Sleeve", "T-Shirt"}),
]
# Of the other folders' photos nobody said where they were taken.
PLACED = GROUPS["Indoors"] | GROUPS["Outdoors"]
# Things that hardly any photo of anything shows.
RARE = {
    *("Barrel", "Binoculars", "Buddha Statue", "Cannon", "Cartoon", "Chess", "Dinosaur"),
    *("Dollar Bill", "Ewer", "Gramophone", "Inline Skates", "Menorah", "Metronome", "Pyramid"),
    *("Receipt", "Revolver", "Soccer Ball", "Stapler", "Wheelchair", "Wrench", "Weapon"),
    *("Juice Carton", "Milk Carton", "Carton", "Yogurt", "Musical Instrument", "Auditorium"),
    *INSTRUMENTS,
    *CLOTHES,
    *(SPORTS - {"Baseball", "Soccer", "Tennis"}),
}

GEAR = {
    *("sports ball", "tennis racket", "baseball bat", "baseball glove", "frisbee", "kite"),
    *("skis", "snowboard", "skateboard", "surfboard"),
}
BEASTS = {"horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"}
# What COCO's classes say in these words.
COCO_CLASSES: dict[str, set[str]] = {
    "Banana": {"banana"},
    "Apple": {"apple"},
    "Orange": {"orange"},
    "Citrus Fruit": {"orange"},
    "Carrot": {"carrot"},
    "Fruit": {"banana", "apple", "orange"},
    "Vegetable": {"broccoli", "carrot"},
    "Produce": {"banana", "apple", "orange", "broccoli", "carrot"},
    "Bird": {"bird"},
    "Dog": {"dog"},
    "Mammal": {*BEASTS, "cat", "dog"},
    "Animal": {*BEASTS, "cat", "dog", "bird"},
    "Boat": {"boat"},
    "Sport": {"tennis racket", "baseball bat", "baseball glove"},
    "Indoors": {"bed", "toilet", "sink", "oven", "microwave", "refrigerator", "tv", "couch"},
    "Outdoors": {
        *("truck", "bus", "traffic light", "stop sign", "fire hydrant", "parking meter"),
        *("airplane", "train", "boat", "sheep", "cow", "elephant", "zebra", "giraffe"),
        *("surfboard", "skis", "snowboard", "kite"),
    },
}


def label_names(folders: Iterable[str]) -> list[str]:
    """All labels that can be taught: the folders' names and the groups, in order."""
    return sorted((set(folders) | set(GROUPS)) - {MIXED, MEASURED})


def folder_answers(folder: str, labels: Sequence[str]) -> NDArray[np.int8]:
    """(k,) what is known of a photo in `folder`: YES, NO or UNKNOWN for each label."""
    if folder == MIXED:
        return _answers(labels, set(), set(labels) - RARE)
    if folder == MEASURED:
        return _answers(labels, set(), set(labels))
    shown = {folder} | {group for group, folders in GROUPS.items() if folder in folders}
    possible = {label for folders, extra in POSSIBLE if folder in folders for label in extra}
    if folder not in PLACED:
        possible |= set(OPPOSITES)
    return _answers(labels, shown, possible)


def coco_answers(names: Iterable[str], labels: Sequence[str]) -> NDArray[np.int8]:
    """(k,) what COCO's boxes in a photo say: scenes, plants and worn clothes may be unboxed."""
    seen = set(names)
    shown = {label for label, classes in COCO_CLASSES.items() if seen & classes}
    possible = VIEWS | ROOMS | TREES | FLOWERS | SEA_LIFE | {"Flower", "Sea Life"}
    if "person" in seen:
        possible |= CLOTHES | {"Clothing"}
    if seen & GEAR:
        possible |= SPORTS | {"Sport"}
    if "Produce" in shown:
        possible |= FRUITS | VEGETABLES | {"Fruit", "Vegetable", "Citrus Fruit"}
    # A fridge in a street says nothing of where the photo was taken.
    if len(shown & set(OPPOSITES)) != 1:
        shown -= set(OPPOSITES)
        possible |= set(OPPOSITES)
    return _answers(labels, shown, possible)


def portrait_answers(labels: Sequence[str], close: bool) -> NDArray[np.int8]:
    """(k,) what is known of a photo of people: no animal, plant, drawing or thing of the folders.

    Args:
        close: it shows a face and little else; otherwise where it was taken is open, and clothes
            are worn.
    """
    return _answers(labels, set(), set() if close else {*OPPOSITES, "Clothing", *VIEWS, *ROOMS})


def _answers(labels: Sequence[str], shown: set[str], possible: set[str]) -> NDArray[np.int8]:
    return np.array(
        [YES if name in shown else UNKNOWN if name in possible else NO for name in labels],
        np.int8,
    )
