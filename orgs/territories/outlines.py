"""Boundaries as they are kept: polygons in degrees (WGS 84), no finer than a metre and no longer than a map needs."""

from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Any

DECIMALS = 5
"""Of a degree: a metre."""
MOST_POINTS = 2000

Point = tuple[float, float]
Ring = list[Point]


class NoOutline(ValueError):
    """Why a geometry is none: `code` is that of a message (imports/messages.py), `value` what stands there."""

    def __init__(self, code: str, value: str = "") -> None:
        super().__init__(code)
        self.code, self.value = code, value


def outline_of(geometry: Any) -> dict[str, Any]:
    """The geometry as it is kept. Raises NoOutline."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise NoOutline("not_polygon", str(kind or "")[:40])
    given = geometry.get("coordinates")
    parts = [given] if kind == "Polygon" else given
    if not isinstance(parts, list) or not parts or not all(isinstance(part, list) and part for part in parts):
        raise NoOutline("not_polygon", kind)
    polygons = [_polygon(part) for part in parts]
    polygons = [polygon for polygon in polygons if polygon]
    if not polygons:
        raise NoOutline("no_area")
    polygons = _shortened(polygons)
    coordinates = [[[list(point) for point in ring] for ring in polygon] for polygon in polygons]
    if len(coordinates) == 1:
        return {"type": "Polygon", "coordinates": coordinates[0]}
    return {"type": "MultiPolygon", "coordinates": coordinates}


def points_of(geometry: dict[str, Any]) -> int:
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return sum(len(ring) for part in parts for ring in part)


def _polygon(rings: list[Any]) -> list[Ring]:
    """Empty where its outer ring encloses nothing that is seen; holes that do not are left out."""
    found = [_ring(ring) for ring in rings]
    return [ring for ring in found if ring] if found[0] else []


def _ring(given: Any) -> Ring:
    """Closed, rounded, without points that follow themselves."""
    if not isinstance(given, list):
        raise NoOutline("not_polygon")
    ring: Ring = []
    for position in given:
        point = _point(position)
        if not ring or point != ring[-1]:
            ring.append(point)
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
    return ring if len(ring) > 3 else []


def _point(position: Any) -> Point:
    try:
        x, y = position[0], position[1]
        if (
            isinstance(x, bool)
            or isinstance(y, bool)
            or not isinstance(x, int | float)
            or not isinstance(y, int | float)
        ):
            raise TypeError
    except (TypeError, IndexError, KeyError):
        raise NoOutline("not_polygon", str(position)[:40]) from None
    if not (-180 <= x <= 180 and -90 <= y <= 90):  # Also what is no number at all.
        raise NoOutline("off_globe", f"{x}, {y}"[:60])
    return round(x, DECIMALS) + 0.0, round(y, DECIMALS) + 0.0


def _shortened(polygons: list[list[Ring]]) -> list[list[Ring]]:
    """With few enough points: those go first that change the shape least, and islands only where they are too many to be seen."""
    rings = [ring for polygon in polygons for ring in polygon]
    if sum(map(len, rings)) <= MOST_POINTS:
        return polygons
    most_rings = MOST_POINTS // 8
    if len(rings) > most_rings:
        largest = sorted(polygons, key=lambda polygon: area_of(polygon[0]), reverse=True)[:most_rings]
        polygons = [[polygon[0]] for polygon in largest]
        rings = [polygon[0] for polygon in polygons]
    shorter = iter(_simplified(rings, MOST_POINTS))
    return [[next(shorter) for _ring in polygon] for polygon in polygons]


def area_of(ring: Ring) -> float:
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise(ring))) / 2


def _simplified(rings: list[Ring], most: int) -> list[Ring]:
    """Visvalingam's way: the point goes that makes the smallest triangle with its neighbours, again and again. A ring keeps three corners."""
    before = [[at - 1 for at in range(len(ring))] for ring in rings]
    after = [[at + 1 for at in range(len(ring))] for ring in rings]
    left = [len(ring) for ring in rings]
    total = sum(left)

    def triangle(number: int, at: int) -> tuple[float, int, int, int, int]:
        one, two = before[number][at], after[number][at]
        (ax, ay), (bx, by), (cx, cy) = rings[number][one], rings[number][at], rings[number][two]
        return abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)), number, at, one, two

    heap = [triangle(number, at) for number, ring in enumerate(rings) for at in range(1, len(ring) - 1)]
    heapify(heap)
    gone: set[tuple[int, int]] = set()
    while total > most and heap:
        _area, number, at, one, two = heappop(heap)
        # A triangle of before one of its neighbours went is none any more.
        is_old = (number, at) in gone or (before[number][at], after[number][at]) != (one, two)
        if is_old or left[number] <= 4:
            continue
        gone.add((number, at))
        after[number][one], before[number][two] = two, one
        left[number] -= 1
        total -= 1
        if one > 0:
            heappush(heap, triangle(number, one))
        if two < len(rings[number]) - 1:
            heappush(heap, triangle(number, two))
    return [[point for at, point in enumerate(ring) if (number, at) not in gone] for number, ring in enumerate(rings)]
