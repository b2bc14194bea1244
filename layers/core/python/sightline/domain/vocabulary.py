"""The labels that DetectLabels knows, under Rekognition's names: what each is a kind of, what else
it is called, and its category.

They are data, `vocabulary.json`: each label with its direct parents. A label may have several (a
dog is a canine and a pet), so the ancestors, which the service answers as one flat list, are found
by walking; written out per label they would have to agree by hand. `coco` names the classes of the
object network that are this label.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Term:
    """A label of the vocabulary.

    Attributes:
        name: as on the wire.
        parents: direct ones, in the file's order.
        aliases: other words for it, never labels themselves.
        category: one of the service's forty.
        coco: classes of the object network that it stands for.
    """

    name: str
    parents: tuple[str, ...]
    aliases: tuple[str, ...]
    category: str
    coco: tuple[str, ...]


@cache
def vocabulary() -> dict[str, Term]:
    """All labels by name."""
    path = Path(__file__).with_suffix(".json")
    return {
        name: Term(
            name,
            tuple(entry["parents"]),
            tuple(entry.get("aliases", ())),
            entry["category"],
            tuple(entry.get("coco", ())),
        )
        for name, entry in json.loads(path.read_text(encoding="utf-8")).items()
    }


@cache
def ancestors(name: str) -> tuple[str, ...]:
    """All labels that `name` is a kind of, each once, in the alphabet's order as the service's.

    Raises:
        KeyError: there is no such label.
    """
    found: dict[str, None] = {}
    generation = vocabulary()[name].parents
    while generation:
        found.update(dict.fromkeys(generation))
        generation = tuple(above for each in generation for above in vocabulary()[each].parents)
    return tuple(sorted(found))


@cache
def labels_of_classes() -> dict[str, str]:
    """The label of each class of the object network."""
    return {kind: term.name for term in vocabulary().values() for kind in term.coco}
