"""The figures of the demo against sums taken straight from the publisher's files with the csv module."""

import csv
import gzip
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from indicators.models import Figure, ReleasedFigure
from orgs.models import Territory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]
DATA = Path(__file__).resolve().parent.parent / "indicators" / "data" / "barcelona"
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
CITY = "080193"


def rows(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def sums(name: str, period, number: str = "Number", **where: str) -> dict[tuple[str, str], int]:
    """{(territory, period): sum} of the city and its districts."""
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows(name):
        if all(row[column] == text for column, text in where.items()):
            totals[CITY, period(row)] += int(row[number])
            if row["District.Code"] != "99":
                totals[f"D{int(row['District.Code']):02}", period(row)] += int(row[number])
    return dict(totals)


def ours(indicator: str, kind: str, key: str = "", model: Any = Figure) -> dict[tuple[str, str], Decimal | None]:
    found = model.objects.filter(
        indicator__code=indicator,
        period__kind=kind,
        breakdown__key=key,
        territory__scheme__code="barcelona",
        territory__kind__in=[Territory.Kind.MUNICIPALITY, Territory.Kind.DISTRICT],
    )
    return {
        (code, period): value for code, period, value in found.values_list("territory__code", "period__code", "value")
    }


def of_year(row: dict[str, str]) -> str:
    return row["Year"]


def of_month(row: dict[str, str]) -> str:
    return f"{row['Year']}-{MONTHS.index(row['Month']) + 1:02}"


def test_residents_of_the_city_and_each_district() -> None:
    expected = sums("population.csv.gz", of_year)
    assert len(expected) == 11 * 5
    assert expected[CITY, "2017"] == 1_620_809
    assert ours("C1", "year") == expected
    assert ours("C1", "year", model=ReleasedFigure) == expected


@pytest.mark.parametrize(("sex", "code"), [("Female", "F"), ("Male", "M")])
def test_residents_by_sex(sex: str, code: str) -> None:
    assert ours("C1", "year", f"sex={code}") == sums("population.csv.gz", of_year, Gender=sex)


def test_residents_of_one_age_and_sex() -> None:
    expected = sums("population.csv.gz", of_year, Gender="Female", Age="20-24")
    assert ours("C1", "year", "age=Y20-24&sex=F") == expected


def test_registered_unemployed_of_the_city_and_each_district_each_month() -> None:
    expected = sums("unemployment.csv.gz", of_month, Demand_occupation="Registered unemployed")
    assert len(expected) == 11 * 60
    assert ours("C2", "month") == expected
    assert ours("C2", "month", model=ReleasedFigure) == expected


def test_registered_unemployed_of_a_year_is_the_mean_of_its_months() -> None:
    months = sums("unemployment.csv.gz", of_month, Demand_occupation="Registered unemployed")
    years: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (place, month), number in months.items():
        years[place, month[:4]] += Decimal(number) / 12
    found = ours("C2", "year")
    assert found.keys() == years.keys()
    assert all(abs(found[cell] - years[cell]) < Decimal("0.000001") for cell in years)  # type: ignore[operator]


def test_arrivals_of_the_city_and_each_district() -> None:
    assert ours("C3", "year") == sums("arrivals.csv.gz", of_year)


def test_spain_is_not_made_up_of_barcelona() -> None:
    assert not Figure.objects.filter(
        territory__code__in=["ES", "ES51"], indicator__code__in=["C1", "C2", "C3"]
    ).exists()
