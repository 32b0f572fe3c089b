"""The rollup at national scale beside hand-written SQL, DuckDB and pandas, all from the same rows, in one database and one run."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import duckdb
import pandas
from django.db import connection, connections

from bench.database import run, scratch_database, seconds
from bench.rows import Row
from indicators import marks
from indicators.catalogue.breakdowns import ensure_breakdowns
from indicators.catalogue.loading import load_dimensions
from indicators.imports.actions import approve_import
from indicators.models import ComputedFigure, Figure, ImportBatch, Indicator, Observation, RollupRun, Source
from indicators.quality.actions import accept_findings
from indicators.rollup import worker as rollup_worker
from orgs.models import Domain, TerritoryScheme

INDICATORS, YEARS = 50, 5
SEXES, AGES = ("F", "M"), tuple("ABCDEFGHIJ")
REGIONS, DISTRICTS, NEIGHBOURHOODS = 20, 200, 2000
CHANGES = 1000


def measure(scale: float) -> list[Row]:
    """Rows: observations = 50 indicators × scale, 5 years, 20 groups, 2,000 neighbourhoods (10 million at scale 1)."""
    with scratch_database():
        indicators = max(2, round(INDICATORS * scale))
        seconds(lambda: fill(indicators), "made the observations")
        observations = Observation.objects.count()
        plain = seconds(bare, "by hand")
        full = seconds_of_full_rollup(workers=1)
        written = ComputedFigure.objects.count()
        difference = compare_with_bare()
        local = median(seconds_of_changes(ONE_PLACE) for _ in range(3))
        spread = median(seconds_of_changes(ANYWHERE) for _ in range(3))
        assert compare_from_scratch() == 0
        # The table was just emptied and filled. An idle portal has been looked over by the autovacuum since.
        run("VACUUM ANALYZE indicators_computedplace", "VACUUM ANALYZE indicators_observation")
        latency = median(seconds_from_approval(5))
        single = min(full, seconds_of_full_rollup(workers=1))
        double = min(seconds_of_full_rollup(workers=2) for _ in range(2))
        with tempfile.TemporaryDirectory() as folder:
            columns, steps, frames = seconds_elsewhere(Path(folder))
    assert difference == 0, f"{difference} figures differ from the hand-written ones"
    same = f"the same {written:,} figures by hand-written SQL, no bookkeeping: {plain:.1f} s"
    whole = f"the full rollup: {single:.1f} s"
    one_statement = f"all margins in one statement: {columns:.1f} s"
    return [
        Row("full rollup", single, "s", f"{observations:,} observations, {written:,} figures"),
        Row("full rollup, ratio", single / plain, "×", same, limit=1.3),
        Row(f"rollup after {CHANGES:,} changes in one indicator and period", local / single, "×", whole, limit=0.01),
        Row(f"rollup after {CHANGES:,} changes anywhere", spread / single, "×", whole, limit=0.05),
        Row("from approval to the figure at the top", latency, "s", "an idle worker", limit=1.0),
        Row("full rollup with two workers", single / double, "× faster", whole, limit=1.5, sense="at least"),
        Row("full rollup, two workers, beside DuckDB", double / columns, "×", f"two threads, {one_statement}", limit=8),
        Row("full rollup, one worker, beside DuckDB", single / columns, "×", f"two threads, {one_statement}"),
        Row("the same, step by step", single / steps, "×", f"two threads, the steps of the rollup: {steps:.1f} s"),
        Row("full rollup beside pandas", single / frames, "×", f"the same sums: {frames:.1f} s"),
    ]


# --- The land and its observations --------------------------------------------------------------------------------


def fill(indicators: int) -> None:
    """A country of four levels, its leaves counted by sex and age."""
    scheme = TerritoryScheme.objects.create(code="bench", name="Bench")
    domain = Domain.objects.create(code="B", slug="bench", order=1, name="Bench")
    source = Source.objects.create(name="Bench")
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
    made = Indicator.objects.bulk_create(
        Indicator(
            code=f"B{n}", name=f"B{n}", definition="", domain=domain, unit="count", measure="count", direction="context"
        )
        for n in range(indicators)
    )
    values = {"scheme": scheme.pk, "regions": REGIONS, "districts": DISTRICTS, "leaves": NEIGHBOURHOODS}
    with connection.cursor() as cursor:
        cursor.execute(TERRITORIES, values)
        # The rows are right by their making: references and marks of ten million rows are not what is measured.
        cursor.execute("SET session_replication_role = replica")
        for indicator in made:
            cursor.execute(
                OBSERVATIONS,
                {"indicator": indicator.pk, "cells": list(cells.values()), "years": YEARS, "source": source.pk},
            )
        cursor.execute(SLICES, {"years": YEARS})
        cursor.execute("SET session_replication_role = origin")
    run("VACUUM ANALYZE indicators_observation", "ANALYZE", "CHECKPOINT")


TERRITORIES = """
    CREATE TEMPORARY TABLE land AS
    SELECT n AS place, CASE WHEN n = 0 THEN 'country' WHEN n <= %(regions)s THEN 'region'
               WHEN n <= %(regions)s + %(districts)s THEN 'municipality' ELSE 'neighbourhood' END AS kind,
           CASE WHEN n = 0 THEN NULL WHEN n <= %(regions)s THEN 0 WHEN n <= %(regions)s + %(districts)s THEN 1 + n %% %(regions)s
                ELSE %(regions)s + 1 + n %% %(districts)s END AS parent
    FROM generate_series(0, %(regions)s + %(districts)s + %(leaves)s) AS n;
    INSERT INTO orgs_territory (scheme_id, code, name, names, kind, valid_from, valid_to, has_all_parts)
    SELECT %(scheme)s, 'T' || place, 'T' || place, '{}', kind, '0001-01-01', '9999-12-31', true FROM land ORDER BY place;
    UPDATE orgs_territory t SET parent_id = above.id FROM land l JOIN orgs_territory above ON above.code = 'T' || l.parent
    WHERE t.code = 'T' || l.place;
    DROP TABLE land;
    ANALYZE orgs_territory; ANALYZE orgs_territoryclosure
