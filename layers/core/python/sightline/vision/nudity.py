"""Tells drawings, nudity and suggestive photos from the rest (nsfwjs' Inception v3)."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightline.vision.photo import Photo
from sightline.vision.session import Session, open_session

CLASSES = ("Drawing", "Hentai", "Neutral", "Porn", "Sexy")
SIZE = 299


class NudityReader:
    """A photo in, the share of each class out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, pixels: NDArray[np.uint8]) -> dict[str, float]:
        """Shares by class, 0 to 1, together 1; pixels are (h, w, 3) RGB."""
        (shares,) = self._session.run(["classes"], {"image": preprocess(pixels)})
        return dict(zip(CLASSES, shares[0].tolist(), strict=True))


def preprocess(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, 3) RGB to (1, 3, 299, 299), 0 to 1; squeezed, as the network learnt."""
    squeezed = Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    image = np.asarray(squeezed, np.float32) / np.float32(255)
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])


def read_nudity(photo: Photo) -> dict[str, float]:
    """The share of each of `CLASSES` in a photo, 0 to 1; looked at once."""
    return photo.once("nudity", lambda: NudityReader(open_session("nudity")).read(photo.pixels))
