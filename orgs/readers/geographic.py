"""The reader of places with their boundaries: GeoJSON (RFC 7946) and TopoJSON (https://github.com/topojson/topojson-specification).

A feature is a record: its properties by name, `id` where features have one, and `layer` where a topology has several objects. Its line is its
place in the file, from 1. A file is read whole, so that its size has a limit of its own, in bytes and in points.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from orgs.readers.problems import FileRefused, Problem
from orgs.readers.tables import MAX_COLUMNS, FileTable, unpacked

MAX_BYTES = 40 << 20
MAX_POINTS = 4_000_000
MAX_FEATURES = 100_000
DEEPEST = 8
"""Collections in collections."""
DEGREES = ("CRS84", "EPSG::4326", "EPSG:4326", "OGC::CRS84")


@dataclass
class GeographicTable(FileTable):
    geometries: dict[int, Any] | None = None
    """By line the geometry of each feature as GeoJSON writes it, unexamined; none where it has none."""


class Broken(Exception):
    """What is wrong with the file, by the name of its part."""


@dataclass
class Feature:
    properties: dict[str, Any]
    geometry: Any
    id: Any = None
    layer: str = ""


def read_geographic(file: IO[bytes]) -> GeographicTable:
    """Raises FileRefused."""
    given = _parsed(file)
    try:
        features = list(_features_of(given))
    except (Broken, TypeError, AttributeError, IndexError, KeyError, ValueError) as fault:
        raise FileRefused(Problem("broken_geography", value=str(fault)[:120])) from None
    if not features:
        raise FileRefused(Problem("no_features"))
    if len(features) > MAX_FEATURES:
        raise FileRefused(Problem("too_many_features", value=str(MAX_FEATURES)))
    names = list(dict.fromkeys(name for feature in features for name in feature.properties))
    if len(names) > MAX_COLUMNS:
        raise FileRefused(Problem("not_geographic"))
    own_names = [name.strip() for name in names]
    header, extra = list(own_names), []
    if any(feature.id is not None for feature in features):
        header.append(_free("id", own_names))
        extra.append("id")
    if len({feature.layer for feature in features}) > 1:
        header.append(_free("layer", own_names))
        extra.append("layer")
    records = (
        (
            line,
            [_text(feature.properties.get(name)) for name in names] + [_text(getattr(feature, name)) for name in extra],
        )
        for line, feature in enumerate(features, 1)
    )
    geometries = {line: feature.geometry for line, feature in enumerate(features, 1) if feature.geometry is not None}
    return GeographicTable(header, records, geometries=geometries)


def _free(name: str, taken: list[str]) -> str:
    return name if name not in taken else f"({name})"


def _parsed(file: IO[bytes]) -> dict[str, Any]:
    content = unpacked(file).read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise FileRefused(Problem("geography_too_large", value=str(MAX_BYTES >> 20)))
    try:
        given = json.loads(content.removeprefix(b"\xef\xbb\xbf"), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise FileRefused(Problem("not_json", line=error.lineno, column=str(error.colno), value=error.msg)) from None
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise FileRefused(Problem("not_json", line=1, column="1", value="")) from None
    if not isinstance(given, dict) or given.get("type") not in ("FeatureCollection", "Feature", "Topology"):
        said = given.get("type") or given.get("class") if isinstance(given, dict) else type(given).__name__
        raise FileRefused(Problem("not_geographic", value=str(said or "")[:40]))
    return given


def _no_number(name: str) -> float:
    raise ValueError(name)


def _text(value: Any) -> str:
    """Of a property: what is a list or an object is no text."""
    if value is None or isinstance(value, list | dict):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _features_of(given: dict[str, Any]) -> Iterator[Feature]:
    if given["type"] == "Topology":
        yield from Topology(given).features()
        return
    _refuse_other_reference(given)
    for feature in [given] if given["type"] == "Feature" else given.get("features", []):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise Broken("features")
        yield Feature(dict(feature.get("properties") or {}), feature.get("geometry"), feature.get("id"))


def _refuse_other_reference(given: dict[str, Any]) -> None:
    """Coordinates are degrees; older files name another system, which only a program for maps can convert."""
    said = given.get("crs")
    name = str((said.get("properties") or {}).get("name", "")) if isinstance(said, dict) else ""
    if name and not name.upper().endswith(DEGREES):
        raise FileRefused(Problem("other_reference", value=name[:80]))


class Topology:
    """Boundaries that neighbours share, each written once: put together again, no further than is decent."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.objects: dict[str, Any] = dict(given["objects"])
        transform = given.get("transform")
        self.arcs = [_decoded(arc, transform) for arc in given["arcs"]]
        self.points = 0

    def features(self) -> Iterator[Feature]:
        for layer, found in self.objects.items():
            yield from self._within(found, str(layer), 0)

    def _within(self, found: dict[str, Any], layer: str, depth: int) -> Iterator[Feature]:
        if found.get("type") == "GeometryCollection":
            if depth == DEEPEST:
                raise Broken("objects")
            for part in found["geometries"]:
                yield from self._within(part, layer, depth + 1)
            return
        yield Feature(dict(found.get("properties") or {}), self._geometry(found), found.get("id"), layer)

    def _geometry(self, found: dict[str, Any]) -> Any:
        kind = found.get("type")
        if kind == "Polygon":
            return {"type": kind, "coordinates": [self._ring(ring) for ring in found["arcs"]]}
        if kind == "MultiPolygon":
            return {"type": kind, "coordinates": [[self._ring(ring) for ring in part] for part in found["arcs"]]}
        return None if kind is None else {"type": kind}

    def _ring(self, numbers: list[int]) -> list[list[float]]:
        points: list[list[float]] = []
        for number in numbers:
            arc = self.arcs[number] if number >= 0 else self.arcs[~number][::-1]
            self.points += len(arc)
            if self.points > MAX_POINTS:
                raise FileRefused(Problem("too_many_points", value=str(MAX_POINTS)))
            points += arc[1:] if points else arc
        return points


def _decoded(arc: list[list[float]], transform: dict[str, Any] | None) -> list[list[float]]:
    """With a transform each point is a step from the one before, in whole numbers."""
    if transform is None:
        return [[point[0], point[1]] for point in arc]
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    x = y = 0.0
    points = []
    for point in arc:
        x, y = x + point[0], y + point[1]
        points.append([x * scale_x + move_x, y * scale_y + move_y])
    return points
