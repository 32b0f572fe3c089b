"""Who offers what: for each type of service how many verified organisations, authorities among them, offer it in a place; and by its parts.

What counts is what the public is shown: services that can be reached, of organisations that hold a tier today. All is counted in the database, whatever
the number of organisations.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from psycopg2.sql import SQL

from orgs.models import Domain, Service, ServiceType, Territory, VoicedNeed
from orgs.models.reach import ids_tied_within
from orgs.models.services import ServiceQuerySet

MANY = 5
"""So many organisations that offer the same in one place should know of each other."""

BANDS = (3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
"""Of voiced needs it is told that there are at least so many."""
FEWEST = BANDS[0]
"""Needs that fewer people have voiced are not told: one of them may be known to the neighbours."""

# Of `offered`: each organisation once for what it offers.
BY_SECTOR = SQL(
    "count(*) FILTER (WHERE o.sector = 'civil_society'), count(*) FILTER (WHERE o.sector = 'authority'), "
    "count(*) FILTER (WHERE o.sector NOT IN ('civil_society', 'authority'))"
)
BY_TYPE = "SELECT o.type_id, {by_sector} FROM ({offered}) o (organisation_id, type_id, sector) GROUP BY 1"

# Whose seat lies in a part, who works in it or below it, and who works all over what holds it, as `ids_at_work_in` has it for one place. What
# is for people of some places alone (`limited`) counts in a part only where one of these is near it, as `for_people_of` has it.
BY_PART = """
    WITH offered (organisation_id, what_id, sector) AS ({offered}),
    limited (organisation_id, what_id, sector, service_id) AS ({limited}),
    part (id) AS (SELECT unnest(%s::bigint[])),
    reach AS NOT MATERIALIZED (SELECT * FROM orgs_territoryreach WHERE %s BETWEEN valid_from AND valid_to),
    within (part_id, territory_id) AS (SELECT DISTINCT p.id, r.tied_to_id FROM part p JOIN reach r ON r.counts_in_id = p.id),
    around (part_id, territory_id) AS (
        SELECT DISTINCT p.id, a.tied_to_id FROM part p JOIN reach r ON r.tied_to_id = p.id
            JOIN reach a ON a.counts_in_id = r.counts_in_id AND a.depth = 0
    ),
    at_work (part_id, organisation_id) AS (
        SELECT n.part_id, o.id FROM within n JOIN orgs_organisation o USING (territory_id)
        UNION
        SELECT n.part_id, w.organisation_id FROM within n JOIN orgs_organisation_works_in w USING (territory_id)
        UNION
        SELECT n.part_id, w.organisation_id FROM around n JOIN orgs_organisation_works_in w USING (territory_id)
    ),
    near (part_id, territory_id) AS (SELECT * FROM within UNION ALL SELECT * FROM around),
    offers (part_id, what_id, organisation_id, sector) AS (
        SELECT a.part_id, o.what_id, o.organisation_id, o.sector FROM at_work a JOIN offered o USING (organisation_id)
        UNION ALL
        SELECT DISTINCT a.part_id, l.what_id, l.organisation_id, l.sector
        FROM limited l JOIN orgs_service_territories t USING (service_id) JOIN near n USING (territory_id)
            JOIN at_work a ON a.part_id = n.part_id AND a.organisation_id = l.organisation_id
        WHERE NOT EXISTS (SELECT FROM offered o WHERE o.organisation_id = l.organisation_id AND o.what_id = l.what_id)
    )
    SELECT o.part_id, o.what_id, {by_sector} FROM offers o GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Offer:
    """How many organisations offer something, each counted once."""

    cso: int = 0
    authority: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        return self.cso + self.authority + self.other

    @property
    def is_nobody(self) -> bool:
        return self.total == 0

    @property
    def is_many(self) -> bool:
        return self.total >= MANY


NOBODY = Offer()


@dataclass(frozen=True)
class TypeCoverage:
    type: ServiceType
    offer: Offer
    asked_for: int = 0
    """At least so often somebody said within a year that it is missing; 0 while that is too seldom to be told."""


