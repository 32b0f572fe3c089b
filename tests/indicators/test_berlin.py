"""Berlin against what Berlin published: only the planning areas go in, and all that was published above them must come out.

The file is compared as it was published. From 2015 to 2019 five of its columns of origins stand one off (what is called Poland is the United
Kingdom, Bulgaria is Poland, and so on to Croatia): Bulgaria falls from 114,715 people in 2019-S1 to 36,821 in 2020-S2. Sums do not show that.

The suite takes the first and the last half-year of either division; BERLIN_PERIODS=all takes all eighteen. `pytest -s` prints what came out.
"""

import csv
import io
import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files import File
from django.db import connection, transaction

from indicators.imports import actions as imports
from indicators.models import ImportBatch, RollupRun
from indicators.quality import actions as quality
from indicators.rollup import worker
from tests.indicators.berlin import FILE, make_berlin, mapping_of, rows_of, scheme_of
from tests.settled import settle

ALL = [f"{year}-S{half}" for year in range(2015, 2024) for half in (1, 2)]
CHOSEN = os.environ.get("BERLIN_PERIODS", "2015-S1,2020-S2,2021-S1,2023-S2")
PERIODS = ALL if CHOSEN == "all" else CHOSEN.split(",")

# What each published measure means, written once more and apart from the mappings that are tested here.
AGES = {
    "age_below_6": "Y0-5", "age_6_15": "Y6-14", "age_15_18": "Y15-17", "age_18_27": "Y18-26",
    "age_27_45": "Y27-44", "age_45_55": "Y45-54", "age_55_65": "Y55-64", "age_above_65": "Y_GE65",
}  # fmt: skip
ORIGINS = {
    "european_union": "EU", "france": "FRA", "greece": "GRC", "italy": "ITA", "austria": "AUT", "spain": "ESP", "poland": "POL",
    "bulgaria": "BGR", "rumania": "ROU", "croatia": "HRV", "united_kingdom": "GBR", "former_yugoslavia": "EX_YU",
    "bosnia_herzegovina": "BIH", "serbia": "SRB", "former_soviet_union": "EX_SU", "russia": "RUS", "ukraine": "UKR",
    "kazakhstan": "KAZ", "islamic_countries": "OIC", "turkey": "TUR", "iran": "IRN", "arabic_countries": "ARAB", "lebanon": "LBN",
    "syria": "SYR", "vietnam": "VNM", "united_states": "USA", "undefined": "UNK",
}  # fmt: skip
WHOLES = {"T1": "", "T2": "", "T3": "background=WITH", "T4": "background=WITH"}
KEYS = {
    **{(table, "inhabitants"): whole for table, whole in WHOLES.items()},
    **{(table, "inhabitants_foreigners"): "background=FOREIGN" for table in ("T1", "T2", "T3")},
    ("T1", "inhabitants_with_migration_background"): "background=WITH",
    ("T1", "inhabitants_germans"): "background=NATIONAL",
    ("T1", "inhabitants_germans_without_migration_background"): "background=NONE",
    ("T1", "inhabitants_germans_with_migration_background"): "background=NATIONAL_WITH",
    ("T2", "inhabitants_female"): "sex=F",
    ("T3", "inhabitants_with_migration_background_female"): "background=WITH&sex=F",
    **{("T2", f"inhabitants_{age}"): f"age={code}" for age, code in AGES.items()},
    **{
        ("T3", f"inhabitants_with_migration_background_{age}"): f"age={code}&background=WITH"
        for age, code in AGES.items()
    },
    **{("T4", f"inhabitants_from_{name}"): f"area={code}&background=WITH" for name, code in ORIGINS.items()},
}

# Every published figure beside the portal's. Nothing but the half-years: the file has no years.
COMPARE = """
    SELECT p.level, p.scheme, p.code, p.period, p.key, p.value, f.numerator, f.value, f.origin, f.reporters, f.expected
    FROM published p
    LEFT JOIN (orgs_territory t JOIN orgs_territoryscheme s ON s.id = t.scheme_id) ON t.code = p.code AND s.code = p.scheme
    LEFT JOIN indicators_period q ON q.code = p.period
    LEFT JOIN indicators_breakdown b ON b.key = p.key
    LEFT JOIN indicators_figure f ON f.indicator_id = %(indicator)s AND f.territory_id = t.id AND f.period_id = q.id
         AND f.breakdown_id = b.id
    WHERE f.value IS DISTINCT FROM p.value OR f.numerator IS DISTINCT FROM p.value OR f.origin IS DISTINCT FROM 'territories'
       OR f.reporters IS DISTINCT FROM f.expected OR f.reporters = 0
    ORDER BY 1, 2, 3, 4, 5 LIMIT 5
"""


