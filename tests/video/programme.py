"""A little broadcast that tests take apart: scenes, bars, slates, titles and credits."""

from functools import cache

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.Image import Image as Picture

from tests.video.making import Make, Pixels, Track, video

SIZE = (320, 180)
FPS = 25
CUES = [
    ("ColorBars", 0, 25),
    ("BlackFrames", 25, 50),
    ("Slate", 50, 85),
    ("BlackFrames", 85, 100),
    ("OpeningCredits", 100, 175),
    ("Content", 175, 375),
    ("BlackFrames", 375, 395),
    ("EndCredits", 395, 495),
    ("BlackFrames", 495, 515),
]
SLATE = ("PRODUCTION: THE LAST RUN", "EPISODE: 12   REEL: 1", "DURATION: 00:42:10", "AUDIO: STEREO")
CREDITS = ("Directed by", "Marta Oliveira", "", "Camera", "Peter Brown", "John Kowalski", "") * 3


@cache
def _ground(number: int) -> Pixels:
    """A wide landscape of soft shapes in its own colours."""
    rng = np.random.default_rng(100 + number)
    small = rng.integers(0, 256, (6, 24, 3), np.uint8)
    tint = np.array([(200, 120, 60), (60, 160, 190), (120, 200, 80), (190, 70, 150)][number % 4])
    mixed = (small * 0.5 + tint * 0.5).astype(np.uint8)
    image = Image.fromarray(mixed).resize((1280, SIZE[1]), Image.Resampling.BICUBIC)
    return np.asarray(image)


def view(number: int, left: int) -> Pixels:
    """What a camera sees of a landscape from `left` on."""
    return _ground(number)[:, left : left + SIZE[0]].copy()


def scene(number: int, frames: int) -> list[Pixels]:
    """A shot in which something walks by."""
    shown = []
    for frame in range(frames):
        picture = view(number, 40 * (number // 4))
        at = 20 + 3 * frame
        picture[90:130, at : at + 16] = (40 * (number % 5), 30, 90)
        shown.append(picture)
    return shown


def dissolved(before: list[Pixels], after: list[Pixels], length: int) -> list[Pixels]:
    """One after the other, with `length` frames in which the first turns into the second."""
    mixed = [
        (one * (1 - share) + other * share).astype(np.uint8)
        for one, other, share in zip(
            before[-length:],
            after[:length],
            np.arange(1, length + 1) / (length + 1),
            strict=True,
        )
    ]
    return [*before[:-length], *mixed, *after[length:]]


@cache
def bars(kind: str, size: tuple[int, int]) -> Pixels:
    """FFmpeg's own colour bars."""
    graph = av.filter.Graph()
    source = graph.add(kind, f"size={size[0]}x{size[1]}:rate=25")
    converted, sink = graph.add("format", "rgb24"), graph.add("buffersink")
    source.link_to(converted)
    converted.link_to(sink)
    graph.configure()
    frame = graph.pull()
    assert isinstance(frame, av.VideoFrame)
    return frame.to_ndarray().astype(np.uint8)


def written(
    picture: Picture, lines: tuple[str, ...], place: tuple[int, int], ink: str, middle: bool
) -> Pixels:
    """The picture with lines of text below `place`: to its right, or around it."""
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(13)
    left, top = place
    for number, line in enumerate(lines):
        at = left - draw.textlength(line, font) / 2 if middle else left
        draw.text((at, top + 20 * number), line, ink, font)
    return np.asarray(picture)


def slate() -> Pixels:
    """A white card with columns of text."""
    return written(Image.new("RGB", SIZE, "white"), SLATE, (30, 40), "black", middle=False)


def titles() -> list[Pixels]:
    """Three seconds of a scene with three titles, one after the other."""
    shown = []
    for number, picture in enumerate(scene(3, 75)):
        name = ("A LUMEN FILM", "MARTA OLIVEIRA", "PETER BROWN")[number // 25]
        image = Image.fromarray((picture * 0.5).astype(np.uint8))
        shown.append(written(image, (name,), (160, 140), "white", middle=True))
    return shown


def credits_() -> list[Pixels]:
    """Four seconds of lines that roll."""
    tall = written(
        Image.new("RGB", (SIZE[0], 440)), CREDITS, (SIZE[0] // 2, 10), "white", middle=True
    )
    return [tall[2 * number : 2 * number + SIZE[1]] for number in range(100)]


@cache
def broadcast() -> bytes:
    """Twenty seconds whose cues are `CUES`; a tone goes with the bars."""
    black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    shown = [bars("smptehdbars", SIZE)] * 25 + [black] * 25 + [slate()] * 35 + [black] * 15
    shown += titles()
    for number, frames in enumerate((50, 60, 40, 50)):
        shown += scene(number, frames)
    shown += [black] * 20 + credits_() + [black] * 20
    tracks = [Track([(1000, 0.3), (19_600, 0.0)])]
    return video(shown, Make(fps=FPS, coding={"preset": "ultrafast"}, tracks=tracks))


def emblem() -> Pixels:
    """A disc on dark blue, with a name below."""
    picture = Image.new("RGB", SIZE, (10, 20, 70))
    ImageDraw.Draw(picture).ellipse((125, 45, 195, 115), fill=(220, 170, 40))
    return written(picture, ("LUMEN PICTURES",), (160, 130), "white", middle=True)


def card(*lines: str) -> Pixels:
    """White text on black."""
    return written(Image.new("RGB", SIZE), lines, (160, 60), "white", middle=True)
