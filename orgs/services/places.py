"""How many services there are in each part of a place: for the map, and for the list of places that says the same.

A service counts where its organisation is based or works, as the list does that is asked for what is in the place alone. What serves all of
the place counts in none of its parts; so does every shelter, of which no more is stored than the municipality.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from psycopg2.sql import SQL

from orgs.lookups.filters import named
from orgs.models import Territory, TerritoryOutline
from orgs.naming import address_upstairs
from orgs.numbers import write_number
from orgs.services.filters import ServiceFilter
from orgs.services.nearness import Nearness

# Each part, and with no part all of them together; of `found` what is for people of other places is left out.
COUNTS = """
    WITH found (service_id, organisation_id) AS ({found}),
    part (id) AS (SELECT unnest(%s::bigint[])),
    reach AS NOT MATERIALIZED (SELECT * FROM orgs_territoryreach WHERE %s BETWEEN valid_from AND valid_to),
    within (part_id, territory_id) AS (SELECT DISTINCT p.id, r.tied_to_id FROM part p JOIN reach r ON r.counts_in_id = p.id),
    near (part_id, territory_id) AS (
        SELECT * FROM within
        UNION
        SELECT p.id, a.tied_to_id FROM part p JOIN reach r ON r.tied_to_id = p.id
            JOIN reach a ON a.counts_in_id = r.counts_in_id AND a.depth = 0
    ),
    there (part_id, organisation_id) AS (
        SELECT n.part_id, o.id FROM within n JOIN orgs_organisation o USING (territory_id)
        UNION
        SELECT n.part_id, w.organisation_id FROM within n JOIN orgs_organisation_works_in w USING (territory_id)
    )
    SELECT t.part_id, count(DISTINCT f.service_id) FROM there t JOIN found f USING (organisation_id)
    WHERE NOT EXISTS (SELECT FROM orgs_service_territories l WHERE l.service_id = f.service_id)
        OR EXISTS (SELECT FROM orgs_service_territories l JOIN near n ON n.territory_id = l.territory_id AND n.part_id = t.part_id
            WHERE l.service_id = f.service_id)
    GROUP BY GROUPING SETS ((t.part_id), ())
"""


@dataclass(frozen=True)
class PlaceCount:
    place: Territory
    count: int
    url: str
    """Of the list that has so many."""


class ServiceMap:
    """What a filter finds, by place; with what templates/components/filtered_list.html asks of a list."""

    def __init__(self, filterset: ServiceFilter) -> None:
        self.filterset = filterset
        self.listed = filterset.qs

    @cached_property
    def count(self) -> int:
        """Of the list that has the same filters."""
        is_the_whole = self.filterset.place == self.whole and not self.filterset.chosen.get("territory_near")
        return self.total if is_the_whole else self.listed.count()

    @cached_property
    def division(self) -> tuple[Territory | None, list[Territory]]:
        return division_of(self.filterset.place)

    @property
    def whole(self) -> Territory | None:
        return self.division[0]

    @cached_property
    def counts(self) -> dict[int | None, int]:
        """By part, and by None how many are in some part."""
        found = self.filterset.anywhere().order_by().values_list("pk", "organisation")
        sql, parameters = found.query.sql_with_params()
        parts = [part.pk for part in self.division[1]]
        with connection.cursor() as cursor:
            cursor.execute(SQL(COUNTS).format(found=SQL(sql)), [*parameters, parts, timezone.localdate()])
            return dict(cursor.fetchall())

    @cached_property
    def total(self) -> int:
        """That serve the whole or some of it."""
        found = self.filterset.anywhere()
        return (found if self.whole is None else found.offered_in(self.whole)).count()

    @cached_property
    def object_list(self) -> list[PlaceCount]:
        """Where there are most comes first."""
        rows = [PlaceCount(part, self.counts.get(part.pk, 0), self.list_url(part)) for part in self.division[1]]
        return sorted(rows, key=lambda row: -row.count)

    def list_url(self, place: Territory | None, near: str = Nearness.HERE) -> str:
        other = {"territory": "", "territory_chosen": ""} if place is None else named(place)
        return f"{reverse('orgs:service_search')}?{self.filterset.address(**other, territory_near=near)}"

    @property
    def whole_url(self) -> str:
        return self.list_url(self.whole, near="")

    @property
    def finding(self) -> str:
        """How many there are in all, and how many of them no part counts."""
        beyond = self.total - self.counts[None]
        numbers = {"number": write_number(self.total, 0), "beyond": write_number(beyond, 0)}
        told = ngettext("%(number)s service in all.", "%(number)s services in all.", self.total) % numbers
        if not beyond:
            return told
        more = ngettext(
            "%(beyond)s of them is counted in no part: it is for the whole, or does not say where in it.",
            "%(beyond)s of them are counted in no part: they are for the whole, or do not say where in it.",
            beyond,
        )
        return f"{told} {more % numbers}"

    def drawn(self) -> dict[str, Any]:
        """What templates/components/map.html draws."""
        return {
            "id": "map-of-services",
            "title": _("Services by place"),
            "finding": self.finding,
            "geojson_url": self.outlines_url(),
            "decimals": 0,
            "is_amount": True,
            "places": [
                {"code": row.place.code, "name": row.place.local_name, "url": row.url, "value": row.count, "state": ""}
                for row in self.object_list
            ],
        }

    def outlines_url(self) -> str:
        """Empty where there is nothing to draw."""
        whole, parts = self.division
        if whole is None or not TerritoryOutline.objects.filter(territory__in=parts).exists():
            return ""
        ((kind, _count),) = Counter(part.kind for part in parts).most_common(1)
        url = address_upstairs("indicators:territory_outlines", whole.scheme.code, whole.address_code)
        return f"{url}?level={kind}" if url else ""


def division_of(place: Territory | None) -> tuple[Territory | None, list[Territory]]:
    """A place and its parts. One without parts is shown among those of what it lies in; without one, from the top down the first that has several."""
    parts = parts_of(place)
    if place is not None:
        return (place, parts) if parts or place.parent is None else (place.parent, parts_of(place.parent))
    whole = None
    while len(parts) == 1 and (below := parts_of(parts[0])):
        whole, parts = parts[0], below
    return whole, parts


def parts_of(place: Territory | None) -> list[Territory]:
    today = timezone.localdate()
    return list(Territory.objects.active(today).places().filter(parent=place).order_by("name_folded", "pk"))