"""

OBSERVATIONS = """
    INSERT INTO indicators_observation
        (indicator_id, period_id, territory_id, breakdown_id, numerator, flags, status, source_id, approved_at, created_at)
    SELECT %(indicator)s, p.id, t.id, b, abs(hashint8(((%(indicator)s * 1009 + p.id) * 100003 + t.id) * 1009 + b)) %% 1000,
           0, 'approved', %(source)s, now(), now()
    FROM indicators_period p, orgs_territory t, unnest(%(cells)s::bigint[]) AS b
    WHERE p.kind = 'year' AND p.year > 2020 AND p.year <= 2020 + %(years)s AND t.kind = 'neighbourhood'
    ORDER BY p.id, t.id, b
"""

SLICES = """
    INSERT INTO indicators_slice (indicator_id, year, attempts, error, reporting_kind)
    SELECT i.id, year, 0, '', '' FROM indicators_indicator i, generate_series(2021, 2020 + %(years)s) AS year
"""


# --- Ours ---------------------------------------------------------------------------------------------------------


def seconds_of_full_rollup(workers: int) -> float:
    """From no figure at all."""
    run(EMPTY, "UPDATE indicators_slice SET reporting_kind = ''")
    run("VACUUM indicators_slice", "CHECKPOINT")
    marks.mark_all()
    return seconds(lambda: roll_up_with(workers), f"full rollup, workers: {workers}")


EMPTY = "TRUNCATE indicators_computedplace, indicators_dirtymark"


def roll_up_with(workers: int) -> None:
    def work() -> None:
        rollup_worker.roll_up()
        connections.close_all()

    if workers == 1:
        rollup_worker.roll_up()
    else:
        threads = [threading.Thread(target=work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not RollupRun.objects.exclude(state=RollupRun.State.DONE).exists()


def seconds_of_changes(which: str) -> float:
    run(f"UPDATE indicators_observation SET numerator = numerator + 1 WHERE id IN ({which})")
    return seconds(rollup_worker.roll_up, "rollup after changes")


ONE_PLACE = f"""
    SELECT id FROM indicators_observation WHERE indicator_id = (SELECT min(id) FROM indicators_indicator)
    AND period_id = (SELECT id FROM indicators_period WHERE code = '2023') ORDER BY hashint8(id) LIMIT {CHANGES}
