"""How often moderation finds something in photos of ordinary things: sports, babies, rooms, food,
drawings. How much of what it should find it does find is not measured: no such photos are at hand.
"""

from collections import Counter
from pathlib import Path

from benchmarks import data
from benchmarks.results import Row
from sightline.domain.moderation import detect_moderation_labels

# Each folder's share of photos: one in so many.
SETS = {
    "labels": 4,
    "utkface/images": 4,
    "lfw_color100": 1,
    "coco256/images": 1,
    "imagenet1000": 1,
    "mask_boxes/images": 2,
    "hardhat_kaggle/images": 2,
}
SHORT = 50  # times fewer
# Photos that a label is right for; the scene network was taught with them. Figures of photos that
# it had not seen are in the README's table.
TAUGHT = {"Animated": "labels/Cartoon", "Weapons": "labels/Revolver"}
KINDS = {".jpg", ".jpeg", ".png"}


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    photos = [
        path
        for folder, share in SETS.items()
        for path in pictures(data.DATA / folder)[:: share * (SHORT if short else 1)]
        if not any(folder in path.as_posix() for folder in TAUGHT.values())
    ]
    alarms = found(photos)
    figures = [
        Row(f"ordinary photos called {name}", "–", f"{number} of {len(photos):,}", None)
        for name, number in sorted(alarms.items())
    ]
    for name, folder in TAUGHT.items():
        shown = pictures(data.DATA / folder)
        figure = f"{found(shown)[name]} of {len(shown)}"
        figures.append(Row(f"{folder} (taught with) called {name}", "–", figure, None))
    return figures


def pictures(folder: Path) -> list[Path]:
    """All photos in a folder and below it."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS)


def found(paths: list[Path]) -> Counter[str]:
    """In how many photos each label and type of content is found, by default."""
    counted: Counter[str] = Counter()
    for path in paths:
        answer = detect_moderation_labels(data.photo(path), {})
        counted.update(each["Name"] for each in answer["ModerationLabels"] + answer["ContentTypes"])
    return counted
