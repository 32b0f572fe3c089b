"""What the demo's organisations and figures are told in: the vocabulary of every installation, and the places of Barcelona."""

import gzip
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from integration_portal import vocabulary
from orgs.territories.loading import load_territories

DEMO = Path(settings.BASE_DIR) / "demo" / "data"
REGISTRY = Path(settings.BASE_DIR) / "orgs" / "data"
FIGURES = Path(settings.BASE_DIR) / "indicators" / "data"
PARTNERSHIPS = Path(settings.BASE_DIR) / "partnerships" / "data"


def read(path: Path) -> Any:
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def load() -> None:
    vocabulary.load()
    places = read(REGISTRY / "territories_barcelona.json")
    load_territories(
        schemes=places["schemes"],
        territories=places["territories"],
        outlines=read(REGISTRY / "outlines_barcelona.json.gz"),
    )
    with connection.cursor() as cursor:  # The figures follow at once, each of them checked against these.
        cursor.execute(
            "ANALYZE orgs_territory, orgs_territoryclosure, orgs_territoryreach, indicators_indicator, indicators_breakdown"
        )
