"""ISTAT's foreign population balance: only the provinces go in, and the published regions, macro-areas and Italy must come out."""

import csv
import io
import json
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from indicators.catalogue import loading
from indicators.imports import actions as imports
from indicators.imports import engine
from indicators.imports.definition import read_mapping
from indicators.models import Figure, ImportBatch, Indicator, RollupRun, Source
from indicators.quality import actions as quality
from indicators.rollup import worker
from orgs.models import Territory, TerritoryScheme
from tests.factories import DomainFactory
from tests.indicators.land import DIMENSIONS
from tests.settled import settle

pytestmark = pytest.mark.shared

MAPPING = Path(__file__).resolve().parents[1] / "mappings" / "istat_popstrbil1.json"
FILE = "indicators/istat/POPSTRBIL1_foreign_balance_provinces_sdmxcsv1.csv"
KINDS = {2: Territory.Kind.COUNTRY, 3: Territory.Kind.AREA, 4: Territory.Kind.REGION, 5: Territory.Kind.PROVINCE}
SEXES = {"1": "sex=M", "2": "sex=F", "9": ""}
COMPARE = """
    SELECT p.code, p.indicator, p.period, p.key, p.value, f.numerator, f.origin, f.reporters, f.expected
    FROM published p
    LEFT JOIN orgs_territory t ON t.code = p.code AND t.scheme_id = %(scheme)s
    LEFT JOIN indicators_indicator i ON i.code = p.indicator
    LEFT JOIN indicators_period q ON q.code = p.period
    LEFT JOIN indicators_breakdown b ON b.key = p.key
    LEFT JOIN indicators_figure f ON f.indicator_id = i.id AND f.territory_id = t.id AND f.period_id = q.id AND f.breakdown_id = b.id
    WHERE f.numerator IS DISTINCT FROM p.value OR f.origin IS DISTINCT FROM 'territories' OR f.reporters IS DISTINCT FROM f.expected
    ORDER BY 1, 2, 3, 4 LIMIT 5
"""


def parent_of(row: dict[str, str]) -> str | None:
    """Italy holds five macro-areas, those the regions, those the provinces. Newer provinces (IT108 to IT111) name theirs in a note."""
    code = row["REF_AREA"]
    if len(code) == 5:
        return row["NOTE_REF_AREA"].removeprefix("FILTER__")
    return {2: None, 3: "IT", 4: code[:3]}[len(code)]


@pytest.fixture(scope="module")
def italy(shared: Path, django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """The provinces imported, approved and rolled up; gone after the module."""
    path = shared / "data" / FILE
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    parents = {row["REF_AREA"]: parent_of(row) for row in rows}
    definition = json.loads(MAPPING.read_text(encoding="utf-8"))
    types = definition["where"]["DATA_TYPE"]
    definition["where"]["REF_AREA"] = sorted(code for code in parents if len(code) == 5)
    with django_db_blocker.unblock(), transaction.atomic():
        loading.load_dimensions(DIMENSIONS)
        scheme = TerritoryScheme.objects.create(code="istat", name="ISTAT")
        made: dict[str, Territory] = {}
        for length, kind in KINDS.items():
            level = [
                Territory(scheme=scheme, code=code, name=code, kind=kind, parent=made[parent] if parent else None)
                for code, parent in parents.items()
                if len(code) == length
            ]
            made |= {territory.code: territory for territory in Territory.objects.bulk_create(level)}
        domain = DomainFactory()
        Indicator.objects.bulk_create(
            Indicator(
                code=code, name=code, definition=code, domain=domain, unit="count", measure="count", direction="context"
            )
            for code in types
        )
        begun = time.perf_counter()
        mapping = read_mapping(definition)
        with path.open("rb") as stream:
            findings = engine.examine(stream, mapping, to_store=True)
        assert findings.problems == []
        source = Source.objects.create(name=mapping.source["name"])
        batch = ImportBatch.objects.create(
            source=source, mapping=definition, file_name=path.name, size=0, state=ImportBatch.State.STORED
        )
        stored = engine.store(batch.pk, source.pk)
        quality.accept_findings(batch=batch, reason="These are the figures as they were published.", by=None)
        imports.approve_import(batch=batch)
        run = worker.roll_up()
        assert run is not None
        settle()
        yield {
            "rows": [row for row in rows if len(row["REF_AREA"]) < 5],
            "types": types,
            "scheme": scheme,
            "stored": stored,
            "run": run,
            "seconds": time.perf_counter() - begun,
        }
        transaction.set_rollback(True)


@pytest.mark.usefixtures("db")
def test_provinces_give_every_count_that_istat_published_above_them(italy: dict[str, Any]) -> None:
    """18 of the 27 measures are counts, and all of them equal.

    The other nine are balances (natural change, net migration, statistical adjustment and the like): they add up in the source as well,
    but a balance may be below 0, and the portal takes no count of people below 0 (tests/indicators/imports/test_mappings.py).
    """
    assert italy["run"].state == RollupRun.State.DONE, italy["run"].error
    text = io.StringIO()
    writer = csv.writer(text)
    cells: Counter[int] = Counter()
    for row in italy["rows"]:
        if row["DATA_TYPE"] in italy["types"]:
            cells[len(row["REF_AREA"])] += 1
            writer.writerow(
                [row["REF_AREA"], row["DATA_TYPE"], row["TIME_PERIOD"], SEXES[row["SEX"]], row["OBS_VALUE"]]
            )
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE published (code text, indicator text, period text, key text, value numeric) ON COMMIT DROP"
        )
        cursor.copy_expert("COPY published FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL (key))", text)
        cursor.execute(COMPARE, {"scheme": italy["scheme"].pk})
        assert cursor.fetchall() == []
    print(
        f"\nISTAT: {sum(cells.values()):,} published cells above the provinces, all equal; {italy['stored']:,} of provinces stored; "
        f"{italy['seconds']:.1f} s"
    )
    assert cells == {2: 237, 3: 1_185, 4: 4_977}
    assert italy["stored"] == 25_359


@pytest.mark.usefixtures("db")
def test_acquisitions_of_2020_are_the_same_at_four_levels(italy: dict[str, Any]) -> None:
    figures = Figure.objects.filter(indicator__code="ACQCITIZ", period__code="2020", breakdown__key="")
    sums = {
        kind: sum((figure.value or 0 for figure in figures.filter(territory__kind=kind)), Decimal(0))
        for kind in KINDS.values()
    }
    assert sums == dict.fromkeys(KINDS.values(), 131_803)
