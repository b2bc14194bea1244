"""Regions of interest: parts of the image, as boxes or polygons, outside which nothing counts.

Without numpy.
"""

from collections.abc import Sequence
from typing import Any

from sightline.errors import InvalidParameterException
from sightline.geometry import Point

MOST_POINTS = 10  # of a region's polygon, as documented
INSIDE = 0.5  # what is more than half in a region belongs to it, as documented

Polygon = Sequence[Point]


def read_regions(regions: Sequence[dict[str, Any]]) -> list[Polygon]:
    """The polygons of a request's `RegionsOfInterest`.

    Raises:
        InvalidParameterException: a region has neither or both of a box and a polygon, a box lacks
            a side, or a polygon has fewer than 3 or more than 10 points.
    """
    return [_polygon(region) for region in regions]


def _polygon(region: dict[str, Any]) -> Polygon:
    box, corners = region.get("BoundingBox"), region.get("Polygon")
    if (box is None) == (corners is None):
        raise InvalidParameterException(
            "Request has invalid parameters: a region of interest is either a BoundingBox or a "
            "Polygon"
        )
    try:
        if box is not None:
            left, top = box["Left"], box["Top"]
            right, bottom = left + box["Width"], top + box["Height"]
            points = [(left, top), (right, top), (right, bottom), (left, bottom)]
        else:
            points = [(corner["X"], corner["Y"]) for corner in corners or []]
    except KeyError as error:
        raise InvalidParameterException(
            f"Request has invalid parameters: a region of interest lacks {error.args[0]}"
        ) from error
    if not 3 <= len(points) <= MOST_POINTS:
        raise InvalidParameterException(
            f"Request has invalid parameters: a region's polygon has 3 to {MOST_POINTS} points, "
            f"this one has {len(points)}"
        )
    return [Point(x, y) for x, y in points]


def is_inside(shape: Polygon, regions: Sequence[Polygon]) -> bool:
    """Whether more than half of a convex polygon lies in any one of the regions.

    All points are ratios of the image, so shares of an area are the same as in pixels.
    """
    least = INSIDE * area(shape)
    return any(shared_area(region, shape) > least for region in regions)


def area(polygon: Polygon) -> float:
    """The area of a polygon without crossings, in the square of its points' unit."""
    return abs(_signed_area(polygon))


def shared_area(region: Polygon, shape: Polygon) -> float:
    """The area that any polygon and a convex one have in common."""
    return area(_clipped(region, shape))


def _clipped(region: Polygon, shape: Polygon) -> Polygon:
    """The part of a region inside a convex polygon (Sutherland and Hodgman, 1974)."""
    sign = 1 if _signed_area(shape) > 0 else -1
    kept = list(region)
    for (ax, ay), (bx, by) in zip(shape, [*shape[1:], shape[0]], strict=True):
        # Positive inside.
        sides = [sign * ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) for x, y in kept]
        ahead = [(kept[i - 1], sides[i - 1], kept[i], sides[i]) for i in range(len(kept))]
        kept = []
        for start, from_side, end, to_side in ahead:
            if (from_side < 0) != (to_side < 0):
                share = from_side / (from_side - to_side)
                x = start.x + share * (end.x - start.x)
                kept.append(Point(x, start.y + share * (end.y - start.y)))
            if to_side >= 0:
                kept.append(end)
    return kept


def _signed_area(polygon: Polygon) -> float:
    """Positive where the points run clockwise on the screen."""
    return (
        sum(
            polygon[i - 1].x * polygon[i].y - polygon[i].x * polygon[i - 1].y
            for i in range(len(polygon))
        )
        / 2
    )
