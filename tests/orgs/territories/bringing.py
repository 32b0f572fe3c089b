"""Files of places brought into a classification."""

import json
from dataclasses import replace
from typing import Any

from django.core.files.base import ContentFile

from orgs.models import Territory, TerritoryImport, TerritoryScheme, TerritorySuccession, User
from orgs.models.territory import BEGINNING, END
from orgs.territories.imports import actions as imports


def received(
    scheme: TerritoryScheme, content: Any, *, name: str = "places.csv", by: User | None = None
) -> TerritoryImport:
    if isinstance(content, dict):
        content, name = json.dumps(content), "places.json"
    data = content if isinstance(content, bytes) else content.encode()
    return imports.receive_file(scheme=scheme, file=ContentFile(data, name), by=by)


def checked(scheme: TerritoryScheme, content: Any, **said: Any) -> TerritoryImport:
    batch = received(scheme, content)
    guess = imports.guess_of(batch)
    return imports.check_import(batch=batch, description=replace(guess, **said), by=None)


def stored(scheme: TerritoryScheme, content: Any, **said: Any) -> TerritoryImport:
    batch = checked(scheme, content, **said)
    assert batch.problems == [], batch.problems
    batch = imports.store_import(batch=batch, by=None)
    assert batch.is_stored
    return batch


def counts(batch: TerritoryImport) -> tuple[int, int, int, int]:
    """New, changed, unchanged, ended."""
    return batch.places_new, batch.places_changed, batch.places_same, batch.places_ended


def faults(batch: TerritoryImport) -> list[tuple[str, int | None, str]]:
    return [(code, line, column) for code, line, column, _value in batch.problems]


def history(scheme: TerritoryScheme) -> list[str]:
    """Every place of a classification in a line: "A from-to name kind < parent"; years where a day begins or ends one."""
    places = Territory.objects.filter(scheme=scheme).select_related("parent").order_by("code", "valid_from")
    return [line_of(place) for place in places]


def line_of(place: Territory) -> str:
    begins = "" if place.valid_from == BEGINNING else place.valid_from.isoformat()
    ends = "" if place.valid_to == END else place.valid_to.isoformat()
    parent = place.parent
    above = (
        ""
        if parent is None
        else f" < {parent.code}@{'' if parent.valid_from == BEGINNING else parent.valid_from.isoformat()}"
    )
    return f"{place.code} {begins}..{ends} {place.name}{above}"


def successions(scheme: TerritoryScheme) -> list[str]:
    found = TerritorySuccession.objects.filter(predecessor__scheme=scheme).select_related("predecessor", "successor")
    return sorted(
        f"{one.predecessor.code}@{one.predecessor.valid_to} → {one.successor.code}@{one.successor.valid_from} {one.share.normalize():f}"
        for one in found
    )
