"""The largest changes that a file of places makes, before → after: those first of which most other places depend."""

from typing import Any

from django.db.models import Count

from orgs.models import Territory, TerritoryClosure
from orgs.territories.imports.planning import Plan

MOST_SHOWN = 100
Change = tuple[str, str, str, Any, Any]


def largest_changes(plan: Plan) -> list[Change]:
    """(code, name, what, before, after), as JSON can hold it."""
    there = [place for place in (*plan.ended, *plan.changed) if place.pk]
    below = dict(
        TerritoryClosure.objects.filter(ancestor__in=[place.pk for place in there])
        .values_list("ancestor")
        .annotate(count=Count("pk"))
    )
    there.sort(key=lambda place: (-below.get(place.pk, 0), place.code, place.valid_from))
    has_outline = {id(place) for place, _outline in plan.outlines}
    changes: list[Change] = []
    for place in there[:MOST_SHOWN]:
        changes += [(place.code, place.name, name, before, now) for name, before, now in place.differences]
        if id(place) in has_outline:
            changes.append((place.code, place.name, "outline", "", "✓"))
    changes += [
        (place.code, place.name, "new", "", place.valid_from.isoformat())
        for place in plan.new[: MOST_SHOWN - len(changes)]
    ]
    names = names_of_parents(plan, changes)
    return [plain(change, names) for change in changes[:MOST_SHOWN]]


def names_of_parents(plan: Plan, changes: list[Change]) -> dict[int, str]:
    keys = {key[0] for _code, _place, name, *both in changes if name == "parent" for key in both}
    return {
        place.pk: f"{place.name} ({place.code})" for place in Territory.objects.filter(pk__in=keys).only("name", "code")
    }


def plain(change: Change, names: dict[int, str]) -> Change:
    code, place, name, before, now = change
    if name == "parent":
        return code, place, name, parent_text(before, names), parent_text(now, names)
    if name.startswith("valid"):
        return code, place, name, before.isoformat(), now.isoformat()
    return change


def parent_text(key: tuple[int, str], names: dict[int, str]) -> str:
    """Of a new place its code."""
    return names.get(key[0], "") or key[1].partition("@")[0]
