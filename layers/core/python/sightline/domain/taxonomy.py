"""The labels of moderation, as data: `moderation.json` beside this file has every label of the
service's version 7 with its parent, and what sees it here, if anything does.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


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


@cache
def taxonomy() -> Taxonomy:
    """All that the service has in version 7."""
    document = json.loads(Path(__file__).with_name("moderation.json").read_text())
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
