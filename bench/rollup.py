"""The rollup beside a bare INSERT … SELECT … GROUP BY of the same rows, both in one scratch database and one run."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection

from bench.rows import Row
from indicators import rollup
from indicators.actions import load_dimensions
from indicators.breakdowns import ensure_breakdowns
from indicators.models import ComputedFigure, Indicator, RollupRun
from orgs.models import Domain, TerritoryScheme

INDICATORS, YEARS, REPEATS = 10, 2, 3
SEXES, AGES = ("F", "M"), tuple("ABCDEFGHIJ")
DISTRICTS, NEIGHBOURHOODS = 10, 100


def measure(scale: float) -> list[Row]:
    """Rows: observations = 10 indicators × 2 years × 20 groups × 250 neighbourhoods × scale (100,000 at scale 1)."""
    with scratch_database():
        leaves = max(DISTRICTS, round(250 * scale))
        observations = fill(leaves)
        ours, bare, touched = [], [], []
        for _ in range(REPEATS):
            empty()
            ours.append(seconds(roll_up_everything))
            written = ComputedFigure.objects.count()
            bare.append(seconds(bare_group_by))
            touched.append(seconds(roll_up_one_change))
    full, plain, one = (statistics.median(times) for times in (ours, bare, touched))
    against = f"INSERT … SELECT … GROUP BY of the same {observations:,} observations to the same {written:,} figures: {plain:.2f} s"
    return [
        Row("full rollup", full, "s", f"{observations:,} observations"),
        Row("full rollup, ratio", full / plain, "×", against, limit=6.0),
        Row("rollup after one change, ratio", one / full, "×", f"the full rollup: {full:.2f} s", limit=0.2),
    ]


@contextmanager
def scratch_database() -> Iterator[None]:
    """A database of the bench's own beside the portal's; what stands in the portal's is never touched."""
    name = connection.settings_dict["NAME"]
    scratch = f"{name}_bench"
    run(f'DROP DATABASE IF EXISTS "{scratch}"', f'CREATE DATABASE "{scratch}"')
    use(scratch)
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        use(name)
        run(f'DROP DATABASE "{scratch}"')


def use(database: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = database


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def fill(leaves: int) -> int:
    """A city of ten districts and `leaves` neighbourhoods, counted by sex and age; the number of observations."""
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
    cells = ensure_breakdowns(f"age={age}&sex={sex}" for age in AGES for sex in SEXES)
    Indicator.objects.bulk_create(
        Indicator(
            code=f"B{n}", name=f"B{n}", definition="", domain=domain, unit="count", measure="count", direction="context"
        )
        for n in range(INDICATORS)
    )
    with connection.cursor() as cursor:
        cursor.execute(TERRITORIES, {"scheme": scheme.pk, "districts": DISTRICTS, "leaves": leaves})
        cursor.execute(OBSERVATIONS, {"cells": list(cells.values()), "years": YEARS})
        count = int(cursor.rowcount)
    run("VACUUM ANALYZE indicators_observation", "ANALYZE orgs_territory", "ANALYZE orgs_territoryclosure")
    return count


def empty() -> None:
    run("TRUNCATE indicators_computedfigure", "TRUNCATE indicators_dirtymark")
    rollup.mark_all()


def roll_up_everything() -> None:
    done = rollup.roll_up()
    assert done is not None
    assert done.state == RollupRun.State.DONE, done.error


def roll_up_one_change() -> None:
    run(
        "UPDATE indicators_observation SET numerator = numerator + 1 WHERE id = (SELECT min(id) FROM indicators_observation)"
    )
    roll_up_everything()


def bare_group_by() -> None:
    run("DROP TABLE IF EXISTS bare", BARE)


TERRITORIES = """
    INSERT INTO orgs_territory (scheme_id, code, name, names, kind, valid_from, valid_to, has_all_parts)
    VALUES (%(scheme)s, 'C', 'City', '{}', 'municipality', '0001-01-01', '9999-12-31', true);
    INSERT INTO orgs_territory (scheme_id, code, name, names, kind, valid_from, valid_to, has_all_parts, parent_id)
    SELECT %(scheme)s, 'D' || n, 'D' || n, '{}', 'district', '0001-01-01', '9999-12-31', true, t.id
    FROM orgs_territory t, generate_series(1, %(districts)s) AS n WHERE t.code = 'C';
    INSERT INTO orgs_territory (scheme_id, code, name, names, kind, valid_from, valid_to, has_all_parts, parent_id)
    SELECT %(scheme)s, 'N' || n, 'N' || n, '{}', 'neighbourhood', '0001-01-01', '9999-12-31', true, t.id
    FROM orgs_territory t, generate_series(1, %(leaves)s) AS n WHERE t.code = 'D' || (n %% %(districts)s + 1);
"""

OBSERVATIONS = """
    WITH source AS (INSERT INTO indicators_source (name, publisher, licence, url) VALUES ('Bench', '', '', '') RETURNING id)
    INSERT INTO indicators_observation
        (indicator_id, period_id, territory_id, breakdown_id, numerator, flag, status, source_id, approved_at, created_at)
    SELECT i.id, p.id, t.id, b, (t.id * 7 + b * 3 + p.id) %% 100, '', 'approved', source.id, now(), now()
    FROM source, indicators_indicator i, indicators_period p, orgs_territory t, unnest(%(cells)s::bigint[]) AS b
    WHERE p.kind = 'year' AND p.year > 2020 AND p.year <= 2020 + %(years)s AND t.kind = 'neighbourhood'
"""

# All margins of sex and age, all levels of the tree, nothing else: no marks, no locks, no coverage, no provenance.
BARE = """
    CREATE TABLE bare AS
    SELECT o.indicator_id, o.period_id, c.ancestor_id AS territory_id, m.whole AS breakdown_id, sum(o.numerator) AS numerator
    FROM indicators_observation o
    JOIN orgs_territoryclosure c ON c.descendant_id = o.territory_id
    JOIN (SELECT id AS part, id AS whole FROM indicators_breakdown WHERE rank = 2
          UNION SELECT part_id, whole_id FROM indicators_breakdownmargin l JOIN indicators_breakdown b ON b.id = l.part_id AND b.rank = 2
          UNION SELECT b.id, t.id FROM indicators_breakdown b, indicators_breakdown t WHERE b.rank = 2 AND t.key = '') AS m
        ON m.part = o.breakdown_id
    WHERE c.depth > 0 OR m.whole <> m.part
    GROUP BY 1, 2, 3, 4;
    CREATE UNIQUE INDEX ON bare (indicator_id, period_id, territory_id, breakdown_id);
"""
