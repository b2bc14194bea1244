"""RecognizeCelebrities: which faces of a photo are people of the operator's gallery."""

from collections.abc import Iterable
from typing import Any

from sightline.domain.celebrity_info import GALLERY, card
from sightline.domain.face_detail import face_detail
from sightline.domain.photos import Limits
from sightline.domain.search import USERS, Probe, Wish, search
from sightline.store import celebrities, collections
from sightline.vision.face import FACE_MODEL_VERSION
from sightline.vision.faces import face_analyzer
from sightline.vision.photo import Photo

LIMITS = Limits()
MOST = 64  # faces, the largest ones
ATTRIBUTES = frozenset({"EMOTIONS", "SMILE"})
# Of similarity with the mean of a person's faces. `benchmarks/celebrities.py` has the figures: at
# 99 no stranger of the colour hundred gets one of five names, at 90 one of 2,500 does.
WISH = Wish(threshold=99.0, most=1)
STRANGER = "", 0.0  # no id, and as similar as nobody


def recognize_celebrities(photo: Photo, _: dict[str, Any]) -> dict[str, Any]:
    """The answer of RecognizeCelebrities, faces largest first."""
    faces = face_analyzer().analyze(photo, ATTRIBUTES)[:MOST]
    names = [STRANGER] * len(faces)
    if anybody():
        names = named(each.tobytes() for each in face_analyzer().embed(photo, faces).astype("<f4"))
    known = celebrities.get({celebrity_id for celebrity_id, _ in names if celebrity_id})
    recognized, others = [], []
    for face, (celebrity_id, similarity) in zip(faces, names, strict=True):
        detail = face_detail(face, ATTRIBUTES)
        if celebrity_id in known:
            celebrity = {**card(known[celebrity_id]), "Id": celebrity_id}
            recognized.append({**celebrity, "Face": detail, "MatchConfidence": similarity})
        else:
            others.append(detail)
    return {"CelebrityFaces": recognized, "UnrecognizedFaces": others}


def anybody() -> bool:
    """Whether the gallery has people, with vectors of the current face model."""
    gallery, _ = collections.read(GALLERY)
    return gallery is not None and gallery.user_count > 0 and gallery.model == FACE_MODEL_VERSION


def named(vectors: Iterable[bytes]) -> list[tuple[str, float]]:
    """Id and similarity of whose face each packed vector is, in a gallery that has people."""
    names = []
    for vector in vectors:
        _, matches = search(GALLERY, USERS, Probe(vector), WISH)
        names += [(match.found.id, match.similarity) for match in matches] or [STRANGER]
    return names
