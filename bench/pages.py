"""The territory page and the indicator page with a large release beside a small one: both must read by index what they show, and no more.

The released rows come from INSERT … SELECT over 50 indicators, 20 groups, some years and as many places as the size asks for. The page
that is measured shows the same number of figures in both: only what lies around it grows.
"""

import statistics
import time

from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from bench.database import run, scratch_database
from bench.rollup import SEXES
from bench.rows import Row
from indicators.catalogue.breakdowns import ensure_breakdowns
from indicators.catalogue.loading import load_dimensions
from indicators.models import Indicator, Release
from orgs.models import Domain, Territory, TerritoryScheme

INDICATORS, GROUPS, REPEATS = 50, 20, 15
SMALL, LARGE = 100_000, 10_000_000
YEARS = 5
AGES = tuple("ABCDEF")


def measure(scale: float) -> list[Row]:
    """Rows: the time of each page at ten million × scale released rows against the same page at 100 thousand × scale."""
    medians: dict[int, dict[str, float]] = {}
    for size in (SMALL, LARGE):
        with scratch_database():
            rows = fill(round(size * scale))
            medians[size] = pages()
            medians[size]["rows"] = rows
    small, large = medians[SMALL], medians[LARGE]
    return [
        Row(
            f"{page} page, {large['rows']:,.0f} released figures, ratio",
            large[page] / small[page],
            "×",
            f"{small['rows']:,.0f}: {small[page] * 1000:.1f} ms, then {large[page] * 1000:.1f} ms",
            limit=1.2,
        )
        for page in ("territory", "indicator")
    ]


def fill(size: int) -> int:
    """A published release of some `size` rows over a tree of four levels; how many it became."""
    scheme = TerritoryScheme.objects.create(code="bench", name="Bench")
    domain = Domain.objects.create(code="B", slug="bench", order=1, name="Bench")
    load_dimensions(
        [
            {
                "code": code,
                "order": order,
                "name": {"en": code},
                "categories": [
                    {"code": category, "name": {"en": category}, "parent": None, "part": True, "order": place}
                    for place, category in enumerate(categories)
                ],
            }
            for order, (code, categories) in enumerate({"sex": SEXES, "age": AGES}.items())
        ]
    )
    keys = ["", *(f"sex={sex}" for sex in SEXES), *(f"age={age}" for age in AGES)]
    keys += [f"age={age}&sex={sex}" for age in AGES for sex in SEXES]
    cells = ensure_breakdowns(keys[:GROUPS])
    Indicator.objects.bulk_create(
        Indicator(
            code=f"B{n}", name=f"B{n}", definition="", domain=domain, unit="count", measure="count", direction="context",
            is_headline=n < 5,
        )
        for n in range(INDICATORS)
    )  # fmt: skip
    # The place that is measured and its ten districts are there at every size; the rest are provinces like it.
    provinces = max(1, round(size / (INDICATORS * len(cells) * YEARS * 11)))
    release = Release.objects.create()
    with connection.cursor() as cursor:
        cursor.execute(TERRITORIES, {"scheme": scheme.pk, "provinces": provinces})
        cursor.execute("SELECT set_config('portal.release_in_the_making', %s, false)", [str(release.pk)])
        cursor.execute(FIGURES, {"release": release.pk, "cells": list(cells.values()), "years": YEARS})
        rows = int(cursor.rowcount)
        cursor.execute("SELECT set_config('portal.release_in_the_making', '', false)")
    Release.objects.filter(pk=release.pk).update(
        state="published", published_at="2026-01-01T00:00Z", figures_count=rows
    )
    run("VACUUM ANALYZE indicators_releasedfigure", "ANALYZE orgs_territory", "ANALYZE orgs_territoryclosure")
    return rows


def pages() -> dict[str, float]:
    """{page: median of the seconds}."""
    place = Territory.objects.select_related("scheme").get(code="P1")
    indicator = Indicator.objects.get(code="B1")
    addresses = {
        "territory": place.get_absolute_url(),
        "indicator": f"{indicator.get_absolute_url()}?territory={place.scheme.code}:{place.code}",
    }
    client = Client()
    found = {}
    with override_settings(ALLOWED_HOSTS=["*"], PUBLIC_PAGES_SECONDS=0):
        for page, address in addresses.items():
            times = []
            for _ in range(REPEATS):
                begun = time.perf_counter()
                response = client.get(address, secure=True)
                times.append(time.perf_counter() - begun)
                assert response.status_code == 200, (address, response.status_code)
            found[page] = statistics.median(times[1:])
    return found


TERRITORIES = """
    INSERT INTO orgs_territory (scheme_id, code, name, names, kind, valid_from, valid_to, has_all_parts)
    VALUES (%(scheme)s, 'R', 'Region', '{}', 'region', '0001-01-01', '9999-12-31', true);
    INSERT INTO orgs_territory (scheme_id, code, name, names, kind, valid_from, valid_to, has_all_parts, parent_id)
    SELECT %(scheme)s, 'P' || n, 'P' || n, '{}', 'municipality', '0001-01-01', '9999-12-31', true, t.id
    FROM orgs_territory t, generate_series(1, %(provinces)s) AS n WHERE t.code = 'R';
    INSERT INTO orgs_territory (scheme_id, code, name, names, kind, valid_from, valid_to, has_all_parts, parent_id)
    SELECT %(scheme)s, 'D' || n || t.code, 'D' || n, '{}', 'district', '0001-01-01', '9999-12-31', true, t.id
    FROM orgs_territory t, generate_series(1, 10) AS n WHERE t.kind = 'municipality';
"""

FIGURES = """
    INSERT INTO indicators_releasedfigure
        (release_id, indicator_id, territory_id, period_id, breakdown_id, state, numerator, denominator, value, flags, origin,
         reporters, expected, periods_used, periods_expected, oldest_input_at, source_id)
    SELECT %(release)s, i.id, t.id, p.id, b, 'shown', amount, NULL, amount, 0, 'territories', 10, 10, 1, 1, now(), NULL
    FROM orgs_territory t, indicators_indicator i, indicators_period p, unnest(%(cells)s::bigint[]) AS b,
         LATERAL (SELECT (t.id * 7 + b * 3 + p.id) %% 1000 AS amount) AS made
    WHERE p.kind = 'year' AND p.year > 2020 AND p.year <= 2020 + %(years)s AND t.kind <> 'region'
"""
