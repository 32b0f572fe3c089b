"""A million cells of many territories, from the file to the figures: stored, looked through by the rules, approved, rolled up.

As the register of refugees is: for each country of asylum, country of origin and year several figures side by side. Many short series, many
places beside each other, and no single group that stands for most of the file: the planner guesses all of that wrong. Time is to grow as
the file does, so that a file of a tenth is measured too.
"""

import gzip
import random
import tempfile
from pathlib import Path
from typing import Any

from django.core.files import File

from bench.database import run, scratch_database, seconds
from bench.rows import Row
from indicators.catalogue import loading
from indicators.catalogue.breakdowns import ensure_breakdowns
from indicators.imports import actions as imports
from indicators.models import ComputedFigure, Finding, ImportBatch, Indicator, Observation
from indicators.quality import actions as quality_actions
from indicators.quality import checks
from indicators.rollup import worker
from orgs.models import Domain, Territory, TerritoryScheme

ROWS = 140_000
COUNTRIES, REGIONS, ORIGINS, YEARS = 190, 20, 180, 60
MEASURES = 9
SPAN = 14
"""For how many years a country of asylum hears of one of origin."""


def measure(scale: float) -> list[Row]:
    """Rows: 1.26 million cells at full scale, and what a tenth of them takes."""
    size = round(ROWS * min(scale, 1))
    with scratch_database(), tempfile.TemporaryDirectory() as folder:
        mapping = prepare()
        took = {}
        for name, rows in (("tenth", size // 10), ("whole", size)):
            run(
                "TRUNCATE indicators_importbatch, indicators_observation, indicators_computedplace, indicators_slice CASCADE"
            )
            path = Path(folder) / f"{name}.csv.gz"
            write(path, rows)
            took[name] = steps(path, mapping, f"{rows * MEASURES:,} cells")
        figures = ComputedFigure.objects.count()
        found = Finding.objects.count()
    whole, tenth = took["whole"], took["tenth"]
    total = sum(whole.values())
    return [
        Row("cells of many territories: checked and stored", whole["store"], "s", f"{size * MEASURES:,} cells"),
        Row("cells of many territories: looked through by the rules", whole["rules"], "s", f"{found:,} findings"),
        Row("cells of many territories: approved", whole["approve"], "s", "rules asked once more"),
        Row("cells of many territories: rolled up", whole["roll up"], "s", f"{figures:,} figures made"),
        Row("cells of many territories: all of it, for each million cells", total / size / MEASURES * 1e6, "s", "", limit=300),
        Row(
            "cells of many territories: rules, ratio",
            whole["rules"] / tenth["rules"],
            "×",
            f"a tenth of the cells: {tenth['rules']:.2f} s",
            limit=15,
        ),
    ]  # fmt: skip


def steps(path: Path, mapping: dict[str, Any], name: str) -> dict[str, float]:
    """Seconds of each step."""
    batch = ImportBatch()

    def store() -> None:
        nonlocal batch
        with path.open("rb") as stream:
            batch = imports.ingest(mapping=mapping, file=File(stream, name=path.name))
        assert batch.state == ImportBatch.State.CHECKED, list(batch.messages.values())
        batch = imports.store_import(batch=batch)

    def approve() -> None:
        ImportBatch.objects.filter(pk=batch.pk).update(
            examined_at=None
        )  # Something was decided since: the rules are asked again.
        imports.approve_import(batch=batch)

    took = {"store": seconds(store, f"{name} stored")}
    took["rules"] = seconds(lambda: checks.examine(batch), f"{name} looked through")
    took["store"] -= took["rules"]  # Storing asks the rules as well.
    quality_actions.accept_findings(batch=batch, reason="Made up", by=None)
    took["approve"] = seconds(approve, f"{name} approved")
    took["roll up"] = seconds(worker.roll_up, f"{name} rolled up")
    assert Observation.objects.approved().exists()
    return took


def prepare() -> dict[str, Any]:
    """Makes the countries, the groups and the indicators; the mapping of the file."""
    scheme = TerritoryScheme.objects.create(code="bench", name="Bench")
    world = Territory.objects.create(scheme=scheme, code="W", name="World", kind=Territory.Kind.COUNTRY)
    regions = [
        Territory.objects.create(scheme=scheme, code=f"R{n}", name=f"R{n}", kind=Territory.Kind.REGION, parent=world)
        for n in range(REGIONS)
    ]
    Territory.objects.bulk_create(
        Territory(scheme=scheme, code=f"A{n}", name=f"A{n}", kind=Territory.Kind.PROVINCE, parent=regions[n % REGIONS])
        for n in range(COUNTRIES)
    )
    categories = [
        {"code": f"O{n}", "name": {"en": f"O{n}"}, "parent": None, "part": True, "order": n} for n in range(ORIGINS)
    ]
    loading.load_dimensions([{"code": "from", "order": 1, "name": {"en": "From"}, "categories": categories}])
    ensure_breakdowns(f"from=O{n}" for n in range(ORIGINS))
    domain = Domain.objects.create(code="B", slug="bench", order=1, name="Bench")
    Indicator.objects.bulk_create(
        Indicator(
            code=f"B{n}", name=f"B{n}", definition="", domain=domain, unit="count", measure="count", direction="context"
        )
        for n in range(MEASURES)
    )
    run("ANALYZE orgs_territory; ANALYZE orgs_territoryclosure; ANALYZE indicators_breakdown")
    return {
        "source": {"name": "Bench"},
        "territory": {"scheme": "bench", "column": "asylum"},
        "period": {"column": "year"},
        "breakdowns": {"from": {"column": "origin"}},
        "columns": {"headings": {f"measure {n}": {"indicator": f"B{n}"} for n in range(MEASURES)}},
        "numerator": "columns",
    }


def write(path: Path, rows: int) -> None:
    """So many rows, in series of some years; the same ones each time."""
    chance = random.Random(rows)
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as stream:
        stream.write("year,asylum,origin," + ",".join(f"measure {n}" for n in range(MEASURES)) + "\n")
        pairs = [(asylum, origin) for asylum in range(COUNTRIES) for origin in range(ORIGINS)]
        chance.shuffle(pairs)
        written = 0
        for asylum, origin in pairs:
            first, size = 1960 + chance.randrange(YEARS - SPAN), round(10 ** (5 * chance.random()))
            for year in range(first, first + SPAN):
                if written == rows:
                    return
                figures = ",".join(str(round(size * chance.uniform(0.8, 1.2))) for _ in range(MEASURES))
                stream.write(f"{year},A{asylum},O{origin},{figures}\n")
                written += 1
