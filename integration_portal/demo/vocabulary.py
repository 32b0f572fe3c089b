"""What the demo's organisations and figures are told in: places, domains, indicators, the engagement scale, practices."""

import gzip
import json
from pathlib import Path
from typing import Any

from django.conf import settings

from indicators.catalogue import loading
from indicators.models import Mapping
from orgs.territories import loading as loading_actions
from partnerships.engagement import loading as loading_actions

REGISTRY = Path(settings.BASE_DIR) / "orgs" / "data"
FIGURES = Path(settings.BASE_DIR) / "indicators" / "data"
PARTNERSHIPS = Path(settings.BASE_DIR) / "partnerships" / "data"


def read(path: Path) -> Any:
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def load() -> None:
    loading_actions.load_domains(entries=read(FIGURES / "domains.json"))
    places = read(REGISTRY / "territories_barcelona.json")
    loading_actions.load_territories(
        schemes=places["schemes"],
        territories=places["territories"],
        outlines=read(REGISTRY / "outlines_barcelona.json.gz"),
    )
    loading.load_dimensions(read(FIGURES / "dimensions.json"))
    loading.load_catalogue(read(FIGURES / "catalogue.json"))
    for path in sorted((FIGURES / "mappings").glob("*.json")):
        Mapping.objects.update_or_create(name=path.stem, defaults={"definition": read(path)})
    loading_actions.load_scale()
    loading_actions.load_practices()
