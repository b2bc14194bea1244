"""Draws on faces what too few photos show: sunglasses, and things held in front of a face.

Only training sees these; every figure in the model card is of photos as they were taken.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from sightline.vision.locator import Located
from sightline.vision.photo import Photo

Generator = np.random.Generator
Pixels = NDArray[np.uint8]

CHEEKS, NOSE, MOUTH, TEMPLES = [50, 280], 1, 13, [234, 454]
OUTLINE_POINTS = 24
ROUNDNESS = (2.0, 4.0)  # exponents of a superellipse, from an ellipse to nearly a rectangle


def sunglasses(photo: Photo, face: Located, chance: Generator) -> Photo:
    """The photo with dark lenses, a bridge and sidepieces on the face."""
    left, right = face.eyes
    across = right - left
    width, height = chance.uniform(0.55, 0.85), chance.uniform(0.38, 0.6)
    below = np.array([-across[1], across[0]]) * chance.uniform(0.02, 0.12)
    tint = tuple(int(each) for each in chance.integers(0, 45, 3))
    rim = tuple(int(each) for each in chance.integers(0, 120, 3))
    roundness = chance.uniform(*ROUNDNESS)
    thick = max(1, int(np.hypot(*across) * 0.05))
    image = Image.fromarray(photo.pixels)
    draw = ImageDraw.Draw(image)
    middles = [left + below, right + below]
    ends = [face.mesh.points[point, :2] for point in TEMPLES]
    for middle, end in zip(middles, ends, strict=True):
        draw.line([*map(tuple, (middle, end))], rim, thick)
    draw.line([*map(tuple, middles)], rim, thick)
    for middle in middles:
        lens = outline(middle, across * width / 2, height / width, roundness)
        draw.polygon(lens, tint, rim, thick)
    return _blurred(photo, image, thick)


def cover(photo: Photo, face: Located, chance: Generator) -> Photo:
    """The photo with a patch before mouth and nose: of the face's own skin, as a hand would be, or
    of any colour.
    """
    across = face.eyes[1] - face.eyes[0]
    low, high = face.mesh.points[MOUTH, :2], face.mesh.points[NOSE, :2]
    middle = low + (high - low) * chance.uniform(-0.2, 0.8) + across * chance.uniform(-0.3, 0.3)
    x, y = face.mesh.points[CHEEKS[int(chance.integers(2))], :2].astype(int)
    skin = photo.pixels[y.clip(0, len(photo.pixels) - 1), x.clip(0, photo.pixels.shape[1] - 1)]
    own = chance.random() < 0.5
    colour = skin * chance.uniform(0.7, 1.1, 3) if own else chance.integers(0, 256, 3)
    turned = _turned(across, chance.uniform(-0.9, 0.9)) * chance.uniform(0.5, 0.9)
    shape = outline(middle, turned, chance.uniform(0.5, 1.0), chance.uniform(*ROUNDNESS))
    mask = Image.new("L", photo.pixels.shape[1::-1])
    ImageDraw.Draw(mask).polygon(shape, 255)
    shade = np.linspace(chance.uniform(0.6, 1), chance.uniform(0.6, 1.2), len(photo.pixels))
    patch = np.asarray(colour, float) * shade[:, None, None] + chance.normal(
        0, 6, photo.pixels.shape
    )
    image = Image.fromarray(photo.pixels)
    image.paste(Image.fromarray(patch.clip(0, 255).astype(np.uint8)), mask=mask)
    return _blurred(photo, image, max(1, int(np.hypot(*across) * 0.05)))


def outline(
    middle: NDArray[np.float32], half: NDArray[np.float32], ratio: float, roundness: float
) -> list[tuple[float, float]]:
    """Points of a superellipse around `middle` whose half axis is the vector `half`, the other
    `ratio` times as long.
    """
    angles = np.linspace(0, 2 * np.pi, OUTLINE_POINTS, endpoint=False)
    cos, sin = np.cos(angles), np.sin(angles)
    u, v = (np.sign(each) * np.abs(each) ** (2 / roundness) for each in (cos, sin))
    other = np.array([-half[1], half[0]]) * ratio
    points = middle + u[:, None] * half + v[:, None] * other
    return [(float(x), float(y)) for x, y in points]


def _turned(vector: NDArray[np.float32], angle: float) -> NDArray[np.float32]:
    cos, sin = np.cos(angle), np.sin(angle)
    turned: NDArray[np.float32] = np.array([[cos, -sin], [sin, cos]], np.float32) @ vector
    return turned


def _blurred(photo: Photo, image: Image.Image, edge: int) -> Photo:
    """What was drawn is as soft as the photo around it."""
    soft = image.filter(ImageFilter.GaussianBlur(edge / 3))
    changed = np.any(np.asarray(image) != photo.pixels, axis=2)
    grown = Image.fromarray((changed * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    pixels = np.where(np.asarray(grown)[..., None] > 0, np.asarray(soft), photo.pixels)
    return Photo(pixels, photo.width, photo.height)
