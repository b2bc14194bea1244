"""How bright, sharp and rich in contrast a picture, or a part of it, is."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
# Sharpness is that of the picture at this size: what a screen shows of it.
LONG_SIDE = 1024
# A low-pass filter of this many pixels takes away detail; see `Picture.quality`.
FILTER = 9

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """All three 0 to 100, more is brighter, sharper, richer in contrast."""

    brightness: float
    sharpness: float
    contrast: float


class Picture:
    """The luma of a photo and its detail, looked at once for all of its parts."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        """Takes (h, w, 3) RGB."""
        factor = math.ceil(max(pixels.shape[:2]) / LONG_SIDE)
        image = Image.fromarray(pixels).reduce(factor) if factor > 1 else pixels
        self.luma: Array = np.asarray(image) @ LUMA
        across, down = _detail(self.luma), _detail(self.luma.T)
        # Differences between neighbours, and how much of them a blur takes away.
        self._detail = across[0] + down[0].T, across[1] + down[1].T

    def quality(self, part: NDArray[np.bool_] | None = None) -> PictureQuality:
        """Of the pixels that `part` marks in an array of `luma`'s shape; of all without it.

        Brightness is the mean luma; contrast is its standard deviation, 100 for a picture half
        black and half white (RMS contrast; Peli 1990). Sharpness is 100 minus the blur of Crete et
        al. 2007 (SPIE 6492): the share of the differences between neighbours, along rows and
        columns together, that goes when the picture is blurred; 0 where nothing differs.
        """
        chosen = np.ones(self.luma.shape, bool) if part is None else part
        luma = self.luma[chosen]
        variation, lost = (float(each[chosen].sum()) for each in self._detail)
        return PictureQuality(
            brightness=100 * float(luma.mean()) / 255,
            sharpness=100 * lost / variation if variation > 0 else 0.0,
            contrast=min(100.0, 100 * float(luma.std()) / 127.5),
        )


def _detail(luma: Array) -> tuple[Array, Array]:
    """The difference (h, w) of each pixel of (h, w) to its left neighbour, and how much of it goes
    when rows are averaged over `FILTER` pixels.
    """
    half = FILTER // 2
    padded = np.pad(luma, ((0, 0), (half + 1, half)), "edge")
    sums = padded.cumsum(1, dtype=np.float64)
    smooth = ((sums[:, FILTER:] - sums[:, :-FILTER]) / FILTER).astype(np.float32)
    variation = np.abs(np.diff(luma, axis=1, prepend=luma[:, :1]))
    left = np.abs(np.diff(smooth, axis=1, prepend=smooth[:, :1]))
    return variation, (variation - left).clip(0)
