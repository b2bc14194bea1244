"""Boxes and points as the service speaks of them: ratios of the upright image.

A leaf without numpy, so that handlers that run no model can use it.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Point(NamedTuple):
    """A point; x and y are ratios of the image's width and height."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """An upright rectangle in ratios of the image; it may reach past the image's edge."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Share of the image that the box covers, parts outside the image counted in."""
        return self.width * self.height

    def shared(self, other: "BoundingBox") -> float:
        """Share of the image that both boxes cover."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        return max(across, 0.0) * max(down, 0.0)

    def overlap(self, other: "BoundingBox") -> float:
        """Intersection over union, 0 to 1."""
        shared = self.shared(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0
