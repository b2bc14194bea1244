"""Which colours a picture is made of, in few words: CSS's names and twelve simple ones.

Pixels are grouped in CIELAB, where a distance is about what the eye sees as a difference; the
groups start from fixed places, so that the same picture always has the same colours.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

Array = NDArray[np.float64]

# Colours closer than this in CIELAB (CIE 1976 difference) are told as one: about four times what
# a trained eye just tells apart (2.3; Mahy et al. 1994).
DISTINCT = 10.0
ROUNDS = 8
# sRGB to XYZ (IEC 61966-2-1), and D65's white.
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])
BINS_PER_CHANNEL = 32
# Samples of the simple names but black, grey and white: a colour has the name of the nearest.
SIMPLE = {
    "red": ("#ff0000", "#b22222", "#dc143c", "#cd5c5c", "#8b0000"),
    "orange": ("#ff8c00", "#ffa500", "#ff7f50", "#ffdab9"),
    "brown": ("#8b4513", "#a0522d", "#d2691e", "#d2b48c", "#5c4033", "#b8860b", "#ad886d"),
    "yellow": ("#ffff00", "#ffd700", "#f0e68c", "#fffacd"),
    "green": ("#008000", "#00ff00", "#556b2f", "#2e8b57", "#90ee90", "#adff2f", "#808000"),
    "cyan": ("#00ffff", "#40e0d0", "#008b8b", "#afeeee"),
    "blue": (
        "#0000ff",
        "#0000cd",
        "#000080",
        "#191970",
        "#4169e1",
        "#4682b4",
        "#87cefa",
        "#add8e6",
    ),
    "purple": ("#800080", "#8a2be2", "#9370db", "#4b0082", "#483d8b"),
    "pink": ("#ffc0cb", "#ff69b4", "#ff1493", "#ff00ff"),
}
# Below this chroma in CIELAB a colour is black, grey or white, by its lightness; in the dark, black
# has a tinge too.
GREY_CHROMA = 11.0
BLACK_LIGHTNESS, WHITE_LIGHTNESS = 20.0, 90.0
TINGED_BLACK_LIGHTNESS = 12.0
# How much a difference in lightness counts beside one in hue or chroma: navy is as blue as azure.
LIGHTNESS_WEIGHT = np.array([0.5, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class DominantColour:
    """A group of similar pixels.

    Attributes:
        rgb: their mean, 0-255.
        css: the nearest of CSS's named colours.
        simple: one of twelve names.
        percent: 0 to 100, of the pixels looked at.
    """

    rgb: tuple[int, int, int]
    css: str
    simple: str
    percent: float


def dominant_colours(pixels: NDArray[np.uint8], most: int) -> list[DominantColour]:
    """At most `most` colours of (n, 3) RGB pixels, the most frequent first.

    Every pixel belongs to one of them: the percentages add up to 100.
    """
    if not most or not len(pixels):
        return []
    colours, counts = _binned(pixels)
    groups = _grouped(_lab(colours), counts, most)
    found = []
    for group in np.unique(groups):
        weights = counts[groups == group]
        mean = weights @ colours[groups == group] / weights.sum()
        red, green, blue = (int(each) for each in mean.round())
        name = css_name((red, green, blue))
        percent = 100 * float(weights.sum()) / len(pixels)
        found.append(
            DominantColour((red, green, blue), name, simple_name((red, green, blue)), percent)
        )
    return sorted(found, key=lambda colour: -colour.percent)


def css_name(rgb: tuple[int, int, int]) -> str:
    """The nearest in CIELAB of the named colours of CSS Color Module Level 4."""
    names, places = _css()
    return names[_nearest(_lab(np.array([rgb], float)), places)]


def simple_name(rgb: tuple[int, int, int]) -> str:
    """Black, grey, white or one of the nine names of `SIMPLE`."""
    place = _lab(np.array([rgb], float))
    lightness, *opponents = place[0].tolist()
    if lightness < TINGED_BLACK_LIGHTNESS:
        return "black"
    if np.hypot(*opponents) < GREY_CHROMA:
        if lightness < BLACK_LIGHTNESS:
            return "black"
        return "white" if lightness > WHITE_LIGHTNESS else "grey"
    names, places = _samples()
    return names[_nearest(place * LIGHTNESS_WEIGHT, places * LIGHTNESS_WEIGHT)]


@cache
def _css() -> tuple[list[str], Array]:
    # CSS has two names for nine colours; these are not the service's. Only plain gray has an a.
    others = {"aqua", "fuchsia", "grey"}
    others |= {name for name in ImageColor.colormap if "gray" in name and name != "gray"}
    names = sorted(ImageColor.colormap.keys() - others)
    return names, _lab(np.array([ImageColor.getrgb(name)[:3] for name in names], float))


@cache
def _samples() -> tuple[list[str], Array]:
    pairs = [(name, code) for name, codes in SIMPLE.items() for code in codes]
    places = _lab(np.array([ImageColor.getrgb(code)[:3] for _, code in pairs], float))
    return [name for name, _ in pairs], places


def _nearest(place: Array, places: Array) -> int:
    return int(((places - place) ** 2).sum(1).argmin())


def _binned(pixels: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Mean colours (m, 3) and counts (m,) of the cells of a cube that the (n, 3) pixels fill."""
    places_in_cube = np.array([BINS_PER_CHANNEL**2, BINS_PER_CHANNEL, 1])
    cells = (pixels // (256 // BINS_PER_CHANNEL)) @ places_in_cube
    _, places, found = np.unique(cells, return_inverse=True, return_counts=True)
    counts = found.astype(np.float64)
    sums = np.stack([np.bincount(places, pixels[:, channel]) for channel in range(3)], 1)
    return sums / counts[:, None], counts


def _lab(rgb: Array) -> Array:
    """(n, 3) sRGB, 0-255, to CIELAB (CIE 15:2004)."""
    linear = np.where(rgb <= 0.04045 * 255, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4)
    x = linear @ TO_XYZ.T / WHITE
    f = np.where(x > (6 / 29) ** 3, np.cbrt(x), x * (29 / 6) ** 2 / 3 + 4 / 29)
    first, second, third = f.T
    return np.stack([116 * second - 16, 500 * (first - second), 200 * (second - third)], 1)


def _grouped(places: Array, weights: Array, most: int) -> NDArray[np.int64]:
    """The group (n,) of each place (n, 3): weighted k-means from `_starts`."""
    centres = _starts(places, weights, most)
    groups = _assigned(places, centres)
    for _ in range(ROUNDS):
        used = np.unique(groups)
        shares = (groups[None] == used[:, None]) * weights
        centres = shares @ places / shares.sum(1, keepdims=True)
        groups = _assigned(places, _apart(centres, shares.sum(1)))
    return groups


def _starts(places: Array, weights: Array, most: int) -> Array:
    """At most `most` places: the heaviest, then each that is heavy and far from those before."""
    chosen = [int(weights.argmax())]
    distance = ((places - places[chosen[0]]) ** 2).sum(1)
    while len(chosen) < most and distance.max() >= DISTINCT**2:
        pull = np.where(distance >= DISTINCT**2, weights * distance, 0)
        chosen.append(int(pull.argmax()))
        distance = np.minimum(distance, ((places - places[chosen[-1]]) ** 2).sum(1))
    return places[chosen]


def _apart(centres: Array, weights: Array) -> Array:
    """The centres, heaviest first, without those that are not distinct from a heavier one."""
    kept: list[int] = []
    for each in np.argsort(-weights, kind="stable"):
        if not kept or ((centres[kept] - centres[each]) ** 2).sum(1).min() >= DISTINCT**2:
            kept.append(int(each))
    return centres[kept]


def _assigned(places: Array, centres: Array) -> NDArray[np.int64]:
    nearest: NDArray[np.int64] = ((places[:, None] - centres[None]) ** 2).sum(2).argmin(1)
    return nearest
