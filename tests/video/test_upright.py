"""Frames look as a player shows them: upright, of square pixels, in the right colours."""

from fractions import Fraction
from io import BytesIO

import numpy as np
import pytest
from av.video.frame import VideoFrame

from sightline.domain.video.kinds import Span
from sightline.video.frames import Frame, open_video
from tests.video.making import Make, Pixels, plain, video

WHOLE = Span(0, 10**9)
CORNERS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 40, 210), "grey": (128,) * 3}
# Top left, top right, bottom right, bottom left, after turning counterclockwise.
TURNED = {
    0: ("red", "green", "blue", "grey"),
    90: ("green", "blue", "grey", "red"),
    180: ("blue", "grey", "red", "green"),
    270: ("grey", "red", "green", "blue"),
}


def frame(data: bytes) -> Frame:
    """The first one."""
    with open_video(BytesIO(data)) as opened:
        return next(opened.frames(WHOLE, 1000))


def corners(pixels: Pixels) -> tuple[str, ...]:
    """The names of the corners' colours, clockwise from the top left."""
    height, width = pixels.shape[:2]
    places = [(4, 4), (4, width - 5), (height - 5, width - 5), (height - 5, 4)]
    return tuple(
        min(CORNERS, key=lambda name: np.abs(pixels[place] - np.array(CORNERS[name], float)).sum())
        for place in places
    )


def quarters(width: int = 64, height: int = 48) -> Pixels:
    page = plain(CORNERS["red"], width, height)
    page[: height // 2, width // 2 :] = CORNERS["green"]
    page[height // 2 :, width // 2 :] = CORNERS["blue"]
    page[height // 2 :, : width // 2] = CORNERS["grey"]
    return page


@pytest.mark.parametrize("rotation", TURNED)
def test_frames_are_upright(rotation: int) -> None:
    found = frame(video([quarters()] * 3, Make(rotation=rotation)))
    width, height = (48, 64) if rotation in {90, 270} else (64, 48)
    assert found.pixels.shape == (height, width, 3)
    assert (found.width, found.height) == (width, height)
    assert found.pixels.flags.c_contiguous
    assert corners(found.pixels) == TURNED[rotation]


def test_a_phone_held_upright() -> None:
    """It writes (0, 1, 0, -1, 0, 0...): columns become rows, and the first row is at the right."""
    data = video([quarters()] * 3, Make(rotation=270))
    at = data.index(b"tkhd") + 4 + 40
    matrix = np.frombuffer(data[at : at + 20], ">i4") / 65536
    assert matrix.tolist() == [0, 1, 0, -1, 0]
    assert corners(frame(data).pixels) == ("grey", "red", "green", "blue")


def test_a_mirrored_picture() -> None:
    data = bytearray(video([quarters()] * 3))
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 4] = np.array([-65536], ">i4").tobytes()
    assert corners(frame(bytes(data)).pixels) == ("green", "red", "grey", "blue")


@pytest.mark.parametrize(
    ("aspect", "rotation", "shape"),
    [
        (Fraction(64, 45), 0, (48, 91)),
        (Fraction(1, 2), 0, (96, 64)),
        (Fraction(2), 90, (128, 48)),
        (Fraction(1), 0, (48, 64)),
    ],
)
def test_pixels_are_square(aspect: Fraction, rotation: int, shape: tuple[int, int]) -> None:
    found = frame(video([quarters()] * 3, Make(aspect=aspect, rotation=rotation)))
    assert found.pixels.shape == (*shape, 3)
    assert {found.width, found.height} == {64, 48}
    assert corners(found.pixels) == TURNED[rotation]


def test_large_frames_are_made_smaller() -> None:
    found = frame(video([quarters(1920, 1080)] * 2))
    assert found.pixels.shape == (720, 1280, 3)
    assert (found.width, found.height) == (1920, 1080)
    found = frame(video([quarters(1440, 1080)] * 2, Make(aspect=Fraction(4, 3), rotation=90)))
    assert found.pixels.shape == (1280, 720, 3)
    assert (found.width, found.height) == (1080, 1440)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuvj420p"])
@pytest.mark.parametrize("size", [(64, 48), (62, 46)])
def test_formats_of_pixels(pixels: str, size: tuple[int, int]) -> None:
    data = video([quarters(*size)] * 3, Make(pixels=pixels))
    assert corners(frame(data).pixels) == TURNED[0]
    with open_video(BytesIO(data)) as opened:
        found = next(opened.pictures(WHOLE))
    assert found.luma.shape == size[::-1]
    assert found.u.shape == found.v.shape
    assert found.u.shape[1] == size[0] // (1 if "444" in pixels else 2)
    assert found.bits == (10 if "10" in pixels else 8)
    assert found.full == pixels.startswith("yuvj")
    assert found.luma.dtype == (np.uint16 if "10" in pixels else np.uint8)


def test_an_odd_size() -> None:
    data = video([quarters(63, 47)] * 3, Make(pixels="yuv444p"))
    assert frame(data).pixels.shape == (47, 63, 3)
    with open_video(BytesIO(data)) as opened:
        assert next(opened.pictures(WHOLE)).luma.shape == (47, 63)


def test_rgb_is_measured_as_luma_and_chroma() -> None:
    data = video([plain((128, 128, 128))] * 3, Make(codec="libx264rgb", pixels="rgb24"))
    with open_video(BytesIO(data)) as opened:
        found = next(opened.pictures(WHOLE))
    assert abs(int(found.luma[20, 20]) - 128) <= (3 if found.full else 6)
    assert abs(int(found.u[20, 20]) - 128) <= 2


def samples(luma: int, u: int, v: int, width: int, height: int) -> VideoFrame:
    page = np.full((height * 3 // 2, width), luma, np.uint8)
    page[height : height * 5 // 4] = u
    page[height * 5 // 4 :] = v
    return VideoFrame.from_ndarray(page, "yuv420p")


@pytest.mark.parametrize(
    ("given", "size", "coding"),
    [
        ((81, 90, 240), (64, 48), {}),  # red by BT.601 (table of BT.601-7's levels)
        ((63, 102, 240), (1280, 720), {}),  # red by BT.709
        ((63, 102, 240), (64, 48), {"colorspace": "bt709"}),
        ((81, 90, 240), (1280, 720), {"colorspace": "smpte170m"}),
        ((76, 85, 255), (64, 48), {"color_range": "pc"}),
    ],
    ids=["standard", "high", "says 709", "says 601", "full range"],
)
def test_colours(
    given: tuple[int, int, int], size: tuple[int, int], coding: dict[str, str]
) -> None:
    found = frame(video([samples(*given, *size)] * 2, Make(coding=coding))).pixels
    assert np.abs(found[size[1] // 2, size[0] // 2].astype(int) - (255, 0, 0)).max() <= 4


def test_black_and_white_of_the_limited_range() -> None:
    for level, value in ((16, 0), (235, 255)):
        found = frame(video([samples(level, 128, 128, 64, 48)] * 2)).pixels
        assert np.abs(found.astype(int) - value).max() <= 2
