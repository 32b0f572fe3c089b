"""An import beside a bare COPY and one INSERT … SELECT of the same rows, and its memory beside that of ten times the file.

The file is Berlin's register of residents by planning area, 2015 to 2023 (indicators/data/SOURCES.md).
"""

import gzip
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.core.files import File
from django.db import connection, transaction

from bench.rows import Row

REPEATS = 3
BERLIN = Path(__file__).parent.parent / "indicators/data/berlin/berlin_lor_long_2015S1_2023S2.csv.gz"
LEVEL = "planning-areas"
COLUMNS = ("period", "level", "area_id", "parent_id", "table", "measure", "value")
YEARS = 9


def measure(scale: float) -> list[Row]:
    """Rows: the 482,720 of the planning areas, or the first of them where `scale` is below 1."""
    with scratch_database(), tempfile.TemporaryDirectory() as folder:
        lines = list(planning_areas(round(482_720 * min(scale, 1))))
        one, ten = Path(folder) / "one.csv.gz", Path(folder) / "ten.csv.gz"
        write(one, lines, times=1)
        write(ten, lines, times=10)
        mapping = prepare(lines)
        ours, bare = [], []
        for _ in range(REPEATS):
            run("TRUNCATE indicators_importbatch, indicators_observation CASCADE")
            ours.append(seconds(lambda: bring_in(one, mapping)))
            bare.append(seconds(lambda: copy_and_insert(lines)))
        peaks = [peak(path, mapping) for path in (one, ten)]
    took, plain = statistics.median(ours), statistics.median(bare)
    against = f"COPY and one INSERT … SELECT into an identical indexed table: {plain:.2f} s"
    return [
        Row("import of Berlin's planning areas", took, "s", f"{len(lines):,} rows, checked and stored"),
        Row("import, ratio", took / plain, "×", against, limit=2.0),
        Row("peak memory of ten times the file, ratio", peaks[1] / peaks[0], "×", f"once: {peaks[0]} MB", limit=1.1),
    ]


def planning_areas(count: int) -> Iterator[str]:
    with gzip.open(BERLIN, "rt", encoding="utf-8") as stream:
        for line in stream:
            if f",{LEVEL}," in line[:25]:
                yield line
                count -= 1
            if not count:
                return


def write(path: Path, lines: list[str], *, times: int) -> None:
    """The lines over and over, each time some years earlier."""
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as stream:
        stream.write(",".join(COLUMNS) + "\n")
        for earlier in range(times):
            stream.writelines(f"{int(line[:4]) - YEARS * earlier}{line[4:]}" for line in lines)


def prepare(lines: list[str]) -> dict[str, Any]:
    """Makes the places, the indicators and the groups; the mapping of the file."""
    rows = [line.rstrip("\n").split(",") for line in lines]
    areas, measures = sorted({row[2] for row in rows}), sorted({row[5] for row in rows})
    codes = {measure: f"M{place}" for place, measure in enumerate(measures)}
    scheme = TerritoryScheme.objects.create(code="bench", name="Bench")
    domain = Domain.objects.create(code="B", slug="bench", order=1, name="Bench")
    Territory.objects.bulk_create(
        Territory(scheme=scheme, code=area, name=area, kind=Territory.Kind.NEIGHBOURHOOD) for area in areas
    )
    load_dimensions(
        [
            {
                "code": "measure",
                "order": 1,
                "name": {"en": "Measure"},
                "categories": [
                    {"code": code, "name": {"en": code}, "parent": None, "part": False, "order": place}
                    for place, code in enumerate(codes.values())
                ],
            }
        ]
    )
    made = ensure_breakdowns(f"measure={code}" for code in codes.values())
    Indicator.objects.bulk_create(
        Indicator(
            code=f"B{n}", name=f"B{n}", definition="", domain=domain, unit="count", measure="count", direction="context"
        )
        for n in range(1, 5)
    )
    run(BARE_TABLES)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO bare_measure VALUES (%s, %s)",
            [(name, made[f"measure={code}"]) for name, code in codes.items()],
        )
        for name, definition in constraints():
            cursor.execute(f"ALTER TABLE bare_observation ADD CONSTRAINT bare_{name} {definition}")
    return {
        "source": {"name": "Bench"},
        "where": {"level": [LEVEL]},
        "indicator": {"column": "table", "codes": {f"T{n}": f"B{n}" for n in range(1, 5)}},
        "territory": {"scheme": "bench", "column": "area_id"},
        "period": {"column": "period"},
        "breakdowns": {"measure": {"column": "measure", "codes": codes}},
        "numerator": {"column": "value"},
    }


