"""Writes what a plan says: a few statements for each generation of places, whatever their number."""

import datetime
import json
from collections import defaultdict

from django.db import connection

from orgs.models import Territory, TerritoryOutline, TerritoryScheme, TerritorySuccession
from orgs.territories import carrying
from orgs.territories.imports.planning import Plan
from orgs.territories.imports.timeline import Planned

BATCH = 2000
# Arrays, and no executemany(): pghistory adds parameters of its own to each statement of somebody who is logged in.
SHORTEN = """
    UPDATE orgs_territory t SET valid_to = v.valid_to
    FROM unnest(%s::bigint[], %s::date[]) AS v(id, valid_to) WHERE t.id = v.id
"""
CHANGE = """
    UPDATE orgs_territory t
    SET name = v.name, names = v.names::jsonb, kind = v.kind, parent_id = v.parent_id, valid_from = v.valid_from, valid_to = v.valid_to
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::date[], %s::date[])
        AS v(id, name, names, kind, parent_id, valid_from, valid_to)
    WHERE t.id = v.id
"""


def store(scheme: TerritoryScheme, plan: Plan) -> None:
    """In the transaction of the caller, who holds the scheme."""
    # First what ends, so that what follows it with the same code may begin.
    with connection.cursor() as cursor:
        cursor.execute(SHORTEN, [[place.pk for place in plan.ended], [place.valid_to for place in plan.ended]])
    create(scheme, plan.new)
    rows = [
        (
            place.pk,
            place.name,
            json.dumps(place.names),
            place.kind,
            place.parent_key[0] or None,
            place.valid_from,
            place.valid_to,
        )
        for place in (*plan.changed, *plan.ended)
        if {name for name, _before, _now in place.differences} - ({"valid_to"} if place.is_cut else set())
    ]
    followed = [(one.key, two.key) for one, two in plan.successions]
    with connection.cursor() as cursor:
        if rows:
            cursor.execute(CHANGE, [list(column) for column in zip(*rows, strict=True)])
    TerritorySuccession.objects.bulk_create(
        [TerritorySuccession(predecessor_id=one, successor_id=two) for one, two in followed],
        ignore_conflicts=True,
        batch_size=BATCH,
    )
    TerritoryOutline.objects.bulk_create(
        [TerritoryOutline(territory_id=place.key, geometry=outline) for place, outline in plan.outlines],
        update_conflicts=True,
        unique_fields=["territory"],
        update_fields=["geometry"],
        batch_size=BATCH // 10,
    )
    carrying.copy_outlines([(one.key, two.key) for one, two in plan.carried])
    carrying.copy_incompleteness(followed)
    # What lies in a place that gave way and is of another classification, which the plan does not speak of.
    days: dict[datetime.date, dict[int, Territory]] = defaultdict(dict)
    for one, two in plan.successions:
        if one.is_cut:
            days[two.valid_from][one.key] = Territory(pk=two.key)
    for day, successors in days.items():
        carrying.carry_parts(successors, day)


def create(scheme: TerritoryScheme, places: list[Planned]) -> None:
    """Parents before their parts, each generation in one go: the paths of the tree are then computed once for each."""
    waiting = places
    while waiting:
        ready = [place for place in waiting if not isinstance(place.parent, Planned) or place.parent.pk]
        rows = Territory.objects.bulk_create(
            [
                Territory(
                    scheme=scheme,
                    parent_id=place.parent_key[0] or None,
                    code=place.code,
                    name=place.name,
                    names=place.names,
                    kind=place.kind,
                    valid_from=place.valid_from,
                    valid_to=place.valid_to,
                )
                for place in ready
            ]
        )
        for place, row in zip(ready, rows, strict=True):
            place.pk = row.pk
        made = set(map(id, ready))
        waiting = [place for place in waiting if id(place) not in made]
