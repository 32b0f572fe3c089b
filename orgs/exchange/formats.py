"""The formats in which the directory leaves the portal."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from orgs.exchange.geojson import write_geojson
from orgs.exchange.hsds import write_hsds
from orgs.exchange.tables import write_csv, write_xlsx
from orgs.models import Organisation


class Format(NamedTuple):
    ending: str
    content_type: str
    write: Callable[[Iterable[Organisation]], Iterator[bytes]]


FORMATS = {
    "csv": Format("csv", "text/csv; charset=utf-8", write_csv),
    "xlsx": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
    "geojson": Format("geojson", "application/geo+json", write_geojson),
    "hsds": Format("json", "application/json", write_hsds),
}
