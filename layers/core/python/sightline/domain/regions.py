"""Regions of interest: parts of the image, as boxes or polygons, outside which nothing counts.

Without numpy.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any

from sightline.errors import InvalidParameterException
from sightline.geometry import Point

MOST_POINTS = 10  # of a region's polygon, as documented
INSIDE = 0.5  # what is more than half in a region belongs to it, as documented

Polygon = Sequence[Point]
Region = Sequence[Polygon]  # convex ones that do not overlap
Edge = tuple[Point, Point]

LEFT_SIDE = (Point(0, 0), Point(0, 1))
RIGHT_SIDE = (Point(1, 0), Point(1, 1))


def read_regions(regions: Sequence[dict[str, Any]]) -> list[Region]:
    """What a request's `RegionsOfInterest` cover of the image.

    Raises:
        InvalidParameterException: a region has neither or both of a box and a polygon, a box lacks
            a side, or a polygon has fewer than 3 or more than 10 points.
    """
    return [list(parts(_polygon(region))) for region in regions]


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


def parts(polygon: Polygon) -> Iterator[Polygon]:
    """Any polygon, as far as it lies in the image, in trapezoids with level upper and lower sides.

    Where it crosses itself everything counts that it goes around (the non-zero rule): both wings
    of a bow tie, which is what four corners in a wrong order make, and the middle of a star.
    """
    edges: list[Edge] = list(zip(polygon, [*polygon[1:], polygon[0]], strict=True))
    levels = {0.0, 1.0, *(point.y for point in polygon)}
    levels |= {y for pair in combinations(edges, 2) for y in _crossing(*pair)}
    # Between two levels an edge is wholly inside the image or wholly beside it.
    levels |= {
        y for edge in edges for side in (LEFT_SIDE, RIGHT_SIDE) for y in _crossing(edge, side)
    }
    for top, bottom in pairwise(sorted(level for level in levels if 0 <= level <= 1)):
        middle = (top + bottom) / 2
        across = sorted(
            (
                (_x(edge, middle), edge)
                for edge in edges
                if (edge[0].y > middle) != (edge[1].y > middle)
            ),
            key=lambda pair: pair[0],
        )
        rounds = 0
        for (_, left), (_, right) in pairwise(across):
            rounds += 1 if left[1].y > left[0].y else -1
            if rounds:
                sides = [(left, top), (right, top), (right, bottom), (left, bottom)]
                yield [Point(min(max(_x(edge, y), 0.0), 1.0), y) for edge, y in sides]


def _x(edge: Edge, y: float) -> float:
    """Where an edge that is not level, or its extension, is at a height."""
    start, end = edge
    return start.x + (y - start.y) / (end.y - start.y) * (end.x - start.x)


def _crossing(edge: Edge, line: Edge) -> Iterator[float]:
    """The height, if any, at which an edge crosses a line that is not parallel to it."""
    (ax, ay), (bx, by) = edge
    (cx, cy), (dx, dy) = line
    turn = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if turn:
        share = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / turn
        if 0 < share < 1:
            yield ay + share * (by - ay)


def is_inside(shape: Polygon, regions: Sequence[Region]) -> bool:
    """Whether more than half of a convex polygon lies in any one of the regions.

    All points are ratios of the image, so shares of an area are the same as in pixels.
    """
    least = INSIDE * area(shape)
    return any(sum(shared_area(part, shape) for part in region) > least for region in regions)


def area(polygon: Polygon) -> float:
    """The area of a polygon without crossings, in the square of its points' unit."""
    return abs(_signed_area(polygon))


def shared_area(one: Polygon, other: Polygon) -> float:
    """The area that two convex polygons have in common."""
    if one[0].y >= max(y for _, y in other) or one[-1].y <= min(y for _, y in other):
        return 0.0
    return area(_clipped(one, other))


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
