"""What the standards ask of the files of the directory: the schema of HSDS 3.0, as Open Referral publishes it, and RFC 7946."""

import gzip
import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SCHEMA = "data/formats/hsds-3.0/schema/compiled/organization.json.gz"


@cache
def schema_in(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress((shared / SCHEMA).read_bytes()))
    return found


def faults_of(organization: dict[str, Any], shared: Path) -> list[str]:
    """What the schema refuses of it, and what the standard has no place for."""
    schema = schema_in(shared)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(organization)] + unknown(organization, schema, "")


def unknown(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    if isinstance(value, list):
        return [name for each in value for name in unknown(each, schema.get("items", {}), path)]
    if not isinstance(value, dict):
        return []
    known = schema.get("properties", {})
    return [f"{path}.{name}" for name in value if name not in known] + [
        name for key, each in value.items() if key in known for name in unknown(each, known[key], f"{path}.{key}")
    ]


# --- GeoJSON (RFC 7946) -------------------------------------------------------------------------------------------------

DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""By the type of a geometry, how deep its positions lie."""
OF_TYPES = {
    "FeatureCollection": {"features"},
    "Feature": {"id", "geometry", "properties"},
    "GeometryCollection": {"geometries"},
    **{key: {"coordinates"} for key in DEPTH},
}


def faults_of_geojson(given: Any) -> list[str]:
    """What RFC 7946 forbids in a text of GeoJSON, with the section that says so."""
    if not isinstance(given, dict) or given.get("type") not in OF_TYPES:
        return ["3: no GeoJSON object"]
    kind = given["type"]
    strange = {name for names in OF_TYPES.values() for name in names} - OF_TYPES[kind] - {"id"}
    found = [f"7.1: {name} in a {kind}" for name in sorted(strange & set(given))]
    found += ["4: another reference system"] if "crs" in given else []
    positions = positions_in(given)
    if "bbox" in given and not is_box_of(given["bbox"], positions):
        found.append("5: the box is not around it")
    if kind == "FeatureCollection":
        if not isinstance(given.get("features"), list):
            return [*found, "3.3: no list of features"]
        found += [
            "3.3: no feature" for one in given["features"] if not isinstance(one, dict) or one.get("type") != "Feature"
        ]
        return found + [fault for one in given["features"] for fault in faults_of_geojson(one)]
    if kind == "Feature":
        is_named = not isinstance(given.get("id", ""), bool) and isinstance(given.get("id", ""), str | int | float)
        found += [] if is_named else ["3.2: an id is a text or a number"]
        found += [] if isinstance(given.get("properties", 0), dict | None) else ["3.2: no properties"]
        place = given.get("geometry", 0)
        is_geometry = isinstance(place, dict) and place.get("type") in {*DEPTH, "GeometryCollection"}
        return found + (faults_of_geojson(place) if is_geometry else [] if place is None else ["3.2: no geometry"])
    if kind == "GeometryCollection":
        return found + [fault for one in given.get("geometries") or ["none"] for fault in faults_of_geojson(one)]
    return found + faults_of_coordinates(given.get("coordinates"), DEPTH[kind], kind)


def faults_of_coordinates(given: Any, depth: int, kind: str) -> list[str]:
    if depth == 0:
        return [] if is_position(given) else [f"3.1.1: {given} is no position of longitude and latitude"]
    if not isinstance(given, list):
        return ["3.1: no list of positions"]
    found = [fault for one in given for fault in faults_of_coordinates(one, depth - 1, kind)]
    if kind.endswith("LineString") and depth == 1 and len(given) < 2:
        found.append("3.1.4: a line has two positions")
    if kind.endswith("Polygon") and depth == 2 and not found:
        found += ["3.1.6: a ring is closed" for ring in given if len(ring) < 4 or ring[0] != ring[-1]]
        # The outer ring runs against the clock, the holes with it.
        found += ["3.1.6: right-hand rule" for at, ring in enumerate(given) if (area_of(ring) > 0) != (at == 0)]
    return found


def is_position(given: Any) -> bool:
    is_numbers = isinstance(given, list) and all(type(one) in (int, float) for one in given)
    return is_numbers and len(given) in (2, 3) and abs(given[0]) <= 180 and abs(given[1]) <= 90


def area_of(ring: list[list[float]]) -> float:
    return sum(one[0] * two[1] - two[0] * one[1] for one, two in pairwise(ring)) / 2


def positions_in(given: Any) -> list[Any]:
    if isinstance(given, dict):
        return [
            one
            for name in ("features", "geometry", "geometries", "coordinates")
            for one in positions_in(given.get(name))
        ]
    if isinstance(given, list):
        return [given] if is_position(given) else [one for each in given for one in positions_in(each)]
    return []


def is_box_of(box: Any, positions: list[Any]) -> bool:
    """West, south, east, north; across the antimeridian the west is the greater one."""
    if not isinstance(box, list) or len(box) not in (4, 6) or any(type(one) not in (int, float) for one in box):
        return False
    half = len(box) // 2
    west, south, east, north = box[0], box[1], box[half], box[half + 1]
    if abs(west) > 180 or abs(east) > 180 or not -90 <= south <= north <= 90:
        return False
    is_within = (lambda x: west <= x <= east) if west <= east else (lambda x: x >= west or x <= east)
    return all(is_within(x) and south <= y <= north for x, y, *_height in positions)


def is_inside(point: list[float], ring: list[list[float]]) -> bool:
    """Whether a line from the point to the east crosses the ring an odd number of times."""
    x, y = point
    return bool(
        sum(
            (one[1] > y) != (two[1] > y) and x < (two[0] - one[0]) * (y - one[1]) / (two[1] - one[1]) + one[0]
            for one, two in pairwise(ring)
        )
        % 2
    )
