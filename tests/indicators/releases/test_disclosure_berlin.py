"""Releases of Berlin's tables of origin under every protection on offer, attacked with everything that they show: all areas of five levels.

Stocks of different half-years are tied by no sum, so each is attacked for itself: by a reader of the release, and by somebody who also got
hold of the unrounded numbers of all that is shown. The suite takes one half-year; BERLIN_PERIODS=all takes all eighteen, and
BERLIN_PERIODS=2017-S2,2023-S2 those. `pytest -s` prints what came out.
"""

import csv
import gzip
import io
import os
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from indicators.catalogue import loading
from indicators.catalogue.breakdowns import ensure_breakdowns
from indicators.models import Indicator, Period, Release, ReleasedFigure
from indicators.releases import freeze
from indicators.vocabulary import PROTECTIONS
from orgs.models import Territory, TerritoryScheme
from tests.factories import DomainFactory
from tests.indicators.attack import Attack
from tests.settled import settle

pytestmark = [pytest.mark.django_db, pytest.mark.shared]

PERIODS = os.environ.get("BERLIN_PERIODS", "2023-S2").split(",")
LEVELS = {
    "city": "municipality",
    "districts": "district",
    "forecast-areas": "area",
    "district-regions": "area",
    "planning-areas": "neighbourhood",
}

# Which groups lie in which, and never overlap there. Those in PARTIAL lie in the total too, but share people with the groups beside them.
NESTED = {
    "": ["european_union", "islamic_countries", "vietnam", "united_states", "undefined"],
    "european_union": ["france", "greece", "italy", "austria", "spain", "poland", "bulgaria", "rumania", "croatia"],
    "islamic_countries": ["turkey", "iran", "arabic_countries"],
    "arabic_countries": ["lebanon", "syria"],
    "former_yugoslavia": ["bosnia_herzegovina", "serbia"],
    "former_soviet_union": ["russia", "ukraine", "kazakhstan"],
}
PARTIAL = ["former_yugoslavia", "former_soviet_union", "united_kingdom"]

Rows = list[tuple[str, str, str, str | None, str, int]]


@pytest.fixture(scope="module")
def rows(shared: Path) -> Rows:
    """(period, level, area, area above, group or "" for everyone, people)."""
    with gzip.open(shared / "data/indicators/berlin/berlin_lor_long_2015S1_2023S2.csv.gz", "rt") as file:
        return [
            (row["period"], row["level"], row["area_id"], row["parent_id"] or None,
             row["measure"].removeprefix("inhabitants").removeprefix("_from_"), int(row["value"]))
            for row in csv.DictReader(file)
            if row["table"] == "T4" and (row["period"] in PERIODS or PERIODS == ["all"])
        ]  # fmt: skip


def division(period: str) -> str:
    """The areas were drawn anew at the turn of 2021; the same code may mean another place."""
    return "2006" if period < "2021" else "2021"


@pytest.fixture(scope="module")
def berlin(rows: Rows, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        load(rows)
        settle()
        yield
        transaction.set_rollback(True)


def load(rows: Rows) -> None:
    members = [(group, parent or None, True) for parent, groups in NESTED.items() for group in groups]
    members += [(f"other_{parent}"[:20], parent or None, True) for parent in NESTED]
    members += [(group, None, False) for group in PARTIAL]
    categories = [
        {"code": code(group), "name": {"en": group}, "parent": parent and code(parent), "part": is_part, "order": 1}
        for group, parent, is_part in members
    ]
    loading.load_dimensions([{"code": "origin", "order": 1, "name": {"en": "Origin"}, "categories": categories}])
    groups = ensure_breakdowns({key(row[4]) for row in rows})
    indicator = Indicator.objects.create(
        code="ORIGIN", name="Origin", definition="By origin", domain=DomainFactory(), measure="count", unit="count", direction="context",
        frequency="half", time_operator="last", threshold=5, rounding=5,
    )  # fmt: skip
    places: dict[tuple[str, str], int] = {}
    for name in ("2006", "2021"):
        scheme = TerritoryScheme.objects.create(code=f"lor-{name}", name=name)
        valid = {"valid_to": "2020-12-31"} if name == "2006" else {"valid_from": "2021-01-01"}
        areas = {(level, area, above) for period, level, area, above, _, _ in rows if division(period) == name}
        for level in LEVELS:
            made = Territory.objects.bulk_create(
                [
                    Territory(
                        scheme=scheme,
                        code=area,
                        name=area,
                        kind=LEVELS[level],
                        parent_id=above and places[name, above],
                        **valid,
                    )
                    for one, area, above in sorted(areas, key=lambda area: area[1])
                    if one == level
                ]
            )
            places |= {(name, place.code): place.pk for place in made}
    periods = dict(Period.objects.filter(kind="half").values_list("code", "pk"))
    text = io.StringIO()
    csv.writer(text).writerows(
        (indicator.pk, periods[period], places[division(period), area], groups[key(group)], people)
        for period, _, area, _, group, people in rows
    )  # fmt: skip
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE cell (indicator bigint, period bigint, territory bigint, breakdown bigint, people numeric)"
        )
        cursor.copy_expert("COPY cell FROM STDIN (FORMAT csv)", text)
        cursor.execute("""
            INSERT INTO indicators_computedplace
                (indicator_id, period_id, territory_id, origin, breakdowns, numerators, reporters, expected, oldest_inputs_at, computed_at)
            SELECT indicator, period, territory, 'territories', array_agg(breakdown), array_agg(people), array_agg(1), 1,
                   array_agg(now()), now()
            FROM cell GROUP BY 1, 2, 3;
            DROP TABLE cell
        """)


