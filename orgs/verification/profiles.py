"""What an organisation says of itself, as plain values: kept when a reviewer has seen it, so that a later state can be compared."""

import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import Model, Prefetch

from orgs.models import (
    Affiliation,
    Capacity,
    FieldOfWork,
    Membership,
    Organisation,
    OrganisationContact,
    Service,
    Territory,
    VolunteerOpportunity,
)
from orgs.models.contact import digest_of
from orgs.profile import PLAIN_FACTS

SERVICE_FACTS = (
    "title",
    "description",
    "written_in",
    "languages",
    "interpreter_on_request",
    "target_groups",
    "women_only",
    "conditions",
    "delivery",
    "address",
    "is_shelter",
    "accessibility",
    "has_childcare",
    "walks_in",
    "by_appointment",
    "by_referral",
    "telephone",
    "whatsapp",
    "email",
    "form",
    "is_free",
    "cost",
    "no_documents_required",
    "documents",
)
CAPACITY_FACTS = ("side", "kind", "quantity", "languages", "from_day", "to_day", "note", "written_in")
OPPORTUNITY_FACTS = (
    "title",
    "kind",
    "description",
    "written_in",
    "languages",
    "welcomes_learners",
    "from_day",
    "to_day",
    "time",
    "people_sought",
    "training_given",
    "expenses_paid",
    "has_childcare",
    "seeks",
    "telephone",
    "email",
    "form",
    "ended_on",
    "took_part",
    "hours_given",
    "outcome",
)


def profile_of(organisation: Organisation) -> dict[str, Any]:
    """As it is stored: what is not saved yet is not in it.

    Its contact is private and may be erased at any time, so only a digest of it is kept: enough to see that it changed.
    """
    return profiles_of([organisation.pk])[organisation.pk]


def profiles_of(organisations: Collection[int]) -> dict[int, dict[str, Any]]:
    """By key; the same number of queries for one and for many."""
    found = Organisation.objects.filter(pk__in=organisations).select_related("territory")
    found = found.prefetch_related(
        "works_in",
        Prefetch("affiliations", Affiliation.objects.live().select_related("parent"), to_attr="said_affiliations"),
        Prefetch("contacts", OrganisationContact.objects.standing()),
        Prefetch("fields_of_work", FieldOfWork.objects.select_related("domain")),
        Prefetch("memberships", Membership.objects.leading(), to_attr="leading"),
        Prefetch("services", Service.objects.select_related("type", "domain")),
        "services__territories",
        "services__opening_times",
        "services__closed_days",
        Prefetch("capacities", Capacity.objects.standing().select_related("territory")),
        Prefetch("volunteer_opportunities", VolunteerOpportunity.objects.select_related("territory")),
    )
    return {organisation.pk: said_by(organisation) for organisation in found}


def said_by(organisation: Any) -> dict[str, Any]:
    return {
        **facts_of(organisation, PLAIN_FACTS),
        "territory": organisation.territory.name,
        "works_in": names_of(organisation.works_in.all()),
        "branch_of": next(iter(parents_named(organisation, Affiliation.Kind.BRANCH)), ""),
        "networks": parents_named(organisation, Affiliation.Kind.MEMBER),
        "domains": sorted(words_of_field(field) for field in organisation.fields_of_work.all()),
        "services": {str(service.pk): said_of_service(service) for service in organisation.services.all()},
        "capacities": {str(one.pk): at_place(one, CAPACITY_FACTS) for one in organisation.capacities.all()},
        "volunteer_opportunities": {
            str(one.pk): at_place(one, OPPORTUNITY_FACTS) for one in organisation.volunteer_opportunities.all()
        },
        "leaders": sorted({membership.user_id for membership in organisation.leading}),
        "contact": digest_of(organisation.contacts.all()),
    }


def said_of_service(service: Service) -> dict[str, Any]:
    return {
        **facts_of(service, SERVICE_FACTS),
        "type": service.type.code if service.type else "",
        "domain": service.domain.code,
        "territories": names_of(service.territories.all()),
        "opening_times": sorted(str(time) for time in service.opening_times.all()),
        "closed_days": sorted(str(days) for days in service.closed_days.all()),
    }


def at_place(row: Any, facts: Iterable[str]) -> dict[str, Any]:
    return {**facts_of(row, facts), "territory": row.territory.name if row.territory else ""}


def facts_of(row: Model, facts: Iterable[str]) -> dict[str, Any]:
    return {fact: plain(getattr(row, fact)) for fact in facts}


def plain(value: Any) -> Any:
    """As JSON keeps it."""
    return value.isoformat() if isinstance(value, datetime.date) else value


def names_of(rows: Iterable[Territory | Organisation]) -> list[str]:
    return sorted(row.name for row in rows)


def parents_named(organisation: Any, kind: str) -> list[str]:
    """To whom it says that it belongs, whether that was confirmed or not."""
    return names_of(one.parent for one in organisation.said_affiliations if one.kind == kind)


def words_of_field(field: FieldOfWork) -> str:
    return f"{field.domain.code} {field.since_year or ''}".strip()


def leading(organisation: Organisation) -> set[int]:
    return set(organisation.memberships.leading().values_list("user", flat=True))


def has_new_leaders(profile: Mapping[str, Any], organisation: Organisation) -> bool:
    """Somebody leads it today who did not then, or nobody does any more who did."""
    if "leaders" not in profile:
        return False
    today = leading(organisation)
    return not today <= set(profile["leaders"]) or is_in_other_hands(profile, today)


def is_in_other_hands(profile: Mapping[str, Any], today: Collection[int]) -> bool:
    """Of those who led it then nobody does any more."""
    then = profile.get("leaders", [])
    return bool(then) and not set(then) & set(today)
