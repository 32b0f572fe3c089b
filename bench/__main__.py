"""Measures the portal against bare baselines in the same run: `make bench` (ten million observations: some 30 minutes and 15 GB of disk), or
`make bench SCALE=0.1` for a quick look. `PARTS="rollup importing"` measures only these.

Prints a table and writes var/bench.json, one object per row: name, value, unit, against, limit, sense.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integration_portal.settings")
django.setup()

from bench import countries, importing, pages, registry, rollup, visitors, weights  # noqa: E402
from bench.rows import Row  # noqa: E402
from devtools.embedded import var_folder  # noqa: E402

PARTS = {
    "importing": importing,
    "countries": countries,
    "rollup": rollup,
    "pages": pages,
    "registry": registry,
    "visitors": visitors,
    "weights": weights,
}


def show(rows: list[Row]) -> None:
    width = max(len(row.name) for row in rows)
    for row in rows:
        limit = f"{row.sense} {row.limit:g}" if row.limit is not None else "for reference"
        print(f"{row.name:{width}}  {row.value:>10.3f} {row.unit:<12} {limit:<14} against: {row.against}")


def main() -> int:
    scale = float(os.environ.get("SCALE") or 1)
    rows: list[Row] = []
    for name in (os.environ.get("PARTS") or " ".join(PARTS)).split():
        part = PARTS[name].measure(scale=scale)
        show(part)
        rows += part
    path = Path(var_folder()) / "bench.json"
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    missed = [row.name for row in rows if not row.is_met]
    if missed:
        print(f"Missed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


sys.exit(main())
