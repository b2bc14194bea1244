"""PersonTracking: where each person of a video is, frame by frame, with the face where it is seen.

Pieces hold what was found in each frame; persons are followed when the job is merged, so that no
seam of two pieces can be seen in the result.
"""

import math
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.domain.face_detail import bounding_box, face_detail
from sightline.domain.people import PERSON, believed
from sightline.domain.video.kinds import Element, Merged, Span
from sightline.domain.video.listing import Ranked, by_group, by_time
from sightline.domain.video.records import Pieces, dump, load, rounded
from sightline.domain.video.samples import look_at
from sightline.geometry import BoundingBox
from sightline.settings import video_step
from sightline.video.tracker import NOBODY, Array, Boxes, Rules, Tracker, assign
from sightline.vision.belief import lonely, on_top, supported
from sightline.vision.face import Face
from sightline.vision.faces import face_analyzer
from sightline.vision.look import BODY_LOOK, body_look
from sightline.vision.objects import FoundObject, find_objects
from sightline.vision.people import BODY_AROUND_FACE
from sightline.vision.photo import Photo

if TYPE_CHECKING:
    from sightline.video.frames import Video

# Frames are 200 ms apart at most: in half a second people walk out of their own box.
STEP = 200
LEAST_BODY = 10.0  # confidence of a box that may carry on a track
LEAST_FACE = 50.0  # of a face that is told of
HEAD = 1 / 8  # of a body's height: how far below its top the middle of the head is
FAR = 4.0  # heights of a face from there, which only a body has that is cut off or bent
# `alike` lies between one person from frame to frame (of 517 links in a clip of six people 99 % are
# above 0.94, none is below 0.89; of 138 in a shaky close-up 98 % are above 0.83) and two people in
# one place in one room (0.81).
RULES = Rules(sure=50, rim=0.3, overlap=0.2, alike=0.82, lost=2000)
# Of a track that is one box in one frame. A choice: what shows once and unsurely may be anything.
LEAST_ALONE = 90.0


def analyse(video: "Video", span: Span, request: dict[str, Any]) -> bytes:
    """A record of each sampled frame: its milliseconds, and its persons."""
    del request
    step = min(STEP, video_step())
    return dump([time, persons] for time, persons in look_at(video, span, _persons, step))


def merge(pieces: Pieces, request: dict[str, Any], info: dict[str, Any]) -> Merged:
    """Every person in every sampled frame, by time, and by person with the surest first."""
    del request, info
    numbers = _numbers(pieces)
    sizes = Counter(number for frame in numbers for number in frame if number != NOBODY)

    def elements() -> Iterator[Ranked]:
        for (time, persons), frame in zip(load(pieces), numbers, strict=True):
            for number, person in sorted(
                zip(frame, persons, strict=True), key=lambda pair: pair[0]
            ):
                if number != NOBODY:
                    element = {"Timestamp": time, "Person": {"Index": number, **person["shown"]}}
                    yield Ranked(number, -person["confidence"], element)

    return Merged({"TIMESTAMP": by_time(elements), "INDEX": by_group(elements, sizes)})


def _persons(photo: Photo) -> list[Element]:
    """The bodies of a frame, best first, and the faces that have none, largest first."""
    bodies = [
        each
        for each in find_objects(photo)
        if each.name == PERSON and each.confidence >= LEAST_BODY
    ]
    faces = face_analyzer().analyze(photo)
    pairs = assign(_head_distances(faces, bodies), FAR)
    face_of = {body: faces[face] for face, body in pairs}
    alone = [face for place, face in enumerate(faces) if place not in dict(pairs)]
    found = [_body(photo, each, face_of.get(place)) for place, each in enumerate(bodies)]
    faces_alone = (_face_alone(photo, face, bodies) for face in alone)
    return found + [each for each in faces_alone if each["confidence"] >= LEAST_FACE]


def _head_distances(faces: list[Face], bodies: list[FoundObject]) -> Array:
    """(n, m) how far each face is from where each body has its head, in heights of the face;
    infinite where it is not on top of it.
    """
    distances = np.full((len(faces), len(bodies)), np.inf)
    for row, box in enumerate(face.box for face in faces):
        for column, body in enumerate(each.box for each in bodies):
            if on_top(box, body):
                across = box.left + box.width / 2 - body.left - body.width / 2
                down = box.top + box.height / 2 - body.top - HEAD * body.height
                distances[row, column] = math.hypot(across / box.width, down / box.height)
    return distances


def _body(photo: Photo, body: FoundObject, face: Face | None) -> Element:
    shown: Element = {"BoundingBox": bounding_box(body.box)}
    sure = body.confidence
    if face is not None:
        sure = believed(sure, face)
        face = replace(face, confidence=supported(face.confidence, body.confidence))
        if face.confidence >= LEAST_FACE:
            shown["Face"] = face_detail(face)
    return _record(photo, body.box, sure, shown)


def _face_alone(photo: Photo, face: Face, bodies: list[FoundObject]) -> Element:
    """A person of whom no body is found; the box to follow is where it would be."""
    around = [body.confidence for body in bodies if on_top(face.box, body.box)]
    sure = supported(face.confidence, max(around)) if around else lonely(face.confidence)
    box = face.box
    middle = np.array([box.left + box.width / 2, box.top + box.height / 2] * 2)
    left, top, right, bottom = (
        (middle + BODY_AROUND_FACE * np.array([box.width, box.height] * 2)).clip(0, 1).tolist()
    )
    shown = {"Face": face_detail(replace(face, confidence=sure))}
    return _record(photo, BoundingBox(left, top, right - left, bottom - top), sure, shown)


def _record(photo: Photo, box: BoundingBox, confidence: float, shown: Element) -> Element:
    corners = [box.left, box.top, box.left + box.width, box.top + box.height]
    look = b64encode(body_look(photo, box).tobytes()).decode()
    return {**rounded({"corners": corners, "confidence": confidence, "shown": shown}), "look": look}


def _numbers(pieces: Pieces) -> list[list[int]]:
    """The person of everything found, by frame, numbered from 0 in the order of their beginnings;
    `NOBODY` for what was found by mistake, as far as can be told.
    """
    tracker = Tracker(RULES)
    tracks: list[list[int]] = []
    counts: Counter[int] = Counter()
    surest: dict[int, float] = {}
    for time, persons in load(pieces):
        frame = tracker.step(time, _boxes(persons)).tolist()
        tracks.append(frame)
        for track, person in zip(frame, persons, strict=True):
            counts[track] += 1
            surest[track] = max(surest.get(track, 0), person["confidence"])
    told = [
        track
        for track in sorted(counts)
        if track != NOBODY and (counts[track] > 1 or surest[track] >= LEAST_ALONE)
    ]
    index = {track: number for number, track in enumerate(told)}
    return [[index.get(track, NOBODY) for track in frame] for frame in tracks]


def _boxes(persons: list[Element]) -> Boxes:
    looks = [np.frombuffer(b64decode(person["look"]), np.uint8) for person in persons]
    return Boxes(
        np.array([person["corners"] for person in persons], float).reshape(-1, 4),
        np.array([person["confidence"] for person in persons], float),
        np.array(looks, float).reshape(-1, BODY_LOOK),
    )