def code(group: str) -> str:
    return group[:20]


def key(group: str) -> str:
    return f"origin={code(group)}" if group else ""


def attack_on(
    release: Release, period: str, rows: Rows, protection: tuple[int, int], *, knows_all_digits: bool
) -> Attack:
    """What the release shows of a half-year, and which sums hold there. `knows_all_digits`: the unrounded numbers of what is shown leaked."""
    threshold, rounding = protection
    true = {(area, group): people for when, _, area, _, group, people in rows if when == period}
    names = {key(group): group for group in {group for _, group in true}}
    shown, hidden = {}, []
    released = ReleasedFigure.objects.filter(release=release, period__code=period, indicator__code="ORIGIN")
    for area, group_key, state, number in released.values_list(
        "territory__code", "breakdown__key", "state", "numerator"
    ):
        cell = (area, names[group_key])
        if state == "suppressed":
            assert number is None
            hidden.append(cell)
            continue
        assert number is not None
        assert not 0 < true[cell] < threshold, f"{cell} is small and shown"
        assert abs(float(number) - true[cell]) <= rounding / 2
        if knows_all_digits:
            shown[cell] = (float(true[cell]), float(true[cell]))
        else:
            shown[cell] = (float(number) - rounding / 2, float(number) + rounding / 2)
    assert len(shown) + len(hidden) == len(true)
    attack = Attack(shown, sorted(hidden))
    parts = defaultdict(list)
    for when, _, area, above, group, _ in rows:
        if when == period and above is not None:
            parts[above, group].append((area, group))
    for whole, areas in parts.items():
        attack.knows_sum(whole, areas)
    for area in {area for area, _ in true}:
        for whole_group, groups in NESTED.items():
            attack.knows_that_it_holds((area, whole_group), [(area, group) for group in groups])
        for group in PARTIAL:
            attack.knows_that_it_holds((area, ""), [(area, group)])
    return attack


@pytest.mark.parametrize("protection", PROTECTIONS[1:], ids=str)
def test_hidden_cells_stay_uncertain_under_every_protection_on_offer(
    berlin: None, rows: Rows, protection: tuple[int, int]
) -> None:
    threshold, rounding = protection
    Indicator.objects.filter(code="ORIGIN").update(threshold=threshold, rounding=rounding)
    with transaction.atomic():
        release = Release.objects.create()
        started, processor = time.monotonic(), time.process_time()
        freeze.freeze(release)
        took = f"frozen in {time.monotonic() - started:.0f} s ({time.process_time() - processor:.0f} s of Python)"
        narrowest = {}
        for knows_all_digits in (True, False):
            narrowest[knows_all_digits] = float("inf")
            for period in sorted({row[0] for row in rows}):
                attack = attack_on(release, period, rows, protection, knows_all_digits=knows_all_digits)
                widths = attack.widths(threshold)
                assert widths
                assert {cell: width for cell, width in widths.items() if width <= threshold} == {}, period
                narrowest[knows_all_digits] = min(narrowest[knows_all_digits], *widths.values())
        by_level = hidden_by_level(release, rows)
        transaction.set_rollback(True)
    shares = ", ".join(f"{level} {share:.2%}" for level, share in by_level.items())
    print(
        f"\n{threshold} and {rounding}: {release.figures_count:,} cells, {release.suppressed_count:,} hidden"
        f" ({release.suppressed_count / release.figures_count:.2%}: {shares}), {took}; narrowest {narrowest[True]:.0f} to who knows the"
        f" rest exactly, {narrowest[False]:.0f} to a reader; {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    )
    assert by_level["city"] == 0
    assert by_level["planning-areas"] < (0.12 if threshold == 5 else 0.35)


def hidden_by_level(release: Release, rows: Rows) -> dict[str, float]:
    level_of = {(division(period), area): level for period, level, area, _, _, _ in rows}
    cells: dict[str, int] = defaultdict(int)
    hidden: dict[str, int] = defaultdict(int)
    for _, level, _, _, _, _ in rows:
        cells[level] += 1
    suppressed = release.figures.filter(state="suppressed").values_list("territory__scheme__code", "territory__code")
    for scheme, area in suppressed:
        hidden[level_of[scheme.removeprefix("lor-"), area]] += 1
    assert sum(hidden.values()) == release.suppressed_count
    return {level: hidden[level] / cells[level] for level in LEVELS}
