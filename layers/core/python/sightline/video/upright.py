"""How stored frames become what a viewer sees: upright, of square pixels, in RGB."""

from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import numpy as np
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

# The largest input of any network is smaller; more pixels would only cost time.
LONG_SIDE = 1280
HD_HEIGHT = 720
# FFmpeg's AVColorSpace, as H.264 and ISO/IEC 23091-2 number the matrices.
MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}


@dataclass(frozen=True, slots=True)
class Upright:
    """How a file says that its frames are to be shown.

    Attributes:
        turned: whether rows become columns; this comes before the flips.
        mirrored: whether left and right are then swapped.
        inverted: whether top and bottom are then swapped.
        aspect: width of a stored pixel over its height.
    """

    turned: bool = False
    mirrored: bool = False
    inverted: bool = False
    aspect: Fraction = Fraction(1)

    @classmethod
    def of(cls, frame: VideoFrame, aspect: Fraction | None) -> "Upright":
        """What the frame's display matrix asks for, to the nearest quarter turn.

        Args:
            frame: any decoded frame.
            aspect: of the stored pixels, if the file says.
        """
        matrix = cast(SideData | None, frame.side_data.get("DISPLAYMATRIX"))
        if matrix is None:
            return cls(aspect=aspect or Fraction(1))
        # Row vectors times the matrix (ISO/IEC 14496-12, 6.2.2): x' = ax + cy, y' = bx + dy.
        a, b, _, c, d = np.frombuffer(memoryview(matrix), "<i4")[:5].tolist()
        turned = abs(b) + abs(c) > abs(a) + abs(d)
        across, down = (c, b) if turned else (a, d)
        return cls(turned, across < 0, down < 0, aspect or Fraction(1))

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The size before the turn at which stored frames are converted, in square pixels."""
        wide, high = Fraction(width), Fraction(height)
        if self.aspect >= 1:  # towards more pixels: what is stored is kept
            wide *= self.aspect
        else:
            high /= self.aspect
        scale = min(Fraction(1), LONG_SIDE / max(wide, high))
        return max(1, round(wide * scale)), max(1, round(high * scale))

    def displayed(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the upright picture, in pixels as they are stored."""
        return (height, width) if self.turned else (width, height)

    def pixels(self, frame: VideoFrame, convert: VideoReformatter) -> NDArray[np.uint8]:
        """(h, w, 3) RGB: the frame as a viewer sees it, its long side at most `LONG_SIDE`."""
        width, height = self.size(frame.width, frame.height)
        matrix = MATRICES.get(
            frame.colorspace,  # of files that do not say, players go by the height
            Colorspace.ITU709 if frame.height >= HD_HEIGHT else Colorspace.ITU601,
        )
        converted = convert.reformat(
            frame,
            width,
            height,
            "rgb24",
            src_colorspace=matrix,
            dst_colorspace=matrix,
            interpolation=Interpolation.BILINEAR,
            src_color_range=ColorRange.JPEG if is_full(frame) else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
        )
        rows = np.frombuffer(memoryview(converted.planes[0]), np.uint8).reshape(height, -1)
        return self._turned(rows[:, : 3 * width].reshape(height, width, 3))

    def _turned(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.turned:
            pixels = pixels.transpose(1, 0, 2)
        if self.mirrored:
            pixels = pixels[:, ::-1]
        if self.inverted:
            pixels = pixels[::-1]
        return np.ascontiguousarray(pixels)


def is_full(frame: VideoFrame) -> bool:
    """Whether samples use the full range rather than 16 to 235 (of 8 bits)."""
    return frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
