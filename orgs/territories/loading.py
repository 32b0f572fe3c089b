"""Vocabulary from files: loaded as often as one likes, always with the same end."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from orgs.models import Domain, Territory, TerritoryOutline, TerritoryScheme
from orgs.models.territory import BEGINNING, END, nearest
from orgs.shipped import State, states_by_code

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


def domain_states(codes: Collection[str]) -> dict[str, State]:
    return states_by_code(Domain.objects.filter(code__in=codes))


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
    # Of one code the older place first, so that it ends before the younger one begins.
    entries = sorted(territories, key=lambda entry: entry.get("valid_from") or "")
    named: dict[Key, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in entries:
        named[entry["scheme"], entry["code"]].append(entry)
    ids: dict[Key, list[Territory]] = defaultdict(list)
    for place in Territory.objects.select_related("scheme"):
        ids[place.scheme.code, place.code].append(place)
    _move_beginnings(ids, named)
    for key in named:
        ids.pop(key, None)
    waiting = entries
    while waiting:
        open_keys = {(entry["scheme"], entry["code"]) for entry in waiting}
        ready: list[Mapping[str, Any]] = []
        rest: list[Mapping[str, Any]] = []
        for entry in waiting:
            parent = parent_key(entry)
            (ready if parent is None or (parent in ids and parent not in open_keys) else rest).append(entry)
        if not ready:
            lost = ", ".join(f"{entry['scheme']} {entry['code']}" for entry in waiting)
            raise ValueError(f"These territories lie in none that is known: {lost}")
        rows = [territory_of(entry, scheme_ids, ids) for entry in ready]
        Territory.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["scheme", "code", "valid_from"],
            update_fields=["parent", "name", "names", "kind", "valid_to", "has_all_parts"],
        )
        for entry, row in zip(ready, rows, strict=True):
            ids[entry["scheme"], entry["code"]].append(row)
        waiting = rest
    load_outlines(outlines or {}, ids)
    return len(entries)


def _move_beginnings(known: Mapping[Key, list[Territory]], named: Mapping[Key, list[Mapping[str, Any]]]) -> None:
    """A place that alone has its code, before and now, stays itself where its first day is corrected."""
    moved = []
    for key, entries in named.items():
        if len(entries) == len(known.get(key, ())) == 1:
            [place], [entry] = known[key], entries
            begins = day(entry.get("valid_from")) or BEGINNING
            if place.valid_from != begins:
                place.valid_from, place.valid_to = begins, day(entry.get("valid_to")) or END
                moved.append(place)
    Territory.objects.bulk_update(moved, ["valid_from", "valid_to"])


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


def load_outlines(collection: Mapping[str, Any], ids: Mapping[Key, list[Territory]]) -> None:
    """Each the shape of the place that its code stands for now."""
    TerritoryOutline.objects.bulk_create(
        [
            TerritoryOutline(
                territory=nearest(ids[feature["properties"]["scheme"], feature["properties"]["code"]]),
                geometry=feature["geometry"],
            )
            for feature in collection.get("features", [])
        ],
        update_conflicts=True,
        unique_fields=["territory"],
        update_fields=["geometry"],
    )


def territory_of(
    entry: Mapping[str, Any], scheme_ids: Mapping[str, int], ids: Mapping[Key, list[Territory]]
) -> Territory:
    parent = parent_key(entry)
    ends = day(entry.get("valid_to"))
    return Territory(
        scheme_id=scheme_ids[entry["scheme"]],
        parent=None if parent is None else nearest(ids[parent], ends),
        code=entry["code"],
        name=entry["name"],
        names=entry.get("names", {}),
        kind=entry["kind"],
        has_all_parts=entry.get("has_all_parts", True),
        valid_from=day(entry.get("valid_from")) or BEGINNING,
        valid_to=ends or END,
    )


def parent_key(entry: Mapping[str, Any]) -> Key | None:
    parent = entry.get("parent")
    return None if parent is None else (parent["scheme"], parent["code"])


def day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def translated(field: str, texts: Mapping[str, str]) -> dict[str, str | None]:
    """The columns of a translated field, one for each language."""
    return {f"{field}_{language}": texts.get(language) for language, _ in settings.LANGUAGES}
