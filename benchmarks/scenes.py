"""How often the scenes' labels are right, on the photos of `data/labels` that training kept aside
by the hash of their file names, and how often they are given to photos that have nothing of them.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import data
from benchmarks.results import Row, at_least, at_most
from layers.models.training.scene_labels import (
    GROUPS,
    MEASURED,
    MIXED,
    YES,
    folder_answers,
    label_names,
)
from layers.models.training.scene_photos import folders, held, photos_in
from sightline.settings import settings
from sightline.vision.scenes import COLOURLESS, learnt, read_scenes

SHORT = 40  # photos of each set
# What a photo of a face, and nothing else, cannot show; Black And White and places it can.
ON_FACES = {COLOURLESS, "Indoors", "Outdoors", "Clothing"}


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    photos = [path for folder in folders() for path in photos_in(data.DATA / "labels" / folder)]
    kept_aside = [
        path for path in photos if held(path) and path.parent.name not in {MIXED, MEASURED}
    ]
    people = data.lfw_images() + data.colour_images() + [each.path for each in data.people()]
    if short:
        kept_aside = kept_aside[:: max(1, len(kept_aside) // SHORT)]
        people = people[:: max(1, len(people) // SHORT)]
    size = (settings().models / "scenes.onnx").stat().st_size / 1e6
    return [
        *_kept_aside(kept_aside),
        *_people(people),
        Row(
            f"scenes: labels kept, of {len(label_names(folders()))}",
            "–",
            f"{len(learnt().thresholds)}",
            None,
        ),
        at_most("scenes: network's file", 8, size, " MB", 1),
    ]


def _kept_aside(paths: Sequence[Path]) -> list[Row]:
    labels = list(learnt().thresholds)
    counts = {"folders": np.zeros(3, int), "groups": np.zeros(3, int)}
    for path in paths:
        found = read_scenes(data.photo(path))
        answers = folder_answers(path.parent.name, labels)
        for label, answer in zip(labels, answers, strict=True):
            right, given = answer == YES, label in found
            # What is only possible counts as wrong for a folder's own name.
            known = answer >= 0 or label not in GROUPS
            kind = "groups" if label in GROUPS else "folders"
            counts[kind] += np.array([given and right, given and known and not right, right])
    made = []
    for kind, counted in counts.items():
        hits, alarms, all_of_them = counted.tolist()
        precision, recall = hits / max(1, hits + alarms), hits / max(1, all_of_them)
        made.append(at_least(f"scenes, {kind}: precision on unseen photos", 0.85, precision))
        made.append(Row(f"scenes, {kind}: recall of the labels kept", "–", f"{recall:.1%}", None))
    return made


def _people(paths: Sequence[Path]) -> list[Row]:
    alarms = [set(read_scenes(data.photo(path))) - ON_FACES for path in paths]
    animals = sum(bool(found & (GROUPS["Animal"] | set(GROUPS) - ON_FACES)) for found in alarms)
    share = sum(map(bool, alarms)) / len(paths)
    return [
        at_most(f"scenes: {len(paths)} faces called an animal or a thing", 0, animals, "", 0),
        Row("scenes: faces with any label that they cannot show", "–", f"{share:.2%}", None),
    ]
