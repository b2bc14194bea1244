"""Tells drawings, nudity and suggestive photos from the rest (nsfwjs' Inception v3)."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightline.vision.photo import Photo
from sightline.vision.session import Session, open_session

CLASSES = ("Drawing", "Hentai", "Neutral", "Porn", "Sexy")
SIZE = 299
CALM = ("Drawing", "Neutral")
# Share of `CALM` from which a frame needs no second look.
CALM_ENOUGH = 0.8
GREY = (128, 128, 128)


class NudityReader:
    """A photo in, the share of each class out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, pixels: NDArray[np.uint8]) -> dict[str, float]:
        """Shares by class, 0 to 1, together 1; pixels are (h, w, 3) RGB."""
        (shares,) = self._session.run(["classes"], {"image": preprocess(pixels)})
        return dict(zip(CLASSES, shares[0].tolist(), strict=True))

    def read_frame(self, pixels: NDArray[np.uint8]) -> dict[str, float]:
        """The same of a frame of a video: of two looks the calmer one.

        A wide frame is squeezed far, and what is harmless looks like skin. So one that is not calm
        is looked at in its own shape, too, between grey bars. Of 208 frames of ten ordinary clips
        53 are told to show Porn or Hentai by the first look, 9 by both; how much is missed by
        asking twice is not known, for there are no such videos here.
        """
        first = self.read(pixels)
        if _calm(first) >= CALM_ENOUGH:
            return first
        return max(first, self.read(framed(pixels)), key=_calm)


def _calm(shares: dict[str, float]) -> float:
    return sum(shares[each] for each in CALM)


def framed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(SIZE, SIZE, 3): (h, w, 3) RGB in its own shape, in the middle of grey."""
    height, width = pixels.shape[:2]
    scale = SIZE / max(height, width)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    page = Image.new("RGB", (SIZE, SIZE), GREY)
    small = Image.fromarray(pixels).resize(inner, Image.Resampling.BILINEAR)
    page.paste(small, ((SIZE - inner[0]) // 2, (SIZE - inner[1]) // 2))
    return np.asarray(page)


def preprocess(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, 3) RGB to (1, 3, 299, 299), 0 to 1; squeezed, as the network learnt."""
    squeezed = Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    image = np.asarray(squeezed, np.float32) / np.float32(255)
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])


def read_nudity(photo: Photo) -> dict[str, float]:
    """The share of each of `CLASSES` in a photo, 0 to 1; looked at once."""
    return photo.once("nudity", lambda: NudityReader(open_session("nudity")).read(photo.pixels))


def read_frame_nudity(photo: Photo) -> dict[str, float]:
    """The share of each of `CLASSES` in a frame of a video, 0 to 1."""
    return NudityReader(open_session("nudity")).read_frame(photo.pixels)
