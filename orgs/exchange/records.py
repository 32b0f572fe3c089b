"""Public organisations as they leave the portal: what a visitor is shown, no more, whoever asks."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet

from orgs.models import Affiliation, Domain, FieldOfWork, Organisation, Service, Territory
from orgs.permissions import is_unclaimed

BATCH = 500
"""Organisations in memory at one time."""


def records(organisations: QuerySet[Organisation]) -> Iterator[Organisation]:
    """Each with all that the formats ask of it, in as many queries for each BATCH, however many there are."""
    confirmed = (
        Affiliation.objects.confirmed()
        .of_public_parents()
        .select_related("parent")
        .order_by("parent__name_folded", "pk")
    )
    found = organisations.select_related(
        "territory__scheme", "territory__parent__parent__parent", "listing"
    ).prefetch_related(
        Prefetch("domains", Domain.objects.order_by("order")),
        Prefetch("fields_of_work", FieldOfWork.objects.select_related("domain").order_by("domain__order")),
        Prefetch("affiliations", confirmed, to_attr="confirmed_affiliations"),
        Prefetch("works_in", Territory.objects.select_related("scheme")),
        Prefetch(
            "services",
            Service.objects.public()
            .select_related("type", "domain")
            .prefetch_related("opening_times", "closed_days", "territories__scheme")
            .order_by("title", "pk"),
            to_attr="public_services",
        ),
    )
    return iter(found.iterator(chunk_size=BATCH))


def parents_of(organisation: Any, kind: str) -> list[Organisation]:
    """To which public organisations it belongs, as these have confirmed; in the order in which `records` brought them."""
    return [one.parent for one in organisation.confirmed_affiliations if one.kind == kind]


def standing_of(organisation: Organisation) -> str:
    """What the badge beside its name says, as a code that is the same in every language."""
    if organisation.has_lapsed:
        return "lapsed"
    if organisation.tier:
        return "verified"
    return "unclaimed" if is_unclaimed(organisation) else "not_verified"


def path_of(place: Territory) -> list[Territory]:
    """From the country, or whatever is highest, down to the place: as far as it was read with it."""
    path: list[Territory] = []
    here: Territory | None = place
    while here is not None and len(path) < 4:
        path.insert(0, here)
        here = here.parent
    return path
