"""The vocabulary that every installation begins with: domains, the catalogue of indicators, the engagement scale, good practices."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

from indicators.catalogue import loading as catalogue
from orgs.services import loading as service_types
from orgs.shipped import Refusal, Vocabulary, load_shipped
from orgs.territories import loading as registry
from partnerships.engagement import loading as engagement

FIGURES = Path(settings.BASE_DIR) / "indicators" / "data"


def load() -> list[Refusal]:
    """As often as one likes. What could not be loaded, with the reason."""
    return load_shipped(VOCABULARIES)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def by(key: str, entries: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {entry[key]: entry for entry in entries}


def domains() -> dict[str, Any]:
    return by("code", read(FIGURES / "domains.json"))


def dimensions() -> dict[str, Any]:
    """Without their categories, which are entries of their own: who renames one gets the corrections of all others."""
    return {
        entry["code"]: {name: value for name, value in entry.items() if name != "categories"}
        for entry in read(FIGURES / "dimensions.json")
    }


def categories() -> dict[str, Any]:
    items = catalogue.categories_in(read(FIGURES / "dimensions.json"))
    return {catalogue.code_of_category(item): item for item in items}


def indicators() -> dict[str, Any]:
    return by("code", read(FIGURES / "catalogue.json"))


def mappings() -> dict[str, Any]:
    paths = sorted((FIGURES / "mappings").glob("*.json"))
    return {path.stem: {"name": path.stem, "definition": read(path)} for path in paths}


def scales() -> dict[str, Any]:
    return by("code", [read(engagement.SCALE_FILE)])


def practices() -> dict[str, Any]:
    return by("slug", read(engagement.PRACTICES_FILE))


VOCABULARIES = [
    Vocabulary("domain", domains, lambda entries: registry.load_domains(entries=entries), registry.domain_states),
    Vocabulary(
        "service_type", service_types.entries, service_types.load_service_types, service_types.service_type_states
    ),
    Vocabulary("dimension", dimensions, catalogue.write_dimensions, catalogue.dimension_states),
    Vocabulary("category", categories, catalogue.write_categories, catalogue.category_states),
    Vocabulary("indicator", indicators, catalogue.load_catalogue, catalogue.indicator_states),
    Vocabulary("mapping", mappings, catalogue.write_mappings, catalogue.mapping_states),
    Vocabulary("scale", scales, engagement.write_scales, engagement.scale_states),
    Vocabulary("practice", practices, engagement.write_practices, engagement.practice_states),
]
"""Each needs those before it."""
