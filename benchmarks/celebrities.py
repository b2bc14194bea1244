"""How many photos of a gallery's people get their name, and how many get a wrong one.

The gallery has five people of the colour hundred, from five photos each; the other photos, and all
photos of the other five people, are asked for. Every run of five neighbours in the list of people
is a gallery once, with the first and with the last photos of each.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.recognition import vectors
from benchmarks.results import Row, at_least
from sightline.domain.celebrities import WISH
from sightline.domain.similarity import similarity
from sightline.domain.vectors import mean

KNOWN = 5  # people of a gallery
PHOTOS = 5  # of each
LEAST_RECALL = 0.95

Album = Mapping[str, NDArray[np.float32]]  # person: (photos, 128)


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    album: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for path, vector in vectors(data.colour_images()).items():
        album[path.parent.name].append(vector)
    outcomes: Counter[str] = Counter()
    for known, asked in galleries({name: np.array(each) for name, each in album.items()}):
        outcomes += named(known, asked)
        if short:
            break
    right, wrong = outcomes["right"], outcomes["wrong"]
    known_photos = right + outcomes["missed"] + wrong
    strangers = outcomes["stranger"] + outcomes["false name"]
    false = wrong + outcomes["false name"]
    return [
        at_least("celebrities recognised, gallery of 5", LEAST_RECALL, right / known_photos),
        Row(
            "wrong names, gallery of 5",
            "0",
            f"{false} of {known_photos + strangers:,}",
            not false,
        ),
    ]


def galleries(album: Album) -> Iterator[tuple[Album, Album]]:
    """People of the gallery with their photos, and everybody with the photos that are left."""
    people = sorted(album)
    for first in range(len(people)):
        members = {people[(first + step) % len(people)] for step in range(KNOWN)}
        for part in (slice(None, PHOTOS), slice(-PHOTOS, None)):
            kept = {name: album[name][part] for name in members}
            rest = slice(PHOTOS, None) if part.start is None else slice(None, -PHOTOS)
            asked = {name: album[name][rest] if name in members else album[name] for name in people}
            yield kept, asked


def named(known: Album, asked: Album) -> Counter[str]:
    """How often the service would give the right name, a wrong one, or none."""
    names = sorted(known)
    packed = (mean([each.astype("<f4").tobytes() for each in known[name]]) for name in names)
    means = np.array([np.frombuffer(each or b"", "<f4") for each in packed])
    outcomes: Counter[str] = Counter()
    for name, photos in asked.items():
        for cosines in photos @ means.T:
            best = int(cosines.argmax())
            if similarity(float(cosines[best])) < WISH.threshold:
                outcomes["missed" if name in known else "stranger"] += 1
            elif name not in known:
                outcomes["false name"] += 1
            else:
                outcomes["right" if names[best] == name else "wrong"] += 1
    return outcomes
