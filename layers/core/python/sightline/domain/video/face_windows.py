"""Looks for faces in a piece of a video: finds them in sampled frames, links them inside windows of
fixed time, and embeds the best of each chain, two as a rule, rather than every face.

Windows do not depend on where a video is cut into pieces, for pieces start where a window does.
"""

import math
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.domain.face_detail import face_detail
from sightline.domain.quality import Size, shortcomings
from sightline.domain.similarity import cosine_at
from sightline.domain.video.kinds import Span
from sightline.domain.video.records import dump, rounded
from sightline.domain.video.samples import look_at
from sightline.video.tracker import Boxes, Rules, Tracker
from sightline.vision.face import Face
from sightline.vision.faces import face_analyzer
from sightline.vision.look import FACE_LOOK, face_look
from sightline.vision.photo import Photo

if TYPE_CHECKING:
    from sightline.video.frames import Video

WINDOW = 5000  # ms
LEAST_CONFIDENCE = 50.0  # of a face that is told of
# Half a second apart, faces of one person in one shot look alike by 0.84 to 1.00, those of two
# people on either side of a cut by at most 0.83 (`faces_timeline` and three clips of people). A
# chain that is cut for nothing costs another embedding.
ALIKE = 0.86
RULES = Rules(sure=0, rim=0.5, overlap=0.1, alike=ALIKE, lost=1000)
# Of the similarity of a chain's two embeddings; below it, the chain is not of one person.
ONE_PERSON = 80.0
LARGE = 150  # pixels of a face's shorter side: the embedder's own input


@dataclass(slots=True, eq=False)
class _Sight:
    """A face in a frame."""

    photo: Photo
    face: Face
    look: NDArray[np.uint8]
    milliseconds: int = 0  # known once its frame's turn comes
    _vector: list[NDArray[np.float32]] = field(default_factory=list)

    @property
    def vector(self) -> NDArray[np.float32]:
        """(128,), embedded once."""
        if not self._vector:
            self._vector.append(face_analyzer().embed(self.photo, [self.face])[0])
        return self._vector[0]

    @property
    def worth(self) -> float:
        """How far its embedding can be trusted, 0 to 1: large, frontal, sharp; 0 where it fails
        the bar that IndexFaces has by default.
        """
        height, width = self.photo.pixels.shape[:2]
        size = Size(width, height)
        if shortcomings(self.face, size, "AUTO"):
            return 0.0
        box, pose = self.face.box, self.face.pose
        side = min(box.width * size.width, box.height * size.height)
        frontal = math.cos(math.radians(pose.yaw)) * math.cos(math.radians(pose.pitch))
        return min(side / LARGE, 1) * frontal * (1 + self.face.quality.sharpness / 100) / 2


def analyse(video: "Video", span: Span, request: dict[str, Any]) -> bytes:
    """A record of each window: its faces with the default attributes, each with its chain's place
    among the chains, which are in the order in which they begin.
    """
    del request
    frames = look_at(video, span, _look)
    windows = groupby(frames, key=lambda frame: frame[0] // WINDOW)
    return dump(_record(_chains(window)) for _, window in windows)


def _record(chains: list[list[_Sight]]) -> dict[str, Any]:
    faces = [
        [sight.milliseconds, place, rounded(face_detail(sight.face))]
        for place, chain in enumerate(chains)
        for sight in chain
    ]
    return {"faces": faces, "chains": [_ends(chain) for chain in chains]}


def _chains(window: Iterable[tuple[int, list[_Sight]]]) -> list[list[_Sight]]:
    """The faces of a window by person, as far as it can be told there."""
    tracker = Tracker(RULES)
    linked: dict[int, list[_Sight]] = defaultdict(list)
    for milliseconds, sights in window:
        numbers = tracker.step(milliseconds, _boxes(sights))
        for number, sight in zip(numbers.tolist(), sights, strict=True):
            sight.milliseconds = milliseconds
            linked[number].append(sight)
    parts = [part for chain in linked.values() for part in _parted(chain)]
    return sorted(parts, key=lambda part: (part[0].milliseconds, -part[0].face.box.area))


def _look(photo: Photo) -> list[_Sight]:
    return [
        _Sight(photo, face, face_look(photo, face.located))
        for face in face_analyzer().analyze(photo)
        if face.confidence >= LEAST_CONFIDENCE and face.located is not None
    ]


def _boxes(sights: list[_Sight]) -> Boxes:
    boxes = [sight.face.box for sight in sights]
    corners = [[b.left, b.top, b.left + b.width, b.top + b.height] for b in boxes]
    return Boxes(
        np.array(corners, float).reshape(-1, 4),
        np.array([sight.face.confidence for sight in sights]),
        np.array([sight.look for sight in sights], float).reshape(-1, FACE_LOOK),
    )


def _best(chain: list[_Sight]) -> list[_Sight]:
    """The sights to embed: the best one of either half, so that they are apart in time."""
    middle = (len(chain) + 1) // 2
    halves = [half for half in (chain[:middle], chain[middle:]) if half]
    best = [max(half, key=lambda sight: sight.worth) for half in halves]
    return [sight for sight in best if sight.worth > 0]


def _parted(chain: list[_Sight]) -> Iterator[list[_Sight]]:
    """The chain, or its parts where its faces are not of one person."""
    best = _best(chain)
    if len(best) < 2 or _cosine(*best) >= cosine_at(ONE_PERSON):
        yield chain
        return
    before, after = chain.index(best[0]), chain.index(best[1])
    while after - before > 1:
        middle = (before + after) // 2
        if _cosine(chain[middle], best[0]) > _cosine(chain[middle], best[1]):
            before = middle
        else:
            after = middle
    yield from _parted(chain[:after])
    yield from _parted(chain[after:])


def _cosine(one: _Sight, other: _Sight) -> float:
    return float(one.vector @ other.vector)


def _ends(chain: list[_Sight]) -> dict[str, Any]:
    """When a chain's faces are, where the first and the last is and what it looks like, and what
    was embedded.
    """
    ends = [chain[0], chain[-1]]
    vectors = [sight.vector.astype("<f4").tobytes() for sight in _best(chain)]
    return {
        "times": [sight.milliseconds for sight in chain],
        "boxes": _boxes(ends).corners.tolist(),
        "looks": [b64encode(sight.look.tobytes()).decode() for sight in ends],
        "vectors": [b64encode(vector).decode() for vector in vectors],
    }
