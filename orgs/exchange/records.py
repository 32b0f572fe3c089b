"""Public organisations as they leave the portal: what a visitor is shown, no more, whoever asks."""

from collections.abc import Iterator

from django.db.models import Prefetch, QuerySet

from orgs.models import Domain, Organisation, Service, Territory

BATCH = 500
"""Organisations in memory at one time."""


def records(organisations: QuerySet[Organisation]) -> Iterator[Organisation]:
    """Each with all that the formats ask of it, in five queries for each BATCH, however many there are."""
    found = organisations.select_related("territory__scheme", "territory__parent__parent__parent").prefetch_related(
        Prefetch("domains", Domain.objects.order_by("order")),
        Prefetch("works_in", Territory.objects.select_related("scheme")),
        Prefetch(
            "services",
            Service.objects.public()
            .select_related("type", "domain")
            .prefetch_related("opening_times", "territories")
            .order_by("title", "pk"),
            to_attr="public_services",
        ),
    )
    return iter(found.iterator(chunk_size=BATCH))


def path_of(place: Territory) -> list[Territory]:
    """From the country, or whatever is highest, down to the place: as far as it was read with it."""
    path: list[Territory] = []
    here: Territory | None = place
    while here is not None and len(path) < 4:
        path.insert(0, here)
        here = here.parent
    return path