"""
ANYWHERE = f"""
    SELECT (random() * ((SELECT max(id) FROM indicators_observation) - 1))::bigint + 1 FROM generate_series(1, {CHANGES})
"""


def compare_from_scratch() -> int:
    """The figures kept through the changes against those computed anew; the number that differ."""
    run("DROP TABLE IF EXISTS kept", "CREATE TABLE kept AS SELECT * FROM indicators_computedfigure")
    seconds_of_full_rollup(workers=1)
    return differing("kept")


def compare_with_bare() -> int:
    return differing("bare")


def differing(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"""
            SELECT count(*) FROM {table} b FULL JOIN indicators_computedfigure f
                USING (indicator_id, period_id, territory_id, breakdown_id)
            WHERE (b.numerator, b.reporters, b.expected) IS DISTINCT FROM (f.numerator, f.reporters, f.expected)
        """)
        return int(cursor.fetchone()[0])


def seconds_from_approval(times: int) -> list[float]:
    """One observation is approved as a person does it; a real worker makes the figure of the country."""
    leaf = Observation.objects.filter(territory__kind="neighbourhood").order_by("pk").first()
    assert leaf is not None
    top = Figure.objects.filter(
        indicator=leaf.indicator_id, period=leaf.period_id, territory__kind="country", breakdown__key=""
    )
    source = Source.objects.get()
    taken = []
    with worker():
        for number in range(times + 1):
            batch = ImportBatch.objects.create(
                source=source, mapping={}, file_name="one cell", size=0, state=ImportBatch.State.STORED, problems=0
            )
            before = top.get().value
            assert before is not None
            value = Observation.objects.get(
                indicator=leaf.indicator_id,
                period=leaf.period_id,
                territory=leaf.territory_id,
                breakdown=leaf.breakdown_id,
                status="approved",
            ).numerator
            assert value is not None
            Observation.objects.create(
                indicator_id=leaf.indicator_id,
                period_id=leaf.period_id,
                territory_id=leaf.territory_id,
                breakdown_id=leaf.breakdown_id,
                numerator=value + 1,
                source=source,
                batch=batch,
            )
            accept_findings(batch=batch, reason="Made up", by=None)
            begun = time.perf_counter()
            approve_import(batch=batch)
            while top.get().value != before + 1:
                assert time.perf_counter() - begun < 60, "the figure does not come"
                time.sleep(0.01)
            if number:  # The first one waits for the worker to start.
                taken.append(time.perf_counter() - begun)
    return taken


@contextmanager
def worker() -> Iterator[None]:
    arguments = ["--app", "integration_portal", "worker", "--concurrency", "1", "--loglevel", "ERROR"]
    process = subprocess.Popen([sys.executable, "-m", "celery", *arguments], start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


# --- By hand ------------------------------------------------------------------------------------------------------


def bare() -> None:
    """The same rows, each margin from the smallest set that holds it, level by level; the index at the end. No marks, no locks, no checks."""
    run("DROP TABLE IF EXISTS bare", "SET work_mem = '256MB'", *BARE)


COLUMNS = """(indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, origin, is_overridden, reporters, expected,
    periods_used, periods_expected, oldest_input_at, computed_at)"""
# The columns that every figure has, so that the rows are as wide.
_REST = "NULL::numeric AS denominator, '{origin}'::varchar AS origin, false AS is_overridden, {reporters}::integer AS reporters,"
_END = (
    "1::smallint AS periods_used, 1::smallint AS periods_expected, min({at}) AS oldest_input_at, now() AS computed_at"
)
_MARGIN = f"""
    INSERT INTO bare {COLUMNS}
    SELECT o.indicator_id, o.period_id, o.territory_id, m.whole_id, sum(o.numerator), {_REST.format(origin="categories", reporters=1)}
           1 AS expected, {_END}
    FROM {{table}} o JOIN indicators_breakdownmargin m ON m.part_id = o.breakdown_id {{where}}
    GROUP BY 1, 2, 3, 4
