"""GeoJSON (RFC 7946): a feature for each organisation. Where exactly it is, nobody stores; what is drawn is the middle of its place."""

import datetime
import json
from collections.abc import Iterable, Iterator
from typing import Any

from orgs.exchange.tables import COLUMNS
from orgs.models import Organisation, TerritoryOutline
from orgs.territories.outlines import DECIMALS


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
        "properties": {**{name: plain(value) for name, value in said.items()}, "place_precision": one.territory.kind},
    }


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value


def middles_of_places() -> dict[int, list[float]]:
    """By place the middle of what its boundary encloses, in degrees."""
    found = TerritoryOutline.objects.exclude(middle=None).values_list("territory_id", "middle")
    return {place: [round(degrees, DECIMALS) for degrees in middle] for place, middle in found}
