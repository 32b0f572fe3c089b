"""What the demo's organisations and figures are told in: places, domains, indicators, the engagement scale, practices."""

import gzip
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from indicators.catalogue.loading import load_catalogue, load_dimensions
from indicators.models import SavedMapping
from orgs.territories.loading import load_domains, load_territories
from partnerships.engagement.loading import load_practices, load_scale

REGISTRY = Path(settings.BASE_DIR) / "orgs" / "data"
FIGURES = Path(settings.BASE_DIR) / "indicators" / "data"
PARTNERSHIPS = Path(settings.BASE_DIR) / "partnerships" / "data"


def read(path: Path) -> Any:
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def load() -> None:
    load_domains(entries=read(FIGURES / "domains.json"))
    places = read(REGISTRY / "territories_barcelona.json")
    load_territories(
        schemes=places["schemes"],
        territories=places["territories"],
        outlines=read(REGISTRY / "outlines_barcelona.json.gz"),
    )
    load_dimensions(read(FIGURES / "dimensions.json"))
    load_catalogue(read(FIGURES / "catalogue.json"))
    for path in sorted((FIGURES / "mappings").glob("*.json")):
        SavedMapping.objects.update_or_create(name=path.stem, defaults={"definition": read(path)})
    load_scale()
    load_practices()
    with connection.cursor() as cursor:  # The figures follow at once, each of them checked against these.
        cursor.execute("ANALYZE orgs_territory, orgs_territoryclosure, indicators_indicator, indicators_breakdown")