def constraints() -> list[tuple[str, str]]:
    """The foreign keys of the observations, which a copy of a table does not take over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'indicators_observation'::regclass AND contype = 'f'"
        )
        return [(str(name)[:50], str(definition)) for name, definition in cursor.fetchall()]


def bring_in(path: Path, mapping: dict[str, Any]) -> None:
    with path.open("rb") as stream:
        batch = imports.ingest(store=True, mapping=mapping, file=File(stream, name=path.name))
    assert batch.state == ImportBatch.State.STORED, list(batch.messages.values())


def copy_and_insert(lines: list[str]) -> None:
    source = Source.objects.get(name="Bench")
    run("TRUNCATE bare_row, bare_observation")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.copy_expert("COPY bare_row FROM STDIN WITH (FORMAT csv)", io.StringIO("".join(lines)))
        cursor.execute(BARE_INSERT, [source.pk])


def peak(path: Path, mapping: dict[str, Any]) -> int:
    """The most memory, in MB, that a process of its own needed for the import, together with what PostgreSQL needed for it (without the
    buffers that all share)."""
    run("TRUNCATE indicators_importbatch, indicators_observation CASCADE")
    command = [sys.executable, "-m", "bench.importing", str(connection.settings_dict["NAME"]), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(mapping))
        process.stdin.close()
        server = 0
        while process.poll() is None:
            server = max([server, *map(private_memory, others())])
            time.sleep(0.1)
        client = int(process.stdout.read())
    assert process.returncode == 0
    return client + server


def others() -> list[int]:
    """The server processes of the other connections to this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def private_memory(pid: int) -> int:
    """What a process has for itself now, in MB."""
    try:
        return memory(pid, "RssAnon")
    except OSError:  # It has ended.
        return 0


def most_memory() -> int:
    """What this process had at most, in MB. `ru_maxrss` would begin with what the process had that started this one."""
    return memory(os.getpid(), "VmHWM")


def memory(pid: int, of: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    (size,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{of}:"))
    return size // 1024


BARE_TABLES = """
    CREATE UNLOGGED TABLE bare_row (period text, level text, area text, parent text, "table" text, measure text, value text);
    CREATE TABLE bare_measure (name text, breakdown_id bigint);
    CREATE TABLE bare_observation (LIKE indicators_observation INCLUDING ALL);
    CREATE SEQUENCE bare_id;
"""

BARE_INSERT = """
    INSERT INTO bare_observation
        (id, indicator_id, period_id, territory_id, breakdown_id, numerator, flags, status, source_id, created_at)
    SELECT nextval('bare_id'), i.id, p.id, t.id, m.breakdown_id, r.value::numeric, 0, 'submitted', %s, now()
    FROM bare_row r
    JOIN indicators_indicator i ON i.code = 'B' || right(r."table", 1)
    JOIN indicators_period p ON p.code = r.period
    JOIN orgs_territory t ON t.code = r.area
    JOIN bare_measure m ON m.name = r.measure
"""

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integration_portal.settings")
    django.setup()

from bench.database import run, scratch_database, seconds  # noqa: E402 - its commands need the settings
from indicators.catalogue.breakdowns import ensure_breakdowns  # noqa: E402
from indicators.catalogue.loading import load_dimensions  # noqa: E402
from indicators.imports import actions as imports  # noqa: E402
from indicators.models import ImportBatch, Indicator, Source  # noqa: E402
from orgs.models import Domain, Territory, TerritoryScheme  # noqa: E402

if __name__ == "__main__":
    connection.settings_dict["NAME"] = sys.argv[1]
    bring_in(Path(sys.argv[2]), json.load(sys.stdin))
    print(most_memory())
