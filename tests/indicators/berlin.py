"""Berlin in the tests: the tree of its areas and an indicator, from the published file itself."""

import csv
import datetime
import gzip
import json
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from indicators.catalogue import loading
from indicators.models import Indicator
from orgs.models import Territory, TerritoryScheme
from orgs.models.territory import BEGINNING, END
from tests.factories import DomainFactory

DATA = Path(settings.BASE_DIR) / "indicators" / "data"
FILE = DATA / "berlin" / "berlin_lor_long_2015S1_2023S2.csv.gz"
MAPPINGS = Path(__file__).resolve().parents[1] / "mappings"
LEVELS = {
    "city": Territory.Kind.MUNICIPALITY,
    "districts": Territory.Kind.DISTRICT,
    "forecast-areas": Territory.Kind.AREA,
    "district-regions": Territory.Kind.AREA,
    "planning-areas": Territory.Kind.NEIGHBOURHOOD,
}
# The areas below the districts were drawn anew on 1 January 2021.
DIVISIONS = {"lor-2006": (BEGINNING, datetime.date(2020, 12, 31)), "lor-2021": (datetime.date(2021, 1, 1), END)}


def rows_of() -> Iterator[dict[str, str]]:
    """The file's rows, read without the portal's readers."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def scheme_of(level: str, period: str) -> str:
    """The city and its districts are the same throughout; what lies below them is of the division of the period."""
    if level in ("city", "districts"):
        return "berlin"
    return "lor-2006" if period < "2021" else "lor-2021"


def mapping_of(table: str, division: str, periods: Container[str]) -> dict[str, Any]:
    """The mapping of a table, for those half-years of one division that are wanted."""
    definition: dict[str, Any] = json.loads((MAPPINGS / f"berlin_{table.lower()}.json").read_text(encoding="utf-8"))
    years = range(2015, 2021) if division == "lor-2006" else range(2021, 2024)
    definition["territory"]["scheme"] = division
    halves = [f"{year}-S{half}" for year in years for half in (1, 2)]
    definition["where"]["period"] = [half for half in halves if half in periods]
    return definition


def make_berlin(rows: Iterable[dict[str, str]]) -> Indicator:
    """The standard list, the indicator RESIDENTS and the tree: city, districts, forecast areas, district regions, planning areas.

    One statement for each level, since every statement on territories renews the closure.
    """
    schemes = {code: TerritoryScheme.objects.create(code=code, name=code) for code in ("berlin", *DIVISIONS)}
    seen: dict[str, dict[tuple[str, str], tuple[str, str]]] = {level: {} for level in LEVELS}
    for row in rows:  # In the order of time: what is kept is the first half-year.
        place = (scheme_of(row["level"], row["period"]), row["area_id"])
        seen[row["level"]].setdefault(place, (row["parent_id"], row["period"]))
    made: dict[tuple[str, str], Territory] = {}
    for level, kind in LEVELS.items():
        level_places = []
        for (scheme, code), (parent, first_period) in seen[level].items():
            valid_from, valid_to = DIVISIONS.get(scheme, (BEGINNING, END))
            if first_period not in ("2015-S1", "2021-S1"):  # A planning area that was split off later.
                valid_from = datetime.date(int(first_period[:4]), 1 if first_period.endswith("S1") else 7, 1)
            level_places.append(
                Territory(
                    scheme=schemes[scheme],
                    code=code,
                    name=code if parent else "Berlin",
                    kind=kind,
                    parent=(made.get((scheme, parent)) or made["berlin", parent]) if parent else None,
                    valid_from=valid_from,
                    valid_to=valid_to,
                )
            )
        for territory in Territory.objects.bulk_create(level_places):
            made[territory.scheme.code, territory.code] = territory
    loading.load_dimensions(json.loads((DATA / "dimensions.json").read_text(encoding="utf-8")))
    return Indicator.objects.create(
        code="RESIDENTS",
        name="Residents",
        definition="Residents at the end of the half-year.",
        domain=DomainFactory(),
        unit="count",
        measure="count",
        direction="context",
        frequency="half",
        time_operator="last",
    )
