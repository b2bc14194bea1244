"""Scenes of people whose portraits stand somewhere in a room, for the tests of who is who."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import pairwise

import numpy as np
from PIL import Image

from sightline.domain.video.kinds import KINDS, Element, Span
from sightline.video.frames import open_video
from tests.video.making import Make, Pixels, video
from tests.video.work import listed

WIDTH, HEIGHT = 320, 192
WALL = (150, 160, 140)
LEFT, RIGHT = 20, 170  # places that do not touch

Portrait = Image.Image


def eileen(astronaut: bytes) -> Portrait:
    """The astronaut in her suit, 100 by 160."""
    return _portrait(astronaut, (100, 0, 350, 400))


def grace(admiral: bytes) -> Portrait:
    """The admiral in her uniform, 133 by 160."""
    return _portrait(admiral, (60, 0, 460, 480))


def _portrait(photo: bytes, box: tuple[int, int, int, int]) -> Portrait:
    image = Image.open(BytesIO(photo)).convert("RGB").crop(box)
    return image.resize((round(image.width * 160 / image.height), 160))


def scene(*people: tuple[Portrait, float], wall: tuple[int, int, int] = WALL) -> Pixels:
    """A room in which portraits stand, each with its left side, the later before the earlier."""
    room = Image.new("RGB", (WIDTH, HEIGHT), wall)
    for image, left in people:
        room.paste(image, (round(left), HEIGHT - image.height))
    return np.asarray(room)


def film(scenes: Iterable[Pixels], fps: int) -> bytes:
    """A video of scenes, each a frame."""
    return video(scenes, Make(fps=fps, gop=fps, b_frames=0))


def analysed(kind: str, data: bytes, pieces: int = 1) -> list[bytes]:
    """What the pieces of a video hold, all equally long."""
    with open_video(BytesIO(data)) as opened:
        cuts = [opened.info.duration * number // pieces for number in range(pieces + 1)]
        work = KINDS[kind].work
        return [work.analyse(opened, Span(*ends), {}) for ends in pairwise(cuts)]


def merged(kind: str, pieces: Sequence[bytes], **request: object) -> dict[str, list[Element]]:
    """The lists of a job by order."""
    return listed(kind, pieces, dict(request), {})[0]
