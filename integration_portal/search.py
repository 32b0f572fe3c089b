"""One search over everything that has a name: what exists for the person who asks, whatever the case and the accents they type."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Model, QuerySet, When
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from indicators.models import Indicator
from orgs.drawing.own_words import own_name, own_words, readers_language, registered_name
from orgs.folding import holding_words, in_every_language
from orgs.models import Organisation, Service, Territory, VolunteerOpportunity
from orgs.permissions import Person
from orgs.services.finding import services_for, types_for
from orgs.templatetags.registry import standing_badge
from partnerships.models import CoordinationTable, Partnership, Practice

SHOWN = 6
"""Of each group; the list behind it has the rest."""
LONGEST = 100


@dataclass(frozen=True)
class Hit:
    """A line of the results, as components/link_list.html draws it."""

    title: str
    url: str
    icon: str
    text: str = ""
    meta: str = ""
    status: str | Promise = ""
    status_tone: str = ""
    of: str = ""
    """A name that people gave themselves, marked as such; it stands before `meta`."""
    title_language: str | None = None
    """Of a title that people wrote; "" where nobody said it, None where it is the portal's own."""
    text_language: str | None = None
    reach: Service | VolunteerOpportunity | None = None
    """What somebody wants to call, write or go to at once."""


@dataclass(frozen=True)
class Group:
    title: str | Promise
    hits: list[Hit]
    count: int
    all_url: str
    """The list with the same words as its filter; "" where there is none."""


def search(query: str, user: Person) -> list[Group]:
    """The groups in which something was found. A query for each, and one more for those that are cut short."""
    words = query.strip()[:LONGEST]
    if not words:
        return []
    groups = [
        services(words, user),
        organisations(words, user),
        opportunities(words),
        territories(words),
        partnerships(words, user),
        indicators(words),
        practices(words, user),
        tables(words, user),
    ]
    return [group for group in groups if group.hits]


def organisations(words: str, user: Person) -> Group:
    found = Organisation.objects.visible_to(user).matching(words).select_related("territory", "listing")
    return grouped(_("Organisations"), found, organisation_hit, "orgs:organisation_list", words)


def organisation_hit(organisation: Organisation) -> Hit:
    standing = standing_badge(organisation)
    name, language = organisation.name_in(readers_language())
    return Hit(
        name,
        organisation.get_absolute_url(),
        "people",
        shortened(organisation.description),
        f"{capfirst(organisation.get_kind_display())} · {organisation.territory.local_name}",
        standing.label,
        standing.tone,
        registered_name(organisation),
        language,
        organisation.written_in,
    )


def services(words: str, user: Person) -> Group:
    offered = Service.objects.public()
    found = services_for(words, types_for(words), offered.select_related("organisation__listing", "domain"))
    return grouped(_("Services"), found, service_hit, "orgs:service_search", words)


def service_hit(service: Service) -> Hit:
    organisation = service.organisation
    standing = standing_badge(organisation)
    return Hit(
        service.title,
        service.get_absolute_url(),
        "heart-pulse" if service.domain.icon == "" else service.domain.icon,
        shortened(service.description),
        str(service.domain),
        standing.label,
        standing.tone,
        own_name(organisation),
        service.written_in,
        service.written_in,
        service,
    )


def opportunities(words: str) -> Group:
    found = VolunteerOpportunity.objects.public().open_on(timezone.localdate()).holding(words)
    return grouped(
        _("Volunteering"),
        found.select_related("organisation__territory", "organisation__listing", "territory"),
        opportunity_hit,
        "orgs:opportunity_search",
        words,
    )


def opportunity_hit(opportunity: VolunteerOpportunity) -> Hit:
    standing = standing_badge(opportunity.organisation)
    return Hit(
        opportunity.title,
        opportunity.get_absolute_url(),
        "hand-thumbs-up",
        shortened(opportunity.description),
        opportunity.place.local_name,
        standing.label,
        standing.tone,
        own_name(opportunity.organisation),
        opportunity.written_in,
        opportunity.written_in,
        opportunity,
    )


def territories(words: str) -> Group:
    """Those of today first, then what is no more."""
    today = timezone.localdate()
    is_past = Case(When(valid_from__lte=today, valid_to__gte=today, then=0), default=1)
    found = Territory.objects.places().matching(words).with_path().select_related("scheme")
    found = found.order_by(is_past, "name_folded", "pk")
    return grouped(_("Places"), found, territory_hit)


def territory_hit(territory: Territory) -> Hit:
    around = ", ".join(place.local_name for place in territory.surroundings)
    while_there = "" if territory.valid_from <= timezone.localdate() <= territory.valid_to else territory.validity
    return Hit(
        territory.local_name,
        territory.get_absolute_url(),
        "geo-alt",
        meta=" · ".join(part for part in (capfirst(territory.get_kind_display()), around, while_there) if part),
    )


def partnerships(words: str, user: Person) -> Group:
    found = holding_words(Partnership.objects.visible_to(user), words, "title", "purpose", "reference")
    return grouped(
        _("Partnerships"), found.select_related("territory"), partnership_hit, "partnerships:partnership_list", words
    )


def partnership_hit(partnership: Partnership) -> Hit:
    return Hit(
        partnership.title,
        partnership.get_absolute_url(),
        "link-45deg",
        shortened(partnership.purpose),
        f"{capfirst(partnership.get_state_display())} · {partnership.territory.local_name}",
        title_language="",
        text_language="",
    )


def indicators(words: str) -> Group:
    found = holding_words(Indicator.objects.active(), words, "code", *in_every_language("name", "definition"))
    found = found.select_related("domain")
    return grouped(_("Indicators"), found, indicator_hit, "indicators:indicator_list", words)


def indicator_hit(indicator: Indicator) -> Hit:
    return Hit(
        indicator.name,
        indicator.get_absolute_url(),
        "graph-up",
        shortened(indicator.definition),
        f"{indicator.code} · {indicator.domain}",
    )


def practices(words: str, user: Person) -> Group:
    found = holding_words(
        Practice.objects.visible_to(user), words, "name", "place", "theme", "actors", *in_every_language("summary")
    )
    return grouped(_("Good practices"), found, practice_hit, "partnerships:practice_list", words)


def practice_hit(practice: Practice) -> Hit:
    return Hit(
        practice.name,
        practice.get_absolute_url(),
        "lightbulb",
        shortened(practice.summary),
        of=own_words(practice.place),
        title_language="",
    )


def tables(words: str, user: Person) -> Group:
    found = holding_words(CoordinationTable.objects.visible_to(user), words, "name", "mandate").select_related(
        "territory"
    )
    return grouped(_("Coordination tables"), found, table_hit)


def table_hit(table: CoordinationTable) -> Hit:
    return Hit(
        table.name,
        table.get_absolute_url(),
        "easel",
        shortened(table.mandate),
        table.territory.local_name,
        title_language="",
        text_language="",
    )


def grouped(title: str | Promise, found: QuerySet[Any], hit: Any, list_name: str = "", words: str = "") -> Group:
    rows: list[Model] = list(found[: SHOWN + 1])
    count = len(rows) if len(rows) <= SHOWN else found.count()
    all_url = f"{reverse(list_name)}?{urlencode({'q': words})}" if list_name and count > SHOWN else ""
    return Group(title, [hit(row) for row in rows[:SHOWN]], count, all_url)


def shortened(text: str) -> str:
    first = text.strip().split("\n", 1)[0]
    return first if len(first) <= 160 else first[:157].rsplit(" ", 1)[0] + "…"