"""
_LEVEL = f"""
    INSERT INTO bare {COLUMNS}
    SELECT o.indicator_id, o.period_id, t.parent_id, o.breakdown_id, sum(o.numerator),
           {_REST.format(origin="territories", reporters="sum(o.reporters)")} min(e.leaves), {_END.format(at="o.at")}
    FROM ({{table}}) AS o JOIN orgs_territory t ON t.id = o.territory_id AND t.kind = '{{kind}}'
    JOIN (SELECT c.ancestor_id, count(*) AS leaves FROM orgs_territoryclosure c JOIN orgs_territory d
          ON d.id = c.descendant_id AND d.kind = 'neighbourhood' GROUP BY 1) AS e ON e.ancestor_id = t.parent_id
    GROUP BY 1, 2, 3, 4
"""
_OWN = "SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, 1 AS reporters, approved_at AS at FROM indicators_observation"
_DONE = (
    "SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, reporters, oldest_input_at AS at FROM bare"
)
BARE = [
    "CREATE TABLE bare (LIKE indicators_computedfigure)",
    _MARGIN.format(table="indicators_observation", where="", at="o.approved_at"),
    "ANALYZE bare",
    _MARGIN.format(
        table="bare",
        where="AND m.set_size = 2 JOIN indicators_breakdown w ON w.id = m.whole_id AND w.rank = 0",
        at="o.oldest_input_at",
    ),
    _LEVEL.format(table=f"{_OWN} UNION ALL {_DONE}", kind="neighbourhood"),
    "ANALYZE bare",
    _LEVEL.format(table=_DONE, kind="municipality"),
    _LEVEL.format(table=_DONE, kind="region"),
    "CREATE UNIQUE INDEX ON bare (indicator_id, period_id, territory_id, breakdown_id)",
]


# --- Elsewhere ----------------------------------------------------------------------------------------------------


def seconds_elsewhere(folder: Path) -> tuple[float, float, float]:
    """The same figures from a copy of the same tables: in DuckDB on two threads, by one statement over all margins and step by step as we do
    it; and in pandas, where the levels and groups stand beside each number already."""
    database = duckdb.connect(str(folder / "bench.duckdb"), config={"threads": 2})
    for table, query in EXPORT.items():
        path = folder / f"{table}.csv"
        with connection.cursor() as cursor, path.open("wb") as file:
            cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)", file)
        database.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv('{path}')")
        path.unlink()
    database.execute("ALTER TABLE observation ALTER n TYPE decimal(38, 10)")
    margins = seconds(lambda: database.execute(DUCKDB_MARGINS), "DuckDB, all margins in one statement")
    assert rows_of(database) == ComputedFigure.objects.count()
    steps = seconds(lambda: database.execute(DUCKDB_STEPS), "DuckDB, step by step")
    assert rows_of(database) == ComputedFigure.objects.count()
    frame = database.execute(
        f"SELECT indicator, period, region, district, leaf, sex, age, n::bigint AS n FROM ({DUCKDB_CELLS})"
    ).df()
    database.close()
    return margins, steps, seconds(lambda: sum_with_pandas(frame), "pandas")


def rows_of(database: duckdb.DuckDBPyConnection) -> int:
    found = database.execute("SELECT count(*) FROM figure").fetchone()
    assert found is not None
    return int(found[0])


EXPORT = {
    "observation": """
        SELECT indicator_id AS indicator, period_id AS period, territory_id AS territory, breakdown_id AS breakdown, numerator::bigint AS n,
               extract(epoch FROM approved_at)::bigint AS "at"
        FROM indicators_observation WHERE status = 'approved'
    """,
    "territory": "SELECT id, parent_id AS parent FROM orgs_territory",
    "margin": "SELECT part_id AS part, whole_id AS whole, set_size FROM indicators_breakdownmargin",
    "breakdown": "SELECT id, key, right(key, 1) AS sex, substr(key, 5, 1) AS age FROM indicators_breakdown WHERE key LIKE 'age=%&sex=%'",
}
# Each number with its levels and groups.
DUCKDB_CELLS = """
    SELECT o.*, d.parent AS region, d.id AS district, t.id AS leaf, b.sex, b.age
    FROM observation o JOIN territory t ON t.id = o.territory JOIN territory d ON d.id = t.parent JOIN breakdown b ON b.id = o.breakdown
