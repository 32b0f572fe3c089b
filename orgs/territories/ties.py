"""Who is tied to places, and what becomes of that when these end: ties follow what became of a place (`TerritoryReach`), none is moved."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from orgs.models import (
    Capacity,
    Organisation,
    ReviewerAppointment,
    Service,
    TerritoryClosure,
    TerritorySuccession,
    VolunteerOpportunity,
)


class Fate(StrEnum):
    """What becomes of the ties to a place that ends."""

    FOLLOW = "follow"
    """They count in the one place that it became."""
    SHARED = "shared"
    """They count in each of the several places that it became, until somebody says in which."""
    STAY = "stay"
    """They keep the place, of which nothing became."""


Ties = dict[str, tuple[int, int]]
"""By fate: how many organisations and reviewers."""


def organisations_tied_to(places: Collection[int]) -> QuerySet[Organisation]:
    """To one of the very places: by its seat, by where it works, or by what it offers, needs or does there."""
    offering: list[Any] = [
        Organisation.works_in.through.objects.filter(territory__in=places).values("organisation"),
        Service.territories.through.objects.filter(territory__in=places).values("service__organisation"),
        Capacity.objects.filter(territory__in=places).values("organisation"),
        VolunteerOpportunity.objects.filter(territory__in=places).values("organisation"),
    ]
    tied = Q(territory__in=places)
    for rows in offering:
        tied |= Q(pk__in=rows)
    return Organisation.objects.filter(tied, closed_on=None)


def ties_by_fate(successors: Mapping[int, int]) -> Ties:
    """Of places that end, each with the number of those that it becomes. An organisation that is tied to several is counted with each fate."""
    places: dict[Fate, list[int]] = {fate: [] for fate in Fate}
    for place, number in successors.items():
        places[Fate.STAY if number == 0 else Fate.FOLLOW if number == 1 else Fate.SHARED].append(place)
    return {fate.value: numbers for fate, keys in places.items() if any(numbers := numbers_tied_to(keys))}


def numbers_tied_to(places: Collection[int]) -> tuple[int, int]:
    if not places:
        return 0, 0
    reviewing = ReviewerAppointment.objects.active().filter(territory__in=places)
    return organisations_tied_to(places).count(), reviewing.values("user").distinct().count()


def successors_of(places: Iterable[int]) -> dict[int, int]:
    """How many places each became."""
    number = dict.fromkeys(places, 0)
    for place in TerritorySuccession.objects.filter(predecessor__in=list(number)).values_list("predecessor", flat=True):
        number[place] += 1
    return number


def parts_of(places: Collection[int]) -> set[int]:
    """What lies in the places and has not ended, with them."""
    links = TerritoryClosure.objects.filter(ancestor__in=places, descendant__valid_to__gte=timezone.localdate())
    return set(links.values_list("descendant", flat=True))


def ties_texts(ties: Mapping[str, Iterable[int]]) -> list[str]:
    texts = []
    for fate in Fate:
        organisations, reviewers = ties.get(fate.value, (0, 0))
        if organisations:
            texts.append(organisations_text(fate, organisations))
        if reviewers:
            texts.append(reviewers_text(fate, reviewers))
    return texts


def organisations_text(fate: Fate, count: int) -> str:
    if fate == Fate.FOLLOW:
        text = ngettext(
            "%(count)s organisation is based or at work in what ends. It counts in what follows, and nobody has to change anything.",
            "%(count)s organisations are based or at work in what ends. They count in what follows, and nobody has to change anything.",
            count,
        )
    elif fate == Fate.SHARED:
        text = ngettext(
            "%(count)s organisation is based or at work in what is divided. It counts in each of the new places until somebody says in which it is.",
            "%(count)s organisations are based or at work in what is divided. They count in each of the new places until somebody says in which they are.",
            count,
        )
    else:
        text = ngettext(
            "%(count)s organisation is based or at work in what ends without a successor. It keeps that place until somebody changes that.",
            "%(count)s organisations are based or at work in what ends without a successor. They keep that place until somebody changes that.",
            count,
        )
    return text % {"count": count}


def reviewers_text(fate: Fate, count: int) -> str:
    if fate == Fate.STAY:
        text = ngettext(
            "%(count)s reviewer is appointed for what ends without a successor. Appoint somebody for what begins.",
            "%(count)s reviewers are appointed for what ends without a successor. Appoint them for what begins.",
            count,
        )
    else:
        text = ngettext(
            "%(count)s reviewer is appointed for what ends, and reviews in all that follows.",
            "%(count)s reviewers are appointed for what ends, and review in all that follows.",
            count,
        )
    return text % {"count": count}
