"""CelebrityRecognition: which people of a video are people of the operator's gallery."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sightline.domain.celebrities import anybody, named
from sightline.domain.celebrity_info import card
from sightline.domain.video.face_tracks import find_people, seen_faces
from sightline.domain.video.face_windows import analyse
from sightline.domain.video.kinds import Merged
from sightline.domain.video.listing import Ranked, by_group, by_time
from sightline.domain.video.records import Pieces
from sightline.store import celebrities

__all__ = ["analyse", "merge"]


def merge(pieces: Pieces, request: dict[str, Any], info: dict[str, Any]) -> Merged:
    """Every sampled face of a celebrity, by time and by the celebrity's id."""
    del request, info
    people = find_people(pieces)
    vectors = people.vectors if anybody() else {}
    names = dict(zip(vectors, named(vectors.values()), strict=True))
    known = celebrities.get({celebrity_id for celebrity_id, _ in names.values() if celebrity_id})
    details = {
        person: {"Id": celebrity_id, **card(known[celebrity_id]), "Confidence": similarity}
        for person, (celebrity_id, similarity) in names.items()
        if celebrity_id in known
    }
    faces: Counter[str] = Counter()
    for person, detail in details.items():
        faces[detail["Id"]] += people.faces[person]

    def elements() -> Iterator[Ranked]:
        for face in seen_faces(pieces, people):
            if face.person in details:
                celebrity = {
                    **details[face.person],
                    # The operation's documentation: it "only applies to the detected face".
                    "BoundingBox": face.detail["BoundingBox"],
                    "Face": face.detail,
                }
                element = {"Timestamp": face.milliseconds, "Celebrity": celebrity}
                yield Ranked(celebrity["Id"], 0, element)

    return Merged({"TIMESTAMP": by_time(elements), "ID": by_group(elements, faces)})
