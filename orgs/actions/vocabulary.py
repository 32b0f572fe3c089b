"""Vocabulary from files: loaded as often as one likes, always with the same end."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from orgs.models import Domain, Territory, TerritoryOutline, TerritoryScheme
from orgs.models.territory import BEGINNING, END

Key = tuple[str, str]


@transaction.atomic
def load_domains(*, entries: Iterable[Mapping[str, Any]]) -> list[Domain]:
    """Entries as in indicators/data/domains.json: code, slug, order, icon, and name and description by language."""
    domains = [
        Domain(
            code=entry["code"],
            slug=entry["slug"],
            order=entry["order"],
            icon=entry.get("icon", ""),
            **translated("name", entry["name"]),
            **translated("description", entry.get("description", {})),
        )
        for entry in entries
    ]
    texts = [f"{name}_{language}" for name in ("name", "description") for language, _ in settings.LANGUAGES]
    return Domain.objects.bulk_create(
        domains,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["slug", "order", "icon", "name", "description", *texts],
    )


@transaction.atomic
def load_territories(
    *,
    schemes: Iterable[Mapping[str, Any]],
    territories: Iterable[Mapping[str, Any]],
    outlines: Mapping[str, Any] | None = None,
) -> int:
    """Schemes and territories as in orgs/data/territories_*.json, outlines as a GeoJSON feature collection; the number of territories.

    Parents are written before their parts, each generation in one statement, so that the paths are computed a few times and not once
    for each place.
    """
    scheme_ids = load_schemes(schemes)
    entries = {(entry["scheme"], entry["code"]): entry for entry in territories}
    ids: dict[Key, int] = {
        (scheme, code): pk
        for pk, scheme, code in Territory.objects.values_list("pk", "scheme__code", "code")
        if (scheme, code) not in entries
    }
    waiting = list(entries.items())
    while waiting:
        ready = [(key, entry) for key, entry in waiting if parent_key(entry) is None or parent_key(entry) in ids]
        if not ready:
            lost = ", ".join(f"{scheme} {code}" for (scheme, code), _ in waiting)
            raise ValueError(f"These territories lie in none that is known: {lost}")
        rows = [territory_of(entry, scheme_ids, ids) for _, entry in ready]
        Territory.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["scheme", "code"],
            update_fields=["parent", "name", "names", "kind", "valid_from", "valid_to", "has_all_parts"],
        )
        ids.update({key: row.pk for (key, _), row in zip(ready, rows, strict=True)})
        waiting = [(key, entry) for key, entry in waiting if key not in ids]
    load_outlines(outlines or {}, ids)
    return len(entries)


def load_schemes(schemes: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    rows = [
        TerritoryScheme(
            code=scheme["code"],
            source=scheme.get("source", ""),
            licence=scheme.get("licence", ""),
            **translated("name", scheme["name"]),
        )
        for scheme in schemes
    ]
    texts = [f"name_{language}" for language, _ in settings.LANGUAGES]
    TerritoryScheme.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["code"], update_fields=["name", "source", "licence", *texts]
    )
    return dict(TerritoryScheme.objects.values_list("code", "pk"))


def load_outlines(collection: Mapping[str, Any], ids: Mapping[Key, int]) -> None:
    TerritoryOutline.objects.bulk_create(
        [
            TerritoryOutline(
                territory_id=ids[feature["properties"]["scheme"], feature["properties"]["code"]],
                geometry=feature["geometry"],
            )
            for feature in collection.get("features", [])
        ],
        update_conflicts=True,
        unique_fields=["territory"],
        update_fields=["geometry"],
    )


def territory_of(entry: Mapping[str, Any], scheme_ids: Mapping[str, int], ids: Mapping[Key, int]) -> Territory:
    parent = parent_key(entry)
    return Territory(
        scheme_id=scheme_ids[entry["scheme"]],
        parent_id=None if parent is None else ids[parent],
        code=entry["code"],
        name=entry["name"],
        names=entry.get("names", {}),
        kind=entry["kind"],
        has_all_parts=entry.get("has_all_parts", True),
        valid_from=day(entry.get("valid_from")) or BEGINNING,
        valid_to=day(entry.get("valid_to")) or END,
    )


def parent_key(entry: Mapping[str, Any]) -> Key | None:
    parent = entry.get("parent")
    return None if parent is None else (parent["scheme"], parent["code"])


def day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def translated(field: str, texts: Mapping[str, str]) -> dict[str, str | None]:
    """The columns of a translated field, one for each language."""
    return {f"{field}_{language}": texts.get(language) for language, _ in settings.LANGUAGES}
