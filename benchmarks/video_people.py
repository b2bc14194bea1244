"""Face search on a film of fourteen shots of known people, and how steadily persons are tracked.

The collection has the ten people of the film from all their other photos. Of tracks there is no
ground truth, so these rows only count: how many indices a clip has, beside the number of people
whom we saw in it, frame by frame.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.recognition import vectors
from benchmarks.results import Row
from sightline.domain.search import THRESHOLD
from sightline.domain.similarity import similarity
from sightline.domain.video import face_search, person_tracking
from sightline.domain.video.face_tracks import find_people, seen_faces
from sightline.domain.video.kinds import Span
from sightline.video.frames import open_video

FILM = data.DATA / "video" / "synth" / "faces_timeline.mp4"
CLIPS = data.DATA / "video" / "people"
LEAST_RIGHT = 13  # of the film's shots
# Whom we saw in each clip, the shortest clips first.
PEOPLE = {
    "mmaction2_demo_skeleton": 2,
    "helmet2": 1,
    "helmet1": 9,
    "mmaction2_test": 1,
    "intel_one-by-one-person-detection": 6,
}

Album = Mapping[str, NDArray[np.float32]]  # person: (photos, 128)


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    shots = json.loads(FILM.with_suffix(".gt.json").read_text())["segments"]
    right, wrong = named(shots, names_by_time(album({Path(each["desc"]).name for each in shots})))
    return [
        Row(
            "FaceSearch, right person in a shot of faces_timeline",
            f"≥ {LEAST_RIGHT} of {len(shots)}",
            f"{right} of {len(shots)}",
            right >= LEAST_RIGHT,
        ),
        Row("FaceSearch, wrong names at the default threshold", "0", str(wrong), not wrong),
        *(
            Row(f"PersonTracking, indices in {clip}", f"{people} seen by eye", str(seen), None)
            for clip, people in list(PEOPLE.items())[: 2 if short else None]
            for seen in [indices(clip)]
        ),
    ]


def album(used: set[str]) -> Album:
    """The people's photos but for those in use, as vectors."""
    photos = [path for path in data.colour_images() if path.name not in used]
    found: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for path, vector in vectors(photos).items():
        found[path.parent.name].append(vector)
    return {name: np.array(each) for name, each in found.items()}


def names_by_time(known: Album) -> list[tuple[int, set[str]]]:
    """Milliseconds of each face of the film, with all names that its person matches."""
    with FILM.open("rb") as file, open_video(file) as video:
        piece = face_search.analyse(video, Span(0, video.info.duration), {})
    pieces = [lambda: piece]
    people = find_people(pieces)
    names = {
        person: {
            name
            for name, photos in known.items()
            if similarity(float((photos @ np.frombuffer(vector, "<f4")).max())) >= THRESHOLD
        }
        for person, vector in people.vectors.items()
    }
    return [
        (face.milliseconds, names.get(face.person, set())) for face in seen_faces(pieces, people)
    ]


def named(shots: list[dict[str, Any]], names: list[tuple[int, set[str]]]) -> tuple[int, int]:
    """Shots in which their person is found, and names given in a shot that are not its person's."""
    right = wrong = 0
    for shot in shots:
        person = Path(shot["desc"]).parent.name
        inside = [each for time, each in names if shot["start_ms"] <= time < shot["end_ms"]]
        right += any(person in each for each in inside)
        wrong += len({name for each in inside for name in each} - {person})
    return right, wrong


def indices(clip: str) -> int:
    """How many persons the tracking of a clip tells apart."""
    with (CLIPS / f"{clip}.mp4").open("rb") as file, open_video(file) as video:
        piece = person_tracking.analyse(video, Span(0, video.info.duration), {})
    found = person_tracking.merge([lambda: piece], {}, {}).orders["TIMESTAMP"]
    return len({each["Person"]["Index"] for each in found})
