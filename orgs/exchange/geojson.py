"""GeoJSON (RFC 7946): a feature for each organisation. Where exactly it is, nobody stores; what is drawn is the middle of its place."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from orgs.exchange.tables import COLUMNS
from orgs.models import Organisation, TerritoryOutline


def write_geojson(organisations: Iterable[Organisation]) -> Iterator[bytes]:
    middles = middles_of_places()
    yield b'{"type": "FeatureCollection", "features": ['
    for number, one in enumerate(organisations):
        yield (b",\n" if number else b"\n") + json.dumps(feature(one, middles), ensure_ascii=False).encode()
    yield b"\n]}\n"


def feature(one: Organisation, middles: dict[int, list[float]]) -> dict[str, Any]:
    """`place_precision` says that the point stands for a place, and which kind of place that is."""
    point = middles.get(one.territory_id)
    said = {name: value(one) for name, value in COLUMNS.items()}
    return {
        "type": "Feature",
        "id": one.reference,
        "geometry": {"type": "Point", "coordinates": point} if point else None,
        "properties": {**said, "updated": said["updated"].isoformat(), "place_precision": one.territory.kind},
    }


def middles_of_places() -> dict[int, list[float]]:
    """By place the middle of the box around its boundary, in degrees."""
    found = {}
    for place, geometry in TerritoryOutline.objects.values_list("territory_id", "geometry"):
        points = list(_points(geometry["coordinates"]))
        if points:
            lengths, widths = zip(*points, strict=True)
            found[place] = [round((min(lengths) + max(lengths)) / 2, 5), round((min(widths) + max(widths)) / 2, 5)]
    return found


def _points(coordinates: Any) -> Iterator[tuple[float, float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
        return
    for part in coordinates:
        yield from _points(part)