def load_published() -> tuple[Counter[str], int, int]:
    """Fills the table `published` with the figures above the planning areas.

    Returned are the cells by level, the number of published tables, and that of planning areas and half-years.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    cells: Counter[str] = Counter()
    tables, areas = set(), set()
    for row in rows_of():
        if row["period"] not in PERIODS:
            continue
        if row["level"] == "planning-areas":
            areas.add((row["area_id"], row["period"]))
            continue
        cells[row["level"]] += 1
        tables.add((row["level"], row["period"], row["table"]))
        key = KEYS[row["table"], row["measure"]]
        scheme = scheme_of(row["level"], row["period"])
        writer.writerow([row["level"], scheme, row["area_id"], row["period"], key, row["value"]])
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE published (level text, scheme text, code text, period text, key text, value numeric) ON COMMIT DROP"
        )
        cursor.copy_expert("COPY published FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL (key))", text)
        cursor.execute("ANALYZE published")
    return cells, len(tables), len(areas)


@pytest.fixture(scope="module")
def berlin(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """The planning areas of both divisions imported through the engine and rolled up; gone after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        seconds = {}
        begun = time.perf_counter()
        indicator = make_berlin(rows_of())
        seconds["tree"] = time.perf_counter() - begun
        begun = time.perf_counter()
        batches = {}
        for division in ("lor-2006", "lor-2021"):
            for table in WHOLES:
                with FILE.open("rb") as stream:
                    batch = imports.ingest(
                        store=True, mapping=mapping_of(table, division, PERIODS), file=File(stream, name=FILE.name)
                    )
                assert batch.state == ImportBatch.State.STORED, list(batch.messages.values())
                quality.accept_findings(batch=batch, reason="These are the figures as they were published.", by=None)
                batches[division, table] = imports.approve_import(batch=batch)
        seconds["import"] = time.perf_counter() - begun
        begun = time.perf_counter()
        run = worker.roll_up()
        seconds["rollup"] = time.perf_counter() - begun
        assert run is not None
        settle()
        yield {"indicator": indicator, "batches": batches, "run": run, "seconds": seconds}
        transaction.set_rollback(True)


# Read once and then joined: of tables that were filled a moment ago the planner knows nothing.
ABOVE = """
    WITH figure AS MATERIALIZED (SELECT period_id, territory_id FROM indicators_figure WHERE indicator_id = %(indicator)s)
    SELECT count(*) FROM figure f JOIN indicators_period p ON p.id = f.period_id JOIN orgs_territory t ON t.id = f.territory_id
    WHERE p.kind = 'half' AND t.kind <> 'neighbourhood'
"""


@pytest.mark.usefixtures("db")
def test_planning_areas_give_every_figure_that_berlin_published_above_them(berlin: dict[str, Any]) -> None:
    run, indicator = berlin["run"], berlin["indicator"]
    assert run.state == RollupRun.State.DONE, run.error
    cells, tables, areas = load_published()
    # What two tables publish alike (residents, foreigners) is stored once.
    batches = berlin["batches"]
    assert {batch.rows_read for batch in batches.values()} == {696_416}
    assert sum(batch.rows_read - batch.rows_left_out for batch in batches.values()) == areas * 56
    assert sum(batch.cells_new for batch in batches.values()) == areas * 51
    assert sum(batch.cells_same for batch in batches.values()) == areas * 5
    # Four levels, four tables; a city of twelve districts.
    assert tables == 4 * len(PERIODS) * 4
    assert (cells["city"], cells["districts"]) == (56 * len(PERIODS), 12 * 56 * len(PERIODS))
    if PERIODS == ALL:
        assert (areas, cells["forecast-areas"], cells["district-regions"]) == (8_620, 59_808, 140_784)
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(COMPARE, {"indicator": indicator.pk})
        assert cursor.fetchall() == []
        cursor.execute("SELECT count(*) FROM (SELECT DISTINCT scheme, code, period, key FROM published) AS cells")
        distinct = cursor.fetchone()[0]
    seconds = berlin["seconds"] | {"comparison": time.perf_counter() - begun}
    print(
        f"\nBerlin: {sum(cells.values()):,} published cells in {tables} tables above the planning areas, all equal;",
        ", ".join(f"{name} {duration:.1f} s" for name, duration in seconds.items()),
    )
    # And nothing that Berlin did not publish: no sum of nested origins, no total of bands that are not a set.
    with connection.cursor() as cursor:
        cursor.execute(ABOVE, {"indicator": indicator.pk})
        above = cursor.fetchone()[0]
    assert above == distinct
    if PERIODS == ALL:
        assert distinct == 194_616