"""
# All margins at all levels, but for the cells that are observations already.
DUCKDB_MARGINS = f"""
    CREATE TABLE figure AS
    SELECT indicator, period, CASE WHEN grouping(region) = 1 THEN 1 WHEN grouping(district) = 1 THEN region WHEN grouping(leaf) = 1 THEN district
           ELSE leaf END AS territory, sex, age, sum(n) AS n, count(*) AS cells, min("at") AS oldest
    FROM ({DUCKDB_CELLS})
    GROUP BY GROUPING SETS (
        (indicator, period, region, district, leaf, sex), (indicator, period, region, district, leaf, age), (indicator, period, region, district, leaf),
        (indicator, period, region, district, sex, age), (indicator, period, region, district, sex), (indicator, period, region, district, age),
        (indicator, period, region, district),
        (indicator, period, region, sex, age), (indicator, period, region, sex), (indicator, period, region, age), (indicator, period, region),
        (indicator, period, sex, age), (indicator, period, sex), (indicator, period, age), (indicator, period))
"""
_STEP = """
    SELECT indicator, period, t.parent AS territory, breakdown, sum(n) AS n, sum(reporters) AS reporters, min(oldest) AS oldest
    FROM {below} b JOIN territory t ON t.id = b.territory GROUP BY ALL
"""
DUCKDB_STEPS = f"""
    CREATE OR REPLACE TABLE figure AS
    WITH leaf AS (
        SELECT indicator, period, territory, m.whole AS breakdown, sum(n) AS n, 1 AS reporters, min("at") AS oldest
        FROM observation o JOIN margin m ON m.part = o.breakdown JOIN breakdown b ON b.id = o.breakdown
        GROUP BY indicator, period, territory, m.whole HAVING count(*) = any_value(m.set_size)
    ), total AS (
        SELECT indicator, period, territory, m.whole AS breakdown, sum(n) AS n, 1 AS reporters, min(oldest) AS oldest
        FROM leaf l JOIN margin m ON m.part = l.breakdown AND m.set_size = {len(SEXES)}
        GROUP BY indicator, period, territory, m.whole HAVING count(*) = {len(SEXES)}
    ), lowest AS (
        SELECT * FROM leaf UNION ALL SELECT * FROM total
        UNION ALL SELECT indicator, period, territory, breakdown, n, 1, "at" FROM observation
    ), district AS ({_STEP.format(below="lowest")}), region AS ({_STEP.format(below="district")}), country AS ({_STEP.format(below="region")})
    SELECT * FROM leaf UNION ALL SELECT * FROM total UNION ALL SELECT * FROM district UNION ALL SELECT * FROM region UNION ALL SELECT * FROM country
"""


def sum_with_pandas(frame: pandas.DataFrame) -> int:
    leaves = pandas.concat(
        frame.groupby(["indicator", "period", "region", "district", "leaf", *margin], as_index=False)["n"].sum()
        for margin in (["sex"], ["age"], [])
    )
    cells = pandas.concat([frame, leaves])
    count = len(leaves)
    for level in (["region", "district"], ["region"], []):
        cells = cells.groupby(["indicator", "period", *level, "sex", "age"], as_index=False, dropna=False)["n"].sum()
        count += len(cells)
    return count