@dataclass(frozen=True)
class DomainCoverage:
    domain: Domain
    types: list[TypeCoverage] = field(default_factory=list)

    @property
    def covered(self) -> int:
        return sum(not one.offer.is_nobody for one in self.types)


def offered_services(place: Territory | None, language: str) -> ServiceQuerySet:
    """Those that count: in a place, or anywhere; in a language, or in any."""
    offered = Service.objects.public().verified()
    if place is not None:
        offered = offered.offered_in(place)
    return offered.speaking(language) if language else offered


def coverage_by_type(place: Territory | None, language: str = "", domain: Domain | None = None) -> list[DomainCoverage]:
    """Every type of every domain, or of one, those that nobody offers too unless they are retired. Four queries."""
    offered = offered_services(place, language).filter(type__isnull=False)
    offers = {type_id: Offer(*counts) for type_id, *counts in counted(BY_TYPE, {"offered": once_each(offered, "type")})}
    asked = asked_for(place, language)
    by_domain = {domain.pk: DomainCoverage(domain) for domain in Domain.objects.order_by("order")}
    for one in ServiceType.objects.filter(Q(retired_on=None) | Q(pk__in=offers)).order_by("order", "pk"):
        by_domain[one.domain_id].types.append(TypeCoverage(one, offers.get(one.pk, NOBODY), asked.get(one.pk, 0)))
    return [each for each in by_domain.values() if each.types and domain in (None, each.domain)]


def asked_for(place: Territory | None, language: str = "") -> dict[int, int]:
    """By type, how many at least have said within a year that it is missing in the place or below it; none of which fewer than FEWEST have."""
    voiced = VoicedNeed.objects.counted()
    if place is not None:
        voiced = voiced.filter(territory__in=ids_tied_within(place))
    if language:
        voiced = voiced.filter(language=language)
    counted = voiced.order_by().values("type").annotate(count=Count("pk")).filter(count__gte=FEWEST)
    return {type_id: at_least(count) for type_id, count in counted.values_list("type", "count")}


def at_least(count: int) -> int:
    """The lower end of the band: who adds a voice of their own does not see how many there were before."""
    return BANDS[bisect_right(BANDS, count) - 1]


def coverage_by_part(
    parts: Sequence[Territory], language: str = "", domain: Domain | None = None
) -> dict[int, dict[int, Offer]]:
    """By part of a place, and by domain, or by type of the one domain, who offers something there. One query."""
    if not parts:
        return {}
    found: dict[int, dict[int, Offer]] = defaultdict(dict)
    offered, by = offered_services(None, language), "domain"
    if domain is not None:
        offered, by = offered.filter(domain=domain, type__isnull=False), "type"
    limits = Exists(Service.territories.through.objects.filter(service=OuterRef("pk")))
    of_some = offered.filter(limits).order_by().values_list("organisation", by, "organisation__sector", "pk")
    queries = {"offered": once_each(offered.filter(~limits), by), "limited": of_some}
    for part, what, *counts in counted(BY_PART, queries, [part.pk for part in parts], timezone.localdate()):
        found[part][what] = Offer(*counts)
    return found


def once_each(offered: ServiceQuerySet, by: str) -> QuerySet[Any, Any]:
    """Organisation, type or domain, sector."""
    return offered.order_by().distinct().values_list("organisation", by, "organisation__sector")


def counted(statement: str, queries: Mapping[str, QuerySet[Any, Any]], *parameters: Any) -> list[tuple[Any, ...]]:
    """What the statement makes of the queries that it names, in the order in which it names them."""
    made = {name: query.query.sql_with_params() for name, query in queries.items()}
    own_parameters = [one for _sql, theirs in made.values() for one in theirs]
    named = {name: SQL(sql) for name, (sql, _theirs) in made.items()}
    with connection.cursor() as cursor:
        cursor.execute(SQL(statement).format(by_sector=BY_SECTOR, **named), [*own_parameters, *parameters])
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
