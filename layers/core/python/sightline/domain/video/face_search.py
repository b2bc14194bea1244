"""FaceSearch: which faces of a collection the people of a video have.

A person is searched for once, with the mean of their embeddings, in the collection as it is when
the job is merged.
"""

from collections.abc import Iterator
from typing import Any

from sightline.domain.collections import need_current
from sightline.domain.search import FACES, THRESHOLD, Probe, Wish, face_matches, search
from sightline.domain.video.face_tracks import People, find_people, seen_faces
from sightline.domain.video.face_windows import analyse
from sightline.domain.video.kinds import Element, Merged
from sightline.domain.video.listing import Ranked, by_group, by_time
from sightline.domain.video.records import Pieces

__all__ = ["analyse", "merge"]

# Of a person: a page of 1,000 elements, each with its matches, has to fit the 6 MB that a function
# may answer.
MOST_MATCHES = 5


def merge(pieces: Pieces, request: dict[str, Any], info: dict[str, Any]) -> Merged:
    """Every sampled face with its person and what the person matches, by time and by person.

    Raises:
        ResourceNotFoundException: the collection is gone.
        InvalidParameterException: it has another face model.
    """
    del info
    people = find_people(pieces)
    matches = _matches(people, request)

    def elements() -> Iterator[Ranked]:
        for face in seen_faces(pieces, people):
            person = {"Index": face.person, "Face": face.detail}
            element = {"Timestamp": face.milliseconds, "Person": person}
            yield Ranked(face.person, 0, element | matches.get(face.person, {}))

    return Merged({"TIMESTAMP": by_time(elements), "INDEX": by_group(elements, people.faces)})


def _matches(people: People, request: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """`FaceMatches` of the people who match any."""
    need_current(request["CollectionId"])
    wish = Wish(request.get("FaceMatchThreshold", THRESHOLD), MOST_MATCHES)
    found = {}
    for person, vector in people.vectors.items():
        _, matches = search(request["CollectionId"], FACES, Probe(vector), wish)
        if matches:
            found[person] = {"FaceMatches": [_told(each) for each in face_matches(matches)]}
    return found


def _told(match: Element) -> Element:
    """A match without what is not known of its face."""
    face = {name: value for name, value in match["Face"].items() if value is not None}
    return match | {"Face": face}
