"""What lies in a place that gives way to another one goes on in that: it begins anew, so that the figures of before stay with the place of before."""

import datetime
from collections.abc import Mapping, Sequence

from django.db import connection

from orgs.models import Territory, TerritorySuccession

A_DAY = datetime.timedelta(days=1)
Pairs = Sequence[tuple[int, int]]
"""Of an old place and the one that it becomes."""
COPY_OUTLINES = """
    INSERT INTO orgs_territoryoutline (territory_id, geometry)
    SELECT v.new_id, o.geometry FROM unnest(%s::bigint[], %s::bigint[]) AS v(old_id, new_id)
    JOIN orgs_territoryoutline o ON o.territory_id = v.old_id
    ON CONFLICT (territory_id) DO NOTHING
"""
COPY_INCOMPLETENESS = """
    UPDATE orgs_territory n SET has_all_parts = false
    FROM unnest(%s::bigint[], %s::bigint[]) AS v(old_id, new_id) JOIN orgs_territory o ON o.id = v.old_id
    WHERE n.id = v.new_id AND NOT o.has_all_parts AND n.has_all_parts
"""


def copy_outlines(pairs: Pairs) -> None:
    _run(COPY_OUTLINES, pairs)


def copy_incompleteness(pairs: Pairs) -> None:
    _run(COPY_INCOMPLETENESS, pairs)


def _run(statement: str, pairs: Pairs) -> None:
    if pairs:
        with connection.cursor() as cursor:
            cursor.execute(statement, [list(column) for column in zip(*pairs, strict=True)])


def carry_parts(successors: Mapping[int, Territory], on: datetime.date) -> list[int]:
    """From the day on, what lies in each place lies in its successor, down to the smallest; the keys of the places that begin anew.

    A place that begins on the day or later just lies elsewhere. A few statements for each level, whatever the number of places.
    """
    carried: list[int] = []
    while successors:
        parts = list(Territory.objects.filter(parent__in=list(successors), valid_to__gte=on))
        coming = [part for part in parts if part.valid_from >= on]
        for part in coming:
            part.parent = successors[part.parent_id or 0]
        Territory.objects.bulk_update(coming, ["parent"], batch_size=1000)
        standing = [part for part in parts if part.valid_from < on]
        Territory.objects.filter(pk__in=[part.pk for part in standing]).update(valid_to=on - A_DAY)
        renewed = Territory.objects.bulk_create(
            [copy_of(part, parent=successors[part.parent_id or 0], valid_from=on) for part in standing]
        )
        pairs = [(old.pk, new.pk) for old, new in zip(standing, renewed, strict=True)]
        TerritorySuccession.objects.bulk_create(
            [TerritorySuccession(predecessor_id=old, successor_id=new) for old, new in pairs]
        )
        copy_outlines(pairs)
        carried += [old for old, _new in pairs]
        successors = {old.pk: new for old, new in zip(standing, renewed, strict=True)}
    return carried


def copy_of(place: Territory, *, parent: Territory | None, valid_from: datetime.date) -> Territory:
    """Not yet stored; it ends when the place was to end."""
    return Territory(
        scheme_id=place.scheme_id,
        parent=parent,
        code=place.code,
        name=place.name,
        names=place.names,
        kind=place.kind,
        valid_from=valid_from,
        valid_to=place.valid_to,
        has_all_parts=place.has_all_parts,
    )
